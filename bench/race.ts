/**
 * The product as a contestant of the race: `deno task race WORKLOAD FILE` runs one workload through
 * the product's own code and prints one line of JSON.
 *
 *   book-VENUE     raw message -> decoder -> sequence check -> book -> touch read
 *   trades-VENUE   raw message -> decoder -> trade
 *   match          events -> matching engine
 *   sign-VENUE     order intent -> encoded, signed request
 *
 * Reading and splitting the file is not timed; everything from raw text to updated state is. A warm-up of
 * at most 20,000 messages (50,000 for match) runs on a throw-away instance.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { createInstrument, type Instrument, instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { isVenueId, unwrap, type VenueId } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import { MatchingEngine } from "@/engine/matching/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver, MarketDecoder, VenueTools } from "@/engine/ports/mod.ts";
import { loadTools } from "@/exchanges/mod.ts";
import { signer, type SignIntent } from "./race_sign.ts";

const NOW = micros(1_760_000_000_000_000);
const WARM_MESSAGES = 20_000;
const WARM_EVENTS = 50_000;
const WANTS_LATENCY = Deno.env.get("LAT") === "1";

/** First line of a workload. */
interface Header {
  readonly symbol: string;
  readonly priceScale: number;
  readonly sizeScale: number;
  readonly levels: number;
}

/** A workload in memory: line `i` is `bytes[starts[i]..ends[i])`. */
interface Lines {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** What a workload answers. */
interface Outcome {
  readonly messages: number;
  readonly seconds: number;
  readonly answer: unknown;
  readonly latencies?: Float64Array;
}

function mix(hash: number, value: number): number {
  return (Math.imul(hash, 31) + value) | 0;
}

function readLines(path: string): Lines {
  const bytes = Deno.readFileSync(path);
  const starts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    if (end > at) {
      starts.push(at);
      ends.push(end);
    }
    at = end + 1;
  }
  return {
    bytes,
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    count: starts.length,
  };
}

function textOf(lines: Lines, index: number): string {
  return new TextDecoder().decode(lines.bytes.subarray(lines.starts[index], lines.ends[index]));
}

/** Our name of the instrument that a workload's venue calls `symbol`. */
const SYMBOLS: Readonly<Record<VenueId, string>> = {
  binance: "BTC-USDT-PERP",
  okx: "BTC-USDT-PERP",
  gate: "BTC-USDT-PERP",
  bybit: "BTC-USDT-PERP",
  hyperliquid: "BTC-USDC-PERP",
  dydx: "BTC-USD-PERP",
  aster: "BTC-USDT-PERP",
};

function instrumentOf(tools: VenueTools, header: Header): Instrument {
  const terms = unwrap(tools.termsFrom(
    SYMBOLS[tools.venue],
    String(1 / header.priceScale),
    String(1 / header.sizeScale),
    "1",
  ));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

/** One book kept by the product's own pieces. */
class BookContestant implements EventReceiver {
  readonly book = new OrderBook();
  readonly #decoder: MarketDecoder;
  readonly #feed: FeedHandler;
  readonly #byRest: boolean;

  constructor(tools: VenueTools, instrument: Instrument) {
    const rule = tools.sequenceRule(instrument.terms);
    this.#decoder = tools.createMarketDecoder([instrument]);
    this.#byRest = rule.snapshotFrom === "rest";
    this.#feed = new FeedHandler({
      instrument: instrument.index,
      rule,
      book: this.book,
      limits: { ...FEED_LIMITS_DEFAULT, staleAfterMs: Infinity },
    });
  }

  deliver(event: EngineEvent): void {
    if (event.kind === "book_delta") this.#feed.onDelta(event, NOW);
    else if (event.kind === "book_snapshot") this.#feed.onSnapshot(event, NOW);
  }

  take(lines: Lines, index: number): void {
    const start = lines.starts[index]!;
    const end = lines.ends[index]!;
    const { bytes } = lines;
    const outcome = index === 1 && this.#byRest
      ? this.#decoder.decodeSnapshot(bytes, start, end, instrumentIndex(0), NOW, this)
      : this.#decoder.decode(bytes, start, end, NOW, this);
    if (outcome === "refused") throw new Error(`message ${index}: ${this.#decoder.reason}`);
  }
}

