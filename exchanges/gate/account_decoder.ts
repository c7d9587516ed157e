/**
 * BACK 2: own channels of both products to `OrderEvent`s and `AccountEvent`s.
 *
 * 1. Orders and fills come over channels of their own, in no order between them; only fills move a
 *    position, an order's state is what its own message says.
 * 2. An acknowledgement (`ack: true`) repeats a request and says nothing of the order: ignored.
 * 3. The futures balance channel names the total alone: what was held when the account was asked
 *    last is taken off it for the free part.
 * 4. A frame is delivered as a whole or not at all.
 *
 * Source: venue documentation of the private channels, read 2026-09.
 * @module
 */
import {
  fillId,
  type Instrument,
  type Micros,
  type Money,
  money,
  MONEY_ZERO,
  moneyFromText,
  type Product,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  anyInstant,
  decimalField,
  idField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import {
  fillOf,
  InstrumentLookup,
  isOneWay,
  orderUpdateOf,
  positionOf,
  spotBalanceOf,
  symbolIn,
} from "./_order_objects.ts";
import {
  releasedIdIn,
  stopClientIdIn,
  stopStatusOf,
  stopSymbolIn,
  stopUpdateOf,
} from "./_stop_objects.ts";
import { FUTURES_ACCOUNT, SPOT_ACCOUNT } from "./instruments.ts";
import { isRiskEnding } from "./reject_codes.ts";

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

/** Decodes own channels and, for tools, bare order answers. */
export class GateAccountDecoder implements WireDecoder {
  reason = "";
  /** The last frame told of a liquidation or an auto-deleveraging. */
  sawRiskEnding = false;
  readonly lookup: InstrumentLookup;
  /** What the futures account held back when it was asked last, by asset. */
  readonly #held = new Map<string, Money>();

  constructor(lookup: InstrumentLookup | readonly Instrument[]) {
    this.lookup = lookup instanceof InstrumentLookup ? lookup : new InstrumentLookup(lookup);
  }

  /** What of an asset is not free, as the account report says. */
  setHeld(asset: string, held: Money): void {
    this.#held.set(asset, held);
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
    this.sawRiskEnding = false;
    const frame = objectOf(tree);
    const decoded = frame === undefined
      ? { refused: "not a JSON object" }
      : this.#decodeFrame(frame, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    if (decoded.length === 0) return this.#end("ignored", "no instrument or balance of ours");
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeFrame(frame: JsonObject, at: Micros): Decoded {
    const header = objectOf(frame["header"]);
    if (header !== undefined) return this.#answer(frame, header, at);
    const channel = textField(frame, "channel");
    if (channel === "") return { refused: "no channel" };
    const point = channel.indexOf(".");
    const prefix = channel.slice(0, Math.max(0, point));
    if (prefix !== "spot" && prefix !== "futures") return { ignored: "other channel" };
    const event = textField(frame, "event");
    if (event === "subscribe" || event === "unsubscribe") {
      const error = frame["error"];
      return {
        ignored: error === null || error === undefined ? "acknowledgement" : "subscription refused",
      };
    }
    if (event !== "update" && event !== "all") return { ignored: "other event" };
    const product = prefix === "spot" ? "spot" : "perpetual";
    return this.#update(channel.slice(point + 1), product, frame, at);
  }

  #update(name: string, product: Product, frame: JsonObject, at: Micros): Decoded {
    const result = frame["result"];
    const single = objectOf(result);
    const entries = single === undefined ? objectsOf(result) : [single];
    switch (name) {
      case "orders":
      case "orders_v2":
        return eachOf(entries, (entry) => this.#order(entry, product, at));
      case "usertrades":
      case "usertrades_v2":
        return eachOf(entries, (entry) => this.#fill(entry, product, at));
      case "balances":
        return eachOf(
          entries,
          (entry) => product === "spot" ? this.#spotBalance(entry, at) : this.#margin(entry, at),
        );
      case "positions":
        return eachOf(entries, (entry) => this.#position(entry, at));
      case "priceorders":
      case "autoorders":
        return eachOf(entries, (entry) => this.#stop(entry, product, at));
      case "system":
        return { ignored: "connection will close" };
      default:
        return { ignored: "other channel" };
    }
  }

  /** A bare answer of the order socket; the gateway pairs its own with their requests. */
  #answer(frame: JsonObject, header: JsonObject, at: Micros): Decoded {
    if (frame["ack"] === true) return { ignored: "acknowledgement is not acceptance" };
    const channel = textField(header, "channel");
    const product = channel.startsWith("spot.") ? "spot" : "perpetual";
    const result = objectOf(frame["data"])?.["result"];
    const single = objectOf(result);
    const orders = single === undefined ? objectsOf(result) : [single];
    if (!/^(spot|futures)\.order_/.test(channel) || orders === undefined) {
      return { ignored: "answer" };
    }
    return eachOf(orders, (order) => {
      // An acknowledgement has ids alone; an order has its status.
      if (!("status" in order)) return "text" in order ? "order answer is not readable" : [];
      const instrument = this.lookup.byVenueSymbol(product, symbolIn(order, product));
      if (instrument === undefined) return symbolIn(order, product) === "" ? "no symbol" : [];
      const update = orderUpdateOf(order, instrument, this.lookup, at, "answer");
      return update === undefined ? "order answer is not readable" : [update];
    });
  }

  #order(entry: JsonObject, product: Product, at: Micros): readonly EngineEvent[] | string {
    const instrument = this.lookup.byVenueSymbol(product, symbolIn(entry, product));
    if (instrument === undefined) return symbolIn(entry, product) === "" ? "no symbol" : [];
    const update = orderUpdateOf(entry, instrument, this.lookup, at, "stream");
    if (update === undefined) return "order is not readable";
    if (isRiskEnding(textField(entry, "finish_as"))) this.sawRiskEnding = true;
    return [update];
  }

  #fill(entry: JsonObject, product: Product, at: Micros): readonly EngineEvent[] | string {
    const instrument = this.lookup.byVenueSymbol(product, symbolIn(entry, product));
    if (instrument === undefined) return symbolIn(entry, product) === "" ? "no symbol" : [];
    const fill = fillOf(entry, instrument, this.lookup, at);
    return fill === undefined ? "fill is not readable" : [fill];
  }

  #stop(entry: JsonObject, product: Product, at: Micros): readonly EngineEvent[] | string {
    const instrument = this.lookup.byVenueSymbol(product, stopSymbolIn(entry, product));
    if (instrument === undefined) return stopSymbolIn(entry, product) === "" ? "no symbol" : [];
    this.lookup.remember(instrument, releasedIdIn(entry), stopClientIdIn(entry));
    if (stopStatusOf(entry) === "released") return [];
    const update = stopUpdateOf(entry, instrument, at, "stream");
    return update === undefined ? "conditional order is not readable" : [update];
  }

  #spotBalance(entry: JsonObject, at: Micros): readonly EngineEvent[] | string {
    const balance = spotBalanceOf(entry, SPOT_ACCOUNT, at);
    return balance === undefined ? "balance is not readable" : [balance];
  }

  #margin(entry: JsonObject, at: Micros): readonly EngineEvent[] | string {
    const asset = textField(entry, "currency").toUpperCase();
    const total = moneyFromText(decimalField(entry, "balance"));
    if (asset === "" || !total.ok) return "balance is not readable";
    const held = this.#held.get(asset) ?? MONEY_ZERO;
    const free = money(total.value > held ? total.value - held : 0n);
    const venueAt = anyInstant(entry, ["time_ms", "time"]);
    const base = { account: FUTURES_ACCOUNT, at, venueAt, asset };
    const balance = { kind: "balance", ...base, total: total.value, free } as const;
    if (textField(entry, "type") !== "fund") return [balance];
    const amount = moneyFromText(decimalField(entry, "change"));
    if (!amount.ok) return "funding payment is not readable";
    const text = textField(entry, "text");
    if (text === "") return "funding payment is not readable";
    const instrument = this.lookup.byVenueSymbol("perpetual", text.split(":", 1)[0]!);
    return [balance, {
      kind: "funding_payment",
      ...base,
      instrument: instrument?.index,
      amount: amount.value,
      paymentId: fillId(`${idField(entry, "time_ms") || idField(entry, "time")}:${text}`),
    }];
  }

  #position(entry: JsonObject, at: Micros): readonly EngineEvent[] | string {
    // Two-sided positions are not kept here; `doctor` asks for one-way mode.
    if (!isOneWay(entry)) return [];
    const symbol = textField(entry, "contract");
    const instrument = this.lookup.byVenueSymbol("perpetual", symbol);
    if (instrument === undefined) return symbol === "" ? "no symbol" : [];
    const position = positionOf(entry, instrument, at);
    return position === undefined ? "position is not readable" : [position];
  }
}

/** All entries' events; the first entry that cannot be read refuses the frame. */
function eachOf(
  entries: readonly JsonObject[] | undefined,
  read: (entry: JsonObject) => readonly EngineEvent[] | string,
): Decoded {
  if (entries === undefined) return { refused: "result is not a list" };
  const events: EngineEvent[] = [];
  for (const entry of entries) {
    const found = read(entry);
    if (typeof found === "string") return { refused: found };
    events.push(...found);
  }
  return events;
}
