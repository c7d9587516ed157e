/**
 * BACK 2: own events of both products to `OrderEvent`s and `AccountEvent`s.
 *
 * 1. Only `x=TRADE` and `x=CALCULATED` (liquidation) carry a fill; it is delivered before the
 *    order's new state, so that nobody sees a filled order without its fills.
 * 2. The venue may send events out of order: balances and positions older than what was told are
 *    left out. Orders are told as they come; who keeps them never steps a status back.
 * 3. The sign of futures fees is learnt (`_fee_sign.ts`). A maker's fill before that is told
 *    without its fee, and told again with it once the sign is known (bounded).
 * 4. Hedge-mode positions (LONG, SHORT) are not kept here; `doctor` asks for one-way mode.
 *
 * Source: venue documentation "User data streams", futures and spot v3, read 2026-06-30.
 * @module
 */
import {
  clientOrderId,
  fillId,
  type Instrument,
  type Micros,
  type Money,
  MONEY_ZERO,
  type Product,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, Fill, OrderUpdate } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import { BAD, Fields, frameText } from "./_fields.ts";
import {
  AccountBook,
  answeredOrder,
  balanceOf,
  liquidityOf,
  orderIdOf,
  type OrderKeys,
  orderOf,
  positionOf,
  sideOf,
} from "./_order_objects.ts";
import { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";

const UNPRICED_MAX = 256;
const NEWEST_MAX = 2_048;
const EVENT_KEYS: OrderKeys = {
  status: "X",
  side: "S",
  type: "o",
  originalType: "ot",
  timeInForce: "f",
  price: "p",
  size: "q",
  filled: "z",
  average: "ap",
  id: "i",
};
const NOT_WANTED: Readonly<Record<string, string>> = {
  MARGIN_CALL: "margin call",
  ACCOUNT_CONFIG_UPDATE: "account configuration",
  listenKeyExpired: "listen key expired",
  announcement: "announcement",
};
/** Names the venue gives to orders it makes itself: liquidation and auto-deleveraging. */
const VENUE_MADE = /^(?:autoclose-|adl_autoclose)/;

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

/** Executions that say what their fields mean: a fill, or none. */
const EXECUTIONS: ReadonlySet<string> = new Set([
  ...["NEW", "CANCELED", "CALCULATED", "EXPIRED", "TRADE", "REJECTED", "AMENDMENT"],
]);

/** Decodes own events and, for tools, bare order answers. */
export class AsterAccountDecoder implements WireDecoder {
  reason = "";
  /** Name of the last frame's event ("" where it had none); the stream acts on some. */
  lastEvent = "";
  readonly book: AccountBook;
  /** Newest transaction time told of each asset and position. */
  readonly #newest = new Map<string, Micros>();
  /** Fills whose fee awaits its sign, with the fee as the venue wrote it. */
  readonly #unpriced: { readonly fill: Fill; readonly written: Money }[] = [];

  constructor(of: AccountBook | readonly Instrument[]) {
    this.book = of instanceof AccountBook ? of : new AccountBook(of);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.reason = "";
    this.lastEvent = "";
    const frame = Fields.parse(frameText(bytes, start, end));
    if (frame === undefined) return this.#end("refused", "not a JSON object");
    const decoded = this.#decodeEvent(frame.object("data") ?? frame, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const event of decoded) receiver.deliver(event);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeEvent(event: Fields, at: Micros): Decoded {
    this.lastEvent = event.text("e");
    switch (this.lastEvent) {
      case "ORDER_TRADE_UPDATE": {
        const order = event.object("o");
        if (order === undefined) return { refused: "order event without its order" };
        const venueAt = order.instant("T") || event.instant("T", "E");
        return this.#order(order, "perpetual", at, venueAt);
      }
      case "executionReport":
        return this.#order(event, "spot", at, event.instant("T", "E"));
      case "ACCOUNT_UPDATE":
        return this.#futuresAccount(event, at);
      case "outboundAccountPosition":
        return this.#spotBalances(event, at);
      case "":
        return this.#answer(event, at);
      default:
        return { ignored: NOT_WANTED[this.lastEvent] ?? "other channel" };
    }
  }

  /** A bare order answer; the gateway pairs its own with their requests. */
  #answer(order: Fields, at: Micros): Decoded {
    if (!order.has("orderId") || !order.has("status")) return { ignored: "answer" };
    const product = order.has("positionSide") || order.has("reduceOnly") ? "perpetual" : "spot";
    const instrument = this.book.named(product, order.text("symbol"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    const update = answeredOrder(order, instrument, at, "answer");
    return update === undefined ? { refused: "order answer is not readable" } : [update];
  }

  #order(order: Fields, product: Product, at: Micros, venueAt: Micros): Decoded {
    const instrument = this.book.named(product, order.text("s"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    // On spot the cancel may carry a name of its own; `C` is then the order's.
    const original = order.text("x") === "CANCELED" ? order.text("C") : "";
    const venueName = original || order.text("c");
    const name = clientOrderId(VENUE_MADE.test(venueName) ? "" : venueName);
    const update = orderOf(order, EVENT_KEYS, instrument, { at, venueAt, source: "stream", name });
    if (typeof update === "string") return { refused: update };
    if (update.side === undefined) return { refused: "order side is not known" };
    // Without it a fill would be taken for news of its order alone.
    const execution = order.text("x");
    const isFilled = Number(order.scalar("l")) > 0 && Number(order.scalar("t")) > 0;
    if (execution === "" || (isFilled && !EXECUTIONS.has(execution))) {
      return { refused: "order event without its execution" };
    }
    this.book.remember(instrument, order.scalar("i"), name);
    const fill = this.#fillIn(order, instrument, update);
    if (fill === BAD) return { refused: "fill is not readable" };
    if (fill === undefined) return [update];
    return [...this.#pricedNow(), fill, update];
  }

  #fillIn(order: Fields, instrument: Instrument, of: OrderUpdate): Fill | undefined | typeof BAD {
    const execution = order.text("x");
    if (execution !== "TRADE" && execution !== "CALCULATED") return undefined;
    const size = order.size("l", instrument);
    if (size === 0) return undefined;
    const price = order.price("L", instrument);
    const written = order.money("n");
    const profit = order.money("rp");
    const id = order.scalar("t");
    const side = sideOf(order.text("S"));
    if (size === undefined || size === BAD || price === undefined || price === BAD) return BAD;
    if (id === "" || id === "-1" || side === undefined || written === BAD) return BAD;
    const liquidity = liquidityOf(order.flag("m"));
    const isFutures = instrument.terms.product === "perpetual";
    const fees = isFutures ? this.book.streamFees : this.book.spotFees;
    if (orderIdOf(order.scalar("i")) === undefined && of.clientOrderId === "") return BAD;
    // Both are absent where the venue charges nothing; one without the other is not said.
    const isFree = isFutures && !order.has("n") && !order.has("N");
    const amount = written ?? (isFree ? MONEY_ZERO : undefined);
    const feeAsset = order.text("N") || instrument.terms.settle;
    if (isFutures && amount !== undefined) {
      this.book.rememberFee(instrument, id, amount);
      if (profit !== BAD) fees.onFill(of.venueAt, feeAsset, profit ?? MONEY_ZERO, amount);
    }
    const fill: Fill = {
      kind: "fill",
      instrument: instrument.index,
      at: of.at,
      venueAt: of.venueAt,
      clientOrderId: of.clientOrderId,
      venueOrderId: orderIdOf(order.scalar("i")),
      fillId: fillId(id),
      side,
      price,
      size,
      liquidity,
      fee: amount === undefined ? undefined : fees.read(amount, liquidity),
      feeAsset: amount === undefined ? undefined : feeAsset,
    };
    const isUnpriced = fill.fee === undefined && this.#unpriced.length < UNPRICED_MAX;
    if (isUnpriced && amount !== undefined) this.#unpriced.push({ fill, written: amount });
    return fill;
  }

  /** Fills told without a fee, now with it. */
  #pricedNow(): readonly Fill[] {
    if (this.#unpriced.length === 0 || !this.book.streamFees.isKnown) return [];
    return this.#unpriced.splice(0).map(({ fill, written }) => {
      const fee = this.book.streamFees.read(written, fill.liquidity);
      return { ...fill, fee };
    });
  }

  #futuresAccount(event: Fields, at: Micros): Decoded {
    const account = event.object("a");
    const balances = account?.has("B") === true ? account.list("B") : [];
    const positions = account?.has("P") === true ? account.list("P") : [];
    if (account === undefined || balances === undefined || positions === undefined) {
      return { refused: "account event without balances and positions" };
    }
    const instants = { at, venueAt: event.instant("T", "E") };
    const cause = account.text("m");
    const events: EngineEvent[] = [];
    // First all is read, then anything is believed.
    const changes: { asset: string; total: Money }[] = [];
    for (const entry of balances) {
      const keys = { asset: "a", free: "cw", total: "wb" };
      const balance = balanceOf(entry, keys, PERPETUAL_ACCOUNT, instants);
      const paid = entry.money("bc");
      if (balance === undefined) return { refused: "balance is not readable" };
      changes.push(balance);
      events.push(balance);
      if (cause !== "FUNDING_FEE") continue;
      if (paid === undefined || paid === BAD) return { refused: "funding is not readable" };
      events.push({
        kind: "funding_payment",
        account: PERPETUAL_ACCOUNT,
        ...instants,
        asset: balance.asset,
        instrument: this.#fundedBy(positions)?.index,
        amount: paid,
        paymentId: fillId(`${instants.venueAt / 1_000}:${balance.asset}:${entry.scalar("wb")}`),
      });
    }
    for (const entry of positions) {
      const positionSide = entry.text("ps");
      if (positionSide === "") return { refused: "position is not readable" };
      if (positionSide !== "BOTH") continue;
      if (entry.text("s") === "") return { refused: "position without a symbol" };
      const instrument = this.book.named("perpetual", entry.text("s"));
      if (instrument === undefined) continue;
      const keys = { amount: "pa", entry: "ep", unrealised: "up" };
      const position = positionOf(entry, keys, instrument, instants);
      if (position === undefined) return { refused: "position is not readable" };
      events.push(position);
    }
    for (const { asset, total } of changes) this.#learnFrom(cause, instants.venueAt, asset, total);
    return this.#newerOf(events);
  }

  #learnFrom(cause: string, venueAt: Micros, asset: string, total: Money): void {
    if (this.#isOlder(`wallet ${asset}`, venueAt)) return;
    const { streamFees } = this.book;
    if (cause === "ORDER") streamFees.onWalletTrade(venueAt, asset, total);
    else streamFees.onWallet(asset, total);
  }

  /** Cross positions' funding names no instrument; an isolated one's names exactly one. */
  #fundedBy(positions: readonly Fields[]): Instrument | undefined {
    const only = positions.length === 1 ? positions[0] : undefined;
    return only === undefined ? undefined : this.book.named("perpetual", only.text("s"));
  }

  #spotBalances(event: Fields, at: Micros): Decoded {
    const entries = event.list("B");
    if (entries === undefined) return { refused: "account event without balances" };
    const instants = { at, venueAt: event.instant("u", "T", "E") };
    const events: EngineEvent[] = [];
    for (const entry of entries) {
      const keys = { asset: "a", free: "f", locked: "l" };
      const balance = balanceOf(entry, keys, SPOT_ACCOUNT, instants);
      if (balance === undefined) return { refused: "balance is not readable" };
      events.push(balance);
    }
    return this.#newerOf(events);
  }

  /** Invariant 2, and fills whose fee was learnt from this event. */
  #newerOf(events: readonly EngineEvent[]): Decoded {
    const newer = events.filter((event) => {
      if (event.kind === "balance") {
        return !this.#isOlder(`${event.account} ${event.asset}`, event.venueAt);
      }
      if (event.kind !== "position") return true;
      return !this.#isOlder(`position ${event.instrument}`, event.venueAt);
    });
    const all = [...this.#pricedNow(), ...newer];
    if (all.length > 0) return all;
    return { ignored: events.length > 0 ? "older than what was told" : "nothing of ours" };
  }

  #isOlder(key: string, venueAt: Micros): boolean {
    if (venueAt < (this.#newest.get(key) ?? 0)) return true;
    if (this.#newest.size < NEWEST_MAX || this.#newest.has(key)) this.#newest.set(key, venueAt);
    return false;
  }
}
