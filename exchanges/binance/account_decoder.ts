/**
 * BACK 2: own events of both products to `OrderEvent`s and `AccountEvent`s.
 *
 * 1. Only `x=TRADE` and `x=CALCULATED` (liquidation) carry a fill; it is delivered before the
 *    order's
 *    new state, so that nobody sees a filled order without its fills.
 * 2. A spot cancel is told by its `C`: `c` is the name of the cancel itself.
 * 3. `TRADE_LITE` is left out: it repeats a fill without fee and status, and the full one follows.
 * 4. `balanceUpdate` (a deposit's difference) is left out: the absolute balance comes beside it.
 * 5. A conditional order of USD-M releases a normal one under another id; events of that one are
 *    given the conditional order's client id (bounded memory).
 *
 * Source: venue documentation "User data streams" of both products, read 2026-09.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  fillId,
  type Instrument,
  type Micros,
  type Money,
  MONEY_ZERO,
  moneyFromText,
  type Side,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, Fill, OrderUpdate } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  decimalField,
  idField,
  instantField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import {
  algoStatusOf,
  algoUpdateOf,
  InstrumentLookup,
  isVenueMade,
  meanPrice,
  orderUpdateOf,
  positionOf,
  positiveMoney,
  priceOf,
  sideOf,
  sizeOf,
  spotBalanceOf,
  statusOf,
  timeInForceOf,
  typeOf,
} from "./_order_objects.ts";
import { PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";
import { endReasonOf } from "./reject_codes.ts";

const RELEASED_MAX = 1_000;
const IGNORED_EVENTS: Readonly<Record<string, string>> = {
  TRADE_LITE: "repeats a fill that follows in full",
  balanceUpdate: "a difference; the absolute balance follows",
  externalLockUpdate: "a difference; the absolute balance follows",
  listStatus: "order lists are not used",
  MARGIN_CALL: "margin call",
  ACCOUNT_CONFIG_UPDATE: "account configuration",
  STRATEGY_UPDATE: "other channel",
  GRID_UPDATE: "other channel",
  CONDITIONAL_ORDER_TRIGGER_REJECT: "told by the conditional order's own event",
  listenKeyExpired: "listen key expired",
  eventStreamTerminated: "subscription ended",
  serverShutdown: "server shutdown",
};

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

/** Decodes own events and, for tools, bare order answers. */
export class BinanceAccountDecoder implements WireDecoder {
  reason = "";
  /** Name of the last frame's event ("" where it had none); the streams act on some. */
  lastEvent = "";
  readonly lookup: InstrumentLookup;
  /** Order id released by a conditional order -> that order's client id. */
  readonly #released = new Map<string, ClientOrderId>();

  constructor(lookup: InstrumentLookup | readonly Instrument[]) {
    this.lookup = lookup instanceof InstrumentLookup ? lookup : new InstrumentLookup(lookup);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    return this.decodeTree(parseJson(textOf(bytes, start, end)), at, receiver);
  }

  /** Decodes a frame that is parsed already. */
  decodeTree(tree: unknown, at: Micros, receiver: EventReceiver): DecodeOutcome {
    this.reason = "";
    this.lastEvent = "";
    const outer = objectOf(tree);
    if (outer === undefined) return this.#end("refused", "not a JSON object");
    const event = objectOf(outer["event"]) ?? objectOf(outer["data"]) ?? outer;
    const decoded = this.#decodeEvent(event, outer, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeEvent(event: JsonObject, outer: JsonObject, at: Micros): Decoded {
    const name = textField(event, "e");
    this.lastEvent = name;
    switch (name) {
      case "executionReport":
        return this.#spotOrder(event, at);
      case "ORDER_TRADE_UPDATE":
        return this.#perpetualOrder(event, at);
      case "outboundAccountPosition":
        return spotBalances(event, at);
      case "ACCOUNT_UPDATE":
        return this.#perpetualAccount(event, at);
      case "ALGO_UPDATE":
        return this.#algoOrder(event, at);
      case "":
        return this.#answer(outer, at);
      default:
        return { ignored: IGNORED_EVENTS[name] ?? "other channel" };
    }
  }