function raceBook(tools: VenueTools, lines: Lines): Outcome {
  const header = JSON.parse(textOf(lines, 0)) as Header;
  const instrument = instrumentOf(tools, header);
  const messages = lines.count - 1;
  const run = (contestant: BookContestant, to: number): number => {
    const { book } = contestant;
    let hash = 0;
    for (let index = 1; index <= to; index++) {
      contestant.take(lines, index);
      hash = mix(mix(hash, book.bestBid), book.bestBidSize);
      hash = mix(mix(hash, book.bestAsk), book.bestAskSize);
    }
    return hash;
  };
  run(new BookContestant(tools, instrument), Math.min(WARM_MESSAGES, messages));
  const contestant = new BookContestant(tools, instrument);
  const startedAt = performance.now();
  const hash = run(contestant, messages);
  const seconds = (performance.now() - startedAt) / 1_000;
  const answer = {
    hash,
    bids: levelsOf(contestant.book, "buy", header.levels),
    asks: levelsOf(contestant.book, "sell", header.levels),
  };
  if (!WANTS_LATENCY) return { messages, seconds, answer };
  const again = new BookContestant(tools, instrument);
  let read = 0;
  const latencies = timed(messages, (index) => {
    again.take(lines, index + 1);
    read += again.book.bestBid + again.book.bestAsk;
  });
  return { messages, seconds, answer, latencies: read > 0 ? latencies : new Float64Array(1) };
}

function levelsOf(book: OrderBook, side: "buy" | "sell", count: number): number[][] {
  const prices = new Float64Array(count);
  const sizes = new Float64Array(count);
  const found = book.readLevels(side, count, prices, sizes);
  return Array.from({ length: found }, (_, index) => [prices[index]!, sizes[index]!]);
}

/** Sums over the trades of one stream. */
class TradesContestant implements EventReceiver {
  count = 0;
  volume = 0;
  buyVolume = 0;
  notional = 0;
  last = 0;
  hash = 0;
  readonly #decoder: MarketDecoder;

  constructor(tools: VenueTools, instrument: Instrument) {
    this.#decoder = tools.createMarketDecoder([instrument]);
  }

  deliver(event: EngineEvent): void {
    if (event.kind !== "trade") return;
    const { price, size, aggressor } = event;
    this.count++;
    this.volume += size;
    if (aggressor === "buy") this.buyVolume += size;
    this.notional += price * size;
    this.last = price;
    this.hash = mix(mix(mix(this.hash, price), size), aggressor === "sell" ? 1 : 0);
  }

  take(lines: Lines, index: number): void {
    const start = lines.starts[index]!;
    const end = lines.ends[index]!;
    if (this.#decoder.decode(lines.bytes, start, end, NOW, this) === "refused") {
      throw new Error(`message ${index}: ${this.#decoder.reason}`);
    }
  }
}

function raceTrades(tools: VenueTools, lines: Lines): Outcome {
  const header = JSON.parse(textOf(lines, 0)) as Header;
  const instrument = instrumentOf(tools, header);
  const messages = lines.count - 1;
  const warm = new TradesContestant(tools, instrument);
  for (let index = 1; index <= Math.min(WARM_MESSAGES, messages); index++) warm.take(lines, index);
  const contestant = new TradesContestant(tools, instrument);
  const startedAt = performance.now();
  for (let index = 1; index <= messages; index++) contestant.take(lines, index);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { count, volume, buyVolume, notional, last, hash } = contestant;
  const answer = { count, volume, buyVolume, notional, last, hash };
  if (!WANTS_LATENCY) return { messages, seconds, answer };
  const again = new TradesContestant(tools, instrument);
  return {
    messages,
    seconds,
    answer,
    latencies: timed(messages, (index) => again.take(lines, index + 1)),
  };
}

/** Events of the match workload in columns. */
interface MatchEvents {
  readonly count: number;
  readonly kinds: string;
  readonly ids: Int32Array;
  readonly buys: Uint8Array;
  readonly prices: Int32Array;
  readonly sizes: Int32Array;
}

function readMatch(lines: Lines): MatchEvents {
  const count = lines.count - 1;
  const kinds: string[] = [];
  const ids = new Int32Array(count);
  const buys = new Uint8Array(count);
  const prices = new Int32Array(count);
  const sizes = new Int32Array(count);
  for (let index = 0; index < count; index++) {
    const [kind, id, a, b, c] = textOf(lines, index + 1).split(",");
    kinds.push(kind!);
    ids[index] = Number(id);
    if (kind === "N" || kind === "M") buys[index] = a === "B" ? 1 : 0;
    if (kind === "N") prices[index] = Number(b);
    if (kind === "A") prices[index] = Number(a);
    sizes[index] = Number(kind === "N" ? c : b ?? 0);
  }
  return { count, kinds: kinds.join(""), ids, buys, prices, sizes };
}

