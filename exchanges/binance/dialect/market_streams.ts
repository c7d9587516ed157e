/**
 * Public streams: each frame is built once and handed to all who subscribed.
 *
 *   level change -> batch of each depth stream in use -> frame at its interval
 *   touch change -> bookTicker at once;  print -> trade at once, aggTrade when its run ends
 *
 * 1. A stream without subscribers costs one look-up per event and has no timer.
 * 2. Spot numbers: `U` is the last frame's `u` plus one. USD-M: `pu` is the last frame's `u`.
 * Source: protocol sheet section 2.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import { type ExchangeListener, LevelBatch, type SimPrint } from "@/exchanges/simulator/mod.ts";
import { sideText, statusOf } from "./market_operations.ts";
import { millis } from "./order_shapes.ts";
import type { VenueState } from "./venue_state.ts";
import { floatFixed, type WireProduct, type WireSymbol } from "./wire_symbols.ts";

/** Who receives frames. `stream` is the name, `frame` the bare payload. */
export interface StreamSink {
  push(stream: string, frame: string): void;
}

type Kind = "depth" | "partial" | "bookTicker" | "trade" | "aggTrade" | "markPrice";

/** One stream that somebody listens to. */
interface Stream {
  readonly name: string;
  readonly key: string;
  readonly kind: Kind;
  readonly symbol: WireSymbol;
  readonly sinks: Set<StreamSink>;
  /** Stamps are microseconds instead of milliseconds. */
  readonly micro: boolean;
  readonly intervalMs: number;
  readonly levels: number;
  readonly batch: LevelBatch;
  lastChangeAt: number;
  timer: number | undefined;
}

interface Parsed {
  readonly symbol: WireSymbol;
  readonly kind: Kind;
  readonly intervalMs: number;
  readonly levels: number;
}

interface Run {
  price: number;
  size: number;
  first: number;
  last: number;
  at: number;
  buyerIsMaker: boolean;
  taker: number;
  timer: number | undefined;
}

const CONTRACT_INFO = "!contractInfo";
const AGGREGATE_MS = 100;
const RESET_JUMP = 5_000_000;

/** Publishes one product's streams. */
export class MarketStreams implements ExchangeListener {
  readonly #state: VenueState;
  readonly #product: WireProduct;
  readonly #streams = new Map<string, Stream>();
  readonly #bySymbol = new Map<WireSymbol, Stream[]>();
  readonly #runs = new Map<WireSymbol, Run>();
  readonly #aggregateIds = new Map<WireSymbol, number>();
  readonly #contractSinks = new Set<StreamSink>();

  constructor(state: VenueState, product: WireProduct) {
    this.#state = state;
    this.#product = product;
  }

  /** Streams that somebody listens to. */
  get inUse(): number {
    return this.#streams.size;
  }