  /**
   * A bare answer of the order socket or of REST; the gateway pairs its own with their requests.
   */
  #answer(outer: JsonObject, at: Micros): Decoded {
    const order = objectOf(outer["result"]) ?? outer;
    if (!("orderId" in order) || !("status" in order)) return { ignored: "answer" };
    const isSpot = "cummulativeQuoteQty" in order || "orderListId" in order;
    const isPerpetual = "positionSide" in order || "reduceOnly" in order;
    if (isSpot === isPerpetual) return { refused: "order answer of neither product" };
    const product = isSpot ? "spot" : "perpetual";
    const instrument = this.lookup.byVenueSymbol(product, textField(order, "symbol"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    const update = orderUpdateOf(order, instrument, at, "answer");
    return update === undefined ? { refused: "order answer is not readable" } : [update];
  }

  #spotOrder(event: JsonObject, at: Micros): Decoded {
    const instrument = this.lookup.byVenueSymbol("spot", textField(event, "s"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    const original = textField(event, "C");
    const execution = textField(event, "x");
    // A cancel has a name of its own in `c`; without `C` nobody knows whose it is.
    const isNamedByC = execution === "CANCELED" &&
      (original !== "" || typeof event["C"] !== "string");
    const name = isNamedByC && original !== "null" ? original : textField(event, "c");
    const mean = meanPrice(decimalField(event, "Z"), decimalField(event, "z"));
    const venueAt = instantField(event, "T");
    return this.#orderEvents(event, instrument, { at, venueAt, name, mean, words: "r" });
  }

  #perpetualOrder(event: JsonObject, at: Micros): Decoded {
    const order = objectOf(event["o"]);
    if (order === undefined) return { refused: "order event without its order" };
    const instrument = this.lookup.byVenueSymbol("perpetual", textField(order, "s"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    const released = this.#released.get(`${instrument.index}:${idField(order, "i")}`);
    const name = released ?? textField(order, "c");
    const mean = positiveMoney(decimalField(order, "ap"));
    const venueAt = firstSaid(order, event, "T", "T");
    return this.#orderEvents(order, instrument, { at, venueAt, name, mean, words: "er" });
  }

  /** The one-letter keys that both products share. */
  #orderEvents(order: JsonObject, instrument: Instrument, told: Told): Decoded {
    const venueStatus = textField(order, "X");
    const status = statusOf(venueStatus);
    const side = sideOf(textField(order, "S"));
    const price = priceOf(instrument, decimalField(order, "p"));
    const size = sizeOf(instrument, decimalField(order, "q"));
    const filled = sizeOf(instrument, decimalField(order, "z"));
    if (status === undefined || side === undefined) return { refused: "order status is not known" };
    // Without it a fill would be taken for news of its order alone.
    const isFilled = Number(decimalField(order, "l")) > 0 && Number(idField(order, "t")) > 0;
    const execution = textField(order, "x");
    if (execution === "" || (isFilled && !EXECUTIONS.has(execution))) {
      return { refused: "order event without its execution" };
    }
    if (price === "bad" || size === "bad" || filled === "bad") {
      return { refused: "order is not on the instrument's grids" };
    }
    const id = idField(order, "i");
    const clientId = clientOrderId(isVenueMade(told.name) ? "" : told.name);
    this.lookup.remember(instrument, id, clientId);
    const fill = this.#fillIn(order, instrument, told, clientId, side);
    if (fill === "bad") return { refused: "fill is not readable" };
    const timeInForce = textField(order, "f");
    const words = idField(order, told.words);
    const reason = endReasonOf(venueStatus, timeInForce, words);
    const update: OrderUpdate = {
      kind: "order",
      instrument: instrument.index,
      at: told.at,
      venueAt: told.venueAt,
      source: "stream",
      clientOrderId: clientId,
      venueOrderId: orderIdOf(id),
      status,
      side,
      type: typeOf(textField(order, "o")),
      timeInForce: timeInForceOf(timeInForce),
      price,
      size,
      filledSize: filled,
      averagePrice: told.mean,
      reason,
      text: reason === undefined ? undefined : words || venueStatus,
    };
    return fill === undefined ? [update] : [fill, update];
  }

  #fillIn(
    order: JsonObject,
    instrument: Instrument,
    told: Told,
    clientId: ClientOrderId,
    side: Side,
  ): Fill | undefined | "bad" {
    const execution = textField(order, "x");
    if (execution !== "TRADE" && execution !== "CALCULATED") return undefined;
    const size = sizeOf(instrument, decimalField(order, "l"));
    const price = priceOf(instrument, decimalField(order, "L"));
    if (size === 0) return undefined;
    const id = idField(order, "t");
    if (size === undefined || size === "bad" || price === undefined || price === "bad") {
      return "bad";
    }
    if (id === "" || id === "-1") return "bad";
    const fee = chargedIn(order, instrument);
    if (fee === "bad") return "bad";
    if (orderIdOf(idField(order, "i")) === undefined && clientId === "") return "bad";
    const isMaker = order["m"];
    return {
      kind: "fill",
      instrument: instrument.index,
      at: told.at,
      venueAt: told.venueAt,
      clientOrderId: clientId,
      venueOrderId: orderIdOf(idField(order, "i")),
      fillId: fillId(id),
      side,
      price,
      size,
      liquidity: typeof isMaker === "boolean" ? (isMaker ? "maker" : "taker") : undefined,
      fee: fee?.amount,
      feeAsset: fee?.asset,
    };
  }

  #algoOrder(event: JsonObject, at: Micros): Decoded {
    const order = objectOf(event["o"]);
    if (order === undefined) return { refused: "order event without its order" };
    const instrument = this.lookup.byVenueSymbol("perpetual", textField(order, "s"));
    if (instrument === undefined) return { ignored: "instrument not known" };
    const released = idField(order, "ai");
    const clientId = clientOrderId(textField(order, "caid"));
    if (released !== "" && released !== "0") this.#rememberRelease(instrument, released, clientId);
    const venueStatus = textField(order, "X");
    if (venueStatus === "FINISHED") return { ignored: "told by the order it released" };
    if (algoStatusOf(venueStatus) === undefined) return { refused: "order status is not known" };
    const update = algoUpdateOf(
      {
        algoStatus: venueStatus,
        algoId: order["aid"],
        clientAlgoId: order["caid"],
        orderType: order["o"],
        side: order["S"],
        timeInForce: order["f"],
        price: order["p"],
        quantity: order["q"],
        updateTime: event["T"],
      },
      instrument,
      at,
      "answer",
    );
    if (update === undefined) return { refused: "order is not on the instrument's grids" };
    return [{ ...update, source: "stream", text: textField(order, "rm") || update.text }];
  }