/** The matching engine, tallied; an amend is cancel and re-enter, as the race wants it. */
function matchContestant(events: MatchEvents) {
  const tally = { trades: 0, volume: 0, notional: 0, hash: 0 };
  const nothing = () => {};
  const engine = new MatchingEngine({
    listener: {
      onRested: nothing,
      onRemoved: nothing,
      onAmended: nothing,
      onLevel: nothing,
      onTrade(trade) {
        tally.trades++;
        tally.volume += trade.size;
        tally.notional += trade.price * trade.size;
        const hash = mix(mix(tally.hash, trade.makerId), trade.takerId);
        tally.hash = mix(mix(hash, trade.price), trade.size);
      },
    },
  });
  const order = {
    id: 0,
    owner: 1,
    side: "buy" as "buy" | "sell",
    price: undefined as number | undefined,
    size: 0,
    timeInForce: "gtc" as "gtc" | "ioc",
    postOnly: false,
    selfTrade: "allow" as const,
  };
  const sides = new Map<number, "buy" | "sell">();
  const submit = (id: number, side: "buy" | "sell", price: number | undefined, size: number) => {
    order.id = id;
    order.side = side;
    order.price = price;
    order.size = size;
    order.timeInForce = price === undefined ? "ioc" : "gtc";
    engine.submit(order);
  };
  const take = (index: number): void => {
    const id = events.ids[index]!;
    switch (events.kinds.charCodeAt(index)) {
      case 78: {
        const side = events.buys[index] === 1 ? "buy" : "sell";
        sides.set(id, side);
        return submit(id, side, events.prices[index]!, events.sizes[index]!);
      }
      case 77:
        return submit(
          id,
          events.buys[index] === 1 ? "buy" : "sell",
          undefined,
          events.sizes[index]!,
        );
      case 67:
        engine.cancel(id);
        return;
      default:
        if (engine.cancel(id)) {
          submit(id, sides.get(id)!, events.prices[index]!, events.sizes[index]!);
        }
    }
  };
  return { engine, tally, take };
}

function raceMatch(lines: Lines): Outcome {
  const events = readMatch(lines);
  const warm = matchContestant(events);
  for (let index = 0; index < Math.min(WARM_EVENTS, events.count); index++) warm.take(index);
  const { engine, tally, take } = matchContestant(events);
  const startedAt = performance.now();
  for (let index = 0; index < events.count; index++) take(index);
  const seconds = (performance.now() - startedAt) / 1_000;
  const answer = {
    ...tally,
    live: engine.restingCount,
    bestBid: engine.best("buy"),
    bestAsk: engine.best("sell"),
  };
  if (!WANTS_LATENCY) return { messages: events.count, seconds, answer };
  const again = matchContestant(events);
  return {
    messages: events.count,
    seconds,
    answer,
    latencies: timed(events.count, (index) => again.take(index)),
  };
}

async function raceSign(venue: VenueId, lines: Lines): Promise<Outcome> {
  const sign = await signer(venue);
  const intents: SignIntent[] = [];
  for (let index = 1; index < lines.count; index++) intents.push(JSON.parse(textOf(lines, index)));
  const messages = intents.length;
  for (const intent of intents.slice(0, 2_000)) sign(intent);
  const kept = new Set([1, Math.ceil(messages / 2), messages]);
  const requests: unknown[] = [];
  const latencies = new Float64Array(messages);
  let spent = 0;
  for (let index = 0; index < messages; index++) {
    const startedAt = performance.now();
    const request = sign(intents[index]!);
    const took = performance.now() - startedAt;
    spent += took;
    latencies[index] = took * 1e6;
    if (kept.has(index + 1)) requests.push({ i: index + 1, ...request });
  }
  return {
    messages,
    seconds: spent / 1_000,
    answer: { count: messages, requests },
    latencies,
  };
}

function timed(count: number, work: (index: number) => void): Float64Array {
  const latencies = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    work(index);
    latencies[index] = (performance.now() - startedAt) * 1e6;
  }
  return latencies;
}

async function race(workload: string, path: string): Promise<Outcome> {
  const lines = workload === "backtest" ? undefined : readLines(path);
  if (workload.startsWith("match") && lines !== undefined) return raceMatch(lines);
  const match = /^(book|trades|sign)-([a-z0-9]+)/.exec(workload);
  const venue = match?.[2] ?? "";
  if (match === null || lines === undefined || !isVenueId(venue)) {
    throw new Error(
      `wanted a workload book-VENUE, trades-VENUE, sign-VENUE or match, found "${workload}"`,
    );
  }
  if (match[1] === "sign") return await raceSign(venue, lines);
  const tools = await loadTools(venue);
  if (!tools.ok) throw new Error(tools.error);
  return match[1] === "book" ? raceBook(tools.value, lines) : raceTrades(tools.value, lines);
}

if (import.meta.main) {
  const [workload, path] = Deno.args;
  if (workload === undefined || path === undefined) {
    console.error("Usage: deno task race WORKLOAD FILE");
    Deno.exit(2);
  }
  try {
    const { latencies, ...outcome } = await race(workload, path);
    const sorted = latencies?.sort();
    const quantile = (share: number) =>
      Math.round(sorted![Math.min(sorted!.length - 1, Math.floor(sorted!.length * share))]!);
    console.log(JSON.stringify({
      ...outcome,
      ...(sorted === undefined ? {} : { p50ns: quantile(0.5), p99ns: quantile(0.99) }),
      rssMB: Math.round(Deno.memoryUsage().rss / 1_048_576),
      version: "touchline",
    }));
  } catch (failure) {
    console.error(`race ${workload}: ${failure instanceof Error ? failure.message : failure}`);
    Deno.exit(2);
  }
}