  /** Adds a listener to a stream; false when this product has no such stream. */
  subscribe(name: string, sink: StreamSink, micro: boolean): boolean {
    if (name === CONTRACT_INFO && this.#product === "usdm") {
      this.#contractSinks.add(sink);
      return true;
    }
    const key = micro ? `${name}#us` : name;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      const parsed = this.#parse(name);
      if (parsed === undefined) return false;
      stream = {
        ...parsed,
        name,
        key,
        micro,
        sinks: new Set(),
        batch: new LevelBatch(parsed.symbol.sim.updateId),
        lastChangeAt: 0,
        timer: undefined,
      };
      this.#streams.set(key, stream);
      this.#listOf(stream.symbol).push(stream);
      if (stream.intervalMs > 0) this.#schedule(stream);
    }
    stream.sinks.add(sink);
    return true;
  }

  /** Takes a listener off a stream; the last one ends it. */
  unsubscribe(name: string, sink: StreamSink, micro: boolean): void {
    if (name === CONTRACT_INFO) this.#contractSinks.delete(sink);
    const stream = this.#streams.get(micro ? `${name}#us` : name);
    if (stream === undefined || !stream.sinks.delete(sink) || stream.sinks.size > 0) return;
    this.#streams.delete(stream.key);
    const list = this.#listOf(stream.symbol);
    list.splice(list.indexOf(stream), 1);
    if (stream.timer !== undefined) this.#state.exchange.scheduler.cancel(stream.timer);
  }

  /** Which route of USD-M carries a stream. */
  static routeOf(name: string): "public" | "market" {
    return /@(depth|bookTicker|trade$)/.test(name) ? "public" : "market";
  }

  onLevel(sim: WireSymbol["sim"], side: Side, price: number, size: number, id: number): void {
    const streams = this.#of(sim);
    if (streams === undefined) return;
    for (const stream of streams) {
      if (stream.kind !== "depth" && stream.kind !== "partial") continue;
      stream.batch.add(side, price, size, id);
      stream.lastChangeAt = this.#state.exchange.clock.now();
      if (stream.intervalMs > 0 || stream.timer !== undefined) continue;
      stream.timer = this.#state.exchange.scheduler.after(0, () => {
        stream.timer = undefined;
        this.#publishBook(stream);
      });
    }
  }

  onTouch(sim: WireSymbol["sim"]): void {
    const streams = this.#of(sim);
    if (streams === undefined) return;
    for (const stream of streams) {
      if (stream.kind === "bookTicker") this.#send(stream, this.#tickerText(stream));
    }
  }

  onPrint(sim: WireSymbol["sim"], print: SimPrint): void {
    const streams = this.#of(sim);
    if (streams === undefined) return;
    for (const stream of streams) {
      if (stream.kind === "trade") this.#send(stream, this.#tradeText(stream, print));
      else if (stream.kind === "aggTrade") this.#aggregate(stream.symbol, print);
    }
  }

  onMark(sim: WireSymbol["sim"]): void {
    const streams = this.#of(sim);
    if (streams === undefined) return;
    for (const stream of streams) {
      if (stream.kind !== "markPrice") continue;
      const second = Math.floor(this.#state.exchange.clock.now() / 1e6);
      if (stream.intervalMs === -1 || second % 3 === 0) {
        this.#send(stream, this.#markText(stream));
      }
    }
  }

  /** Status, brackets and listing are told here; steps of prices and sizes are not. */
  onStatus(sim: WireSymbol["sim"]): void {
    if (this.#contractSinks.size === 0) return;
    const symbol = this.#state.symbols.of(sim);
    const frame = `{"e":"contractInfo","E":${millis(this.#state.exchange.clock.now())},` +
      `"s":"${symbol.name}","ps":"${symbol.name}","ct":"PERPETUAL","dt":4133404800000,` +
      `"ot":1569398400000,"cs":"${statusOf(symbol)}"}`;
    for (const sink of this.#contractSinks) sink.push(CONTRACT_INFO, frame);
  }

  #of(sim: WireSymbol["sim"]): readonly Stream[] | undefined {
    if (this.#streams.size === 0) return undefined;
    const streams = this.#bySymbol.get(this.#state.symbols.of(sim));
    return streams === undefined || streams.length === 0 ? undefined : streams;
  }

  #listOf(symbol: WireSymbol): Stream[] {
    let list = this.#bySymbol.get(symbol);
    if (list === undefined) {
      list = [];
      this.#bySymbol.set(symbol, list);
    }
    return list;
  }

  #parse(name: string): Parsed | undefined {
    const at = name.indexOf("@");
    const symbol = this.#state.symbols.find(this.#product, name.slice(0, at).toUpperCase());
    if (symbol === undefined || symbol.lower !== name.slice(0, at)) return undefined;
    const what = name.slice(at + 1);
    const spot = this.#product === "spot";
    const plain = { symbol, intervalMs: 0, levels: 0 };
    if (what === "bookTicker" || what === "trade" || what === "aggTrade") {
      return { ...plain, kind: what };
    }
    const mark = /^markPrice(@1s)?$/.exec(what);
    if (mark !== null && !spot) {
      return { ...plain, kind: "markPrice", intervalMs: mark[1] === undefined ? -3 : -1 };
    }
    const depth = /^depth(5|10|20)?(?:@(\d+)ms)?$/.exec(what);
    if (depth === null) return undefined;
    const intervalMs = depth[2] === undefined ? (spot ? 1_000 : 250) : Number(depth[2]);
    const known = spot ? [100, 1_000] : [0, 100, 250, 500];
    if (!known.includes(intervalMs)) return undefined;
    const levels = Number(depth[1] ?? 0);
    return { symbol, kind: levels > 0 ? "partial" : "depth", intervalMs, levels };
  }

  #schedule(stream: Stream): void {
    stream.timer = this.#state.exchange.scheduler.after(stream.intervalMs, () => {
      this.#publishBook(stream);
      if (stream.sinks.size > 0) this.#schedule(stream);
    });
  }

  #publishBook(stream: Stream): void {
    const { batch } = stream;
    if (batch.empty) return;
    const { faults, exchange } = this.#state;
    const now = exchange.clock.now();
    const text = stream.kind === "depth" ? this.#depthText(stream) : this.#partialText(stream);
    batch.clear();
    if (faults !== undefined && stream.kind === "depth") {
      if (faults.has("sequence_gap") && faults.decide("sequence_gap", now)) return;
      if (faults.has("sequence_reset") && faults.decide("sequence_reset", now)) {
        stream.symbol.sim.updateId += RESET_JUMP;
        batch.previousId += RESET_JUMP;
        batch.lastId += RESET_JUMP;
      }
    }
    this.#send(stream, text);
  }

  #depthText(stream: Stream): string {
    const { batch, symbol } = stream;
    const spot = this.#product === "spot";
    // Spot numbers without holes; elsewhere the first number of the batch itself.
    const first = spot ? batch.previousId + 1 : batch.firstId;
    const times = spot ? "" : `,"T":${this.#stamp(stream, stream.lastChangeAt)}`;
    const previous = spot ? "" : `,"pu":${batch.previousId}`;
    return `{"e":"depthUpdate","E":${this.#now(stream)}${times},"s":"${symbol.name}",` +
      `"U":${first},"u":${batch.lastId}${previous},"b":${changesText(symbol, batch.bids)},` +
      `"a":${changesText(symbol, batch.asks)}}`;
  }

  #partialText(stream: Stream): string {
    const { symbol, batch, levels } = stream;
    const bids = sideText(symbol, "buy", levels);
    const asks = sideText(symbol, "sell", levels);
    if (this.#product === "spot") {
      return `{"lastUpdateId":${symbol.sim.updateId},"bids":${bids},"asks":${asks}}`;
    }
    return `{"e":"depthUpdate","E":${this.#now(stream)},` +
      `"T":${this.#stamp(stream, stream.lastChangeAt)},"s":"${symbol.name}",` +
      `"U":${batch.firstId},"u":${batch.lastId},"pu":${batch.previousId},` +
      `"b":${bids},"a":${asks}}`;
  }

  #tickerText(stream: Stream): string {
    const { symbol } = stream;
    const { sim } = symbol;
    const touch = `"s":"${symbol.name}","b":"${symbol.price(sim.bid)}",` +
      `"B":"${symbol.size(sim.bidSize)}","a":"${symbol.price(sim.ask)}",` +
      `"A":"${symbol.size(sim.askSize)}"`;
    if (this.#product === "spot") return `{"u":${sim.updateId},${touch}}`;
    const now = this.#now(stream);
    return `{"e":"bookTicker","u":${sim.updateId},${touch},"T":${now},"E":${now}}`;
  }

  #tradeText(stream: Stream, print: SimPrint): string {
    const { symbol } = stream;
    const tail = this.#product === "spot" ? `,"M":true` : `,"X":"MARKET"`;
    return `{"e":"trade","E":${this.#now(stream)},"T":${this.#stamp(stream, print.at)},` +
      `"s":"${symbol.name}","t":${print.id},"p":"${symbol.price(print.price)}",` +
      `"q":"${symbol.size(print.size)}","m":${print.aggressor === "sell"}${tail}}`;
  }

  #markText(stream: Stream): string {
    const { symbol } = stream;
    const { sim } = symbol;
    const value = (ticks: number) => floatFixed(ticks * sim.instrument.tickValue);
    return `{"e":"markPriceUpdate","E":${this.#now(stream)},"s":"${symbol.name}",` +
      `"p":"${value(sim.mark)}","i":"${value(sim.index)}","P":"${value(sim.index)}",` +
      `"r":"${floatFixed(sim.fundingRate)}","T":${millis(sim.nextFundingAt)}}`;
  }

  /** Joins prints of one taker, price and side; a run ends with another print or after 100 ms. */
  #aggregate(symbol: WireSymbol, print: SimPrint): void {
    const buyerIsMaker = print.aggressor === "sell";
    const run = this.#runs.get(symbol);
    if (run !== undefined) {
      // A print is told to each stream of a symbol; it belongs to a run once.
      if (run.last === print.id) return;
      const same = run.price === print.price && run.buyerIsMaker === buyerIsMaker &&
        (this.#product === "usdm" || run.taker === print.takerOrderId);
      if (same) {
        run.size += print.size;
        run.last = print.id;
        run.at = print.at;
        return;
      }
      this.#endRun(symbol, run);
    }
    const next: Run = {
      price: print.price,
      size: print.size,
      first: print.id,
      last: print.id,
      at: print.at,
      buyerIsMaker,
      taker: print.takerOrderId,
      timer: undefined,
    };
    this.#runs.set(symbol, next);
    const wait = this.#product === "usdm" ? AGGREGATE_MS : 0;
    next.timer = this.#state.exchange.scheduler.after(wait, () => {
      next.timer = undefined;
      this.#endRun(symbol, next);
    });
  }

  #endRun(symbol: WireSymbol, run: Run): void {
    if (run.timer !== undefined) this.#state.exchange.scheduler.cancel(run.timer);
    this.#runs.delete(symbol);
    const id = (this.#aggregateIds.get(symbol) ?? 3_000_000_000) + 1;
    this.#aggregateIds.set(symbol, id);
    for (const stream of this.#listOf(symbol)) {
      if (stream.kind !== "aggTrade") continue;
      this.#send(
        stream,
        `{"e":"aggTrade","E":${this.#now(stream)},"s":"${symbol.name}","a":${id},` +
          `"p":"${symbol.price(run.price)}","q":"${symbol.size(run.size)}","f":${run.first},` +
          `"l":${run.last},"T":${this.#stamp(stream, run.at)},"m":${run.buyerIsMaker}` +
          `${this.#product === "spot" ? `,"M":true` : ""}}`,
      );
    }
  }

  #send(stream: Stream, frame: string): void {
    for (const sink of stream.sinks) sink.push(stream.name, frame);
  }

  #now(stream: Stream): number {
    return this.#stamp(stream, this.#state.exchange.clock.now());
  }

  #stamp(stream: Stream, at: number): number {
    return stream.micro ? Math.floor(at) : millis(at);
  }
}

function changesText(symbol: WireSymbol, changes: ReadonlyMap<number, number>): string {
  let text = "[";
  for (const [price, size] of changes) {
    if (text.length > 1) text += ",";
    text += `["${symbol.price(price)}","${symbol.size(size)}"]`;
  }
  return `${text}]`;
}