  #rememberRelease(instrument: Instrument, orderId: string, clientId: ClientOrderId): void {
    if (this.#released.size >= RELEASED_MAX) {
      const oldest = this.#released.keys().next();
      if (!oldest.done) this.#released.delete(oldest.value);
    }
    this.#released.set(`${instrument.index}:${orderId}`, clientId);
  }

  #perpetualAccount(event: JsonObject, at: Micros): Decoded {
    const account = objectOf(event["a"]);
    const balances = objectsOf(account?.["B"] ?? []);
    const positions = objectsOf(account?.["P"] ?? []);
    if (account === undefined || balances === undefined || positions === undefined) {
      return { refused: "account event without balances and positions" };
    }
    const venueAt = firstSaid(event, event, "T", "E");
    const events: EngineEvent[] = [];
    for (const entry of balances) {
      const total = moneyFromText(decimalField(entry, "wb"));
      const free = moneyFromText(decimalField(entry, "cw"));
      const asset = textField(entry, "a");
      if (asset === "" || !total.ok || !free.ok) return { refused: "balance is not readable" };
      const base = { account: PERPETUAL_ACCOUNT, at, venueAt, asset };
      events.push({ kind: "balance", ...base, total: total.value, free: free.value });
      if (textField(account, "m") !== "FUNDING_FEE") continue;
      const change = moneyFromText(decimalField(entry, "bc"));
      if (!change.ok) return { refused: "funding payment is not readable" };
      events.push({
        kind: "funding_payment",
        ...base,
        instrument: this.#fundedInstrument(positions)?.index,
        amount: change.value,
        paymentId: fillId(`${venueAt / 1_000}:${asset}:${decimalField(entry, "wb")}`),
      });
    }
    for (const entry of positions) {
      // Two-sided (hedge) positions are not kept here; `doctor` asks for one-way mode.
      const positionSide = textField(entry, "ps");
      if (positionSide === "") return { refused: "position is not readable" };
      if (positionSide !== "BOTH") continue;
      const symbol = textField(entry, "s");
      if (symbol === "") return { refused: "position without a symbol" };
      const instrument = this.lookup.byVenueSymbol("perpetual", symbol);
      if (instrument === undefined) continue;
      const position = positionOf(
        {
          amount: decimalField(entry, "pa"),
          entry: decimalField(entry, "ep"),
          unrealised: decimalField(entry, "up"),
        },
        instrument,
        at,
        venueAt,
      );
      if (position === undefined) return { refused: "position is not readable" };
      events.push(position);
    }
    return events.length === 0 ? { ignored: "no instrument or balance of ours" } : events;
  }

  /** Cross positions' funding names no instrument; an isolated one's names exactly one. */
  #fundedInstrument(positions: readonly JsonObject[]): Instrument | undefined {
    const only = positions.length === 1 ? positions[0] : undefined;
    if (only === undefined) return undefined;
    return this.lookup.byVenueSymbol("perpetual", textField(only, "s"));
  }
}

/** Executions that say what their fields mean: a fill, or none. */
const EXECUTIONS: ReadonlySet<string> = new Set([
  ...["NEW", "CANCELED", "REPLACED", "REJECTED", "TRADE", "EXPIRED", "TRADE_PREVENTION"],
  ...["CALCULATED", "AMENDMENT"],
]);

/** What the envelope of an order event told. */
interface Told {
  readonly at: Micros;
  readonly venueAt: Micros;
  /** The client id that names the order. */
  readonly name: string;
  readonly mean: Money | undefined;
  /** Key of the venue's own words for why it ended. */
  readonly words: "r" | "er";
}

/** What an execution cost: USD-M leaves out both fields where it charges nothing, spot never. */
function chargedIn(
  order: JsonObject,
  instrument: Instrument,
): { readonly amount: Money; readonly asset: string } | undefined | "bad" {
  const { product, settle } = instrument.terms;
  const text = decimalField(order, "n");
  const asset = textField(order, "N");
  if (text === "") {
    const isFree = product === "perpetual" && !("n" in order) && !("N" in order);
    return isFree ? { amount: MONEY_ZERO, asset: settle } : undefined;
  }
  const fee = moneyFromText(text);
  if (!fee.ok) return "bad";
  // Of nothing the asset may be left out.
  if (asset === "" && fee.value !== 0n && product === "spot") return undefined;
  return { amount: fee.value, asset: asset || settle };
}

function orderIdOf(id: string): VenueOrderId | undefined {
  return id === "" || id === "0" ? undefined : venueOrderId(id);
}

function spotBalances(event: JsonObject, at: Micros): Decoded {
  const entries = objectsOf(event["B"]);
  if (entries === undefined) return { refused: "account event without balances" };
  const venueAt = firstSaid(event, event, "u", "E");
  const names = { asset: "a", free: "f", locked: "l" };
  const events: EngineEvent[] = [];
  for (const entry of entries) {
    const balance = spotBalanceOf(entry, names, SPOT_ACCOUNT, at, venueAt);
    if (balance === undefined) return { refused: "balance is not readable" };
    events.push(balance);
  }
  return events.length === 0 ? { ignored: "no instrument or balance of ours" } : events;
}

/** The first of two instants that is said. */
function firstSaid(first: JsonObject, second: JsonObject, key: string, otherKey: string): Micros {
  const instant = instantField(first, key);
  return instant > 0 ? instant : instantField(second, otherKey);
}
