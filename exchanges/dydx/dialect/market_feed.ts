/**
 * Public channels: order book, trades, markets, block height.
 *
 *   level -> one delta at once; print -> told when its block is committed
 *
 * 1. A taker that waits for its block is shown as a level that crosses the book, until then.
 * 2. Now and then the indexer hears of an emptied level a block late: then the book crosses too.
 * 3. Levels that a waiting order crossed are told again after its block.
 * Source: protocol sheet sections 2.3 to 2.5.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import {
  type ExchangeListener,
  levelsOf,
  ServedSnapshots,
  type SimInstrument,
  type SimPrint,
} from "@/exchanges/simulator/mod.ts";
import type { ClobOrder, VenueState } from "./venue_state.ts";
import {
  finePrice,
  hourlyRate,
  isoMillis,
  type Json,
  marketBody,
  statusOf,
  type WireSymbol,
} from "./wire_symbols.ts";

const DEPTH = 100;
const TRADES_KEPT = 1_000;
const FUNDINGS_KEPT = 100;
const STATS_EVERY_BLOCKS = 10;

const SERVED = new ServedSnapshots<string>();

/** What one market has told and must still tell. */
class MarketTape {
  /** Newest first. */
  readonly trades: Json[] = [];
  readonly fresh: Omit<SimPrint, "makerOrderId" | "takerOrderId">[] = [];
  readonly waiting: ClobOrder[] = [];
  /** Emptied levels nobody was told of, and levels to tell again: side and price. */
  readonly late = { buy: new Set<number>(), sell: new Set<number>() };
  oracle = "";
}

/** Publishes what belongs to nobody. */
export class MarketFeed implements ExchangeListener {
  readonly #state: VenueState;
  readonly #tapes = new Map<SimInstrument, MarketTape>();

  constructor(state: VenueState) {
    this.#state = state;
    for (const { sim } of state.symbols.all) this.#tapes.set(sim, new MarketTape());
  }

  /** Whether there is such a channel and name. */
  knows(channel: string, id: string): boolean {
    const isOfAll = channel === "v4_block_height" || channel === "v4_markets";
    return isOfAll || this.#state.symbols.find(id) !== undefined;
  }

  /** What a channel begins with; undefined where there is no such channel or name. */
  snapshot(channel: string, id: string): string | undefined {
    const { symbols, blocks } = this.#state;
    if (channel === "v4_block_height") {
      return `{"height":"${blocks.height}","time":"${isoMillis(blocks.time)}"}`;
    }
    if (channel === "v4_markets") return this.marketsText(symbols.all);
    const symbol = symbols.find(id);
    if (symbol === undefined) return undefined;
    if (channel === "v4_orderbook") return this.bookText(symbol);
    return JSON.stringify({ trades: this.trades(symbol, DEPTH) });
  }

  marketsText(symbols: readonly WireSymbol[]): string {
    return JSON.stringify({
      markets: Object.fromEntries(symbols.map((each) => [each.ticker, marketBody(each)])),
    });
  }

  /** The true book, uncrossed as the server does it. */
  bookText(symbol: WireSymbol): string {
    const { faults, exchange } = this.#state;
    return SERVED.serve(symbol, DEPTH, { faults, now: exchange.clock.now() }, () => {
      return `{"bids":${levelsText(symbol, "buy")},"asks":${levelsText(symbol, "sell")}}`;
    });
  }

  /** Committed trades, newest first. */
  trades(symbol: WireSymbol, limit: number): Json[] {
    return this.#tapes.get(symbol.sim)!.trades.slice(0, limit);
  }

  /** Shows an order in the book before its block. */
  show(order: ClobOrder): void {
    order.shown = true;
    this.#tapes.get(order.symbol.sim)!.waiting.push(order);
    this.#tell(order.symbol, order.side, order.ticks);
  }

  /** Takes it off again; what it crossed is told again after the block. */
  hide(order: ClobOrder): void {
    if (!order.shown) return;
    order.shown = false;
    const { symbol, side, ticks } = order;
    const tape = this.#tapes.get(symbol.sim)!;
    tape.waiting.splice(tape.waiting.indexOf(order), 1);
    this.#tell(symbol, side, ticks);
    const other = side === "buy" ? "sell" : "buy";
    for (const [price] of levelsOf(symbol.sim, other, DEPTH)) {
      if (side === "buy" ? price > ticks : price < ticks) break;
      tape.late[other].add(price);
    }
  }

  onLevel(sim: SimInstrument, side: Side, price: number, size: number): void {
    const { hub, random, lateRemovals, symbols } = this.#state;
    const symbol = symbols.of(sim);
    if (!hub.hasListeners("v4_orderbook", symbol.ticker)) return;
    const { late } = this.#tapes.get(sim)!;
    if (size === 0 && lateRemovals > 0 && random.next() < lateRemovals) {
      late[side].add(price);
      return;
    }
    this.#tell(symbol, side, price);
  }

  onPrint(sim: SimInstrument, print: SimPrint): void {
    const { id, price, size, aggressor, at } = print;
    this.#tapes.get(sim)!.fresh.push({ id, price, size, aggressor, at });
    const { day } = this.#state.symbols.of(sim);
    const { tickValue, lotValue } = sim.instrument;
    day.trades++;
    day.value += price * tickValue * size * lotValue;
  }

  onStatus(sim: SimInstrument): void {
    const symbol = this.#state.symbols.of(sim);
    this.#trading({ [symbol.ticker]: { status: statusOf(symbol) } });
  }

  /** A changed pair is told with its state and all its steps. */
  onTerms(sim: SimInstrument): void {
    const symbol = this.#state.symbols.of(sim);
    const { status, tickSize, stepSize, stepBaseQuantums, subticksPerTick } = marketBody(symbol);
    const steps = { tickSize, stepSize, stepBaseQuantums, subticksPerTick };
    this.#trading({ [symbol.ticker]: { status, ...steps } });
  }

  /** The block is committed: what waited for it is told. */
  onBlock(): void {
    const { hub, blocks, symbols } = this.#state;
    for (const symbol of symbols.all) {
      const tape = this.#tapes.get(symbol.sim)!;
      for (const side of ["buy", "sell"] as const) {
        for (const price of tape.late[side]) this.#tell(symbol, side, price);
        tape.late[side].clear();
      }
      this.#tellTrades(symbol, tape);
    }
    this.#tellOracles();
    if (blocks.height % STATS_EVERY_BLOCKS === 0) this.#tellStats();
    const time = isoMillis(blocks.time);
    const id = "v4_block_height";
    hub.publish("v4_block_height", id, `{"blockHeight":"${blocks.height}","time":"${time}"}`);
  }

  /** An hour is over: its rate and price become history. */
  keepFunding(symbol: WireSymbol): void {
    const { fundings, blocks } = this.#state;
    const list = fundings.get(symbol) ?? [];
    list.unshift({
      ticker: symbol.ticker,
      rate: hourlyRate(symbol.sim),
      price: finePrice(symbol, symbol.sim.mark),
      effectiveAtHeight: String(blocks.height),
      effectiveAt: isoMillis(blocks.time),
    });
    if (list.length > FUNDINGS_KEPT) list.pop();
    fundings.set(symbol, list);
  }

  /** Size of a level as the indexer sums it: resting orders and those that wait. */
  #shownSize(symbol: WireSymbol, side: Side, price: number): number {
    let size = symbol.sim.market!.sizeAt(side, price);
    for (const each of this.#tapes.get(symbol.sim)!.waiting) {
      if (each.side === side && each.ticks === price) size += each.lots;
    }
    return size;
  }

  #tell(symbol: WireSymbol, side: Side, price: number): void {
    const { hub } = this.#state;
    if (!hub.hasListeners("v4_orderbook", symbol.ticker)) return;
    const name = side === "buy" ? "bids" : "asks";
    const size = symbol.size(this.#shownSize(symbol, side, price));
    const level = `["${symbol.price(price)}","${size}"]`;
    hub.publish("v4_orderbook", symbol.ticker, `{"${name}":[${level}]}`);
  }

  #tellTrades(symbol: WireSymbol, tape: MarketTape): void {
    if (tape.fresh.length === 0) return;
    const { blocks, hub } = this.#state;
    const head = blocks.height.toString(16).padStart(8, "0");
    const time = isoMillis(blocks.time);
    const pair = symbol.clobPairId.toString(16).padStart(8, "0");
    const bodies = tape.fresh.map((print, index) => ({
      id: `${head}${pair}${index.toString(16).padStart(8, "0")}`,
      side: print.aggressor === "buy" ? "BUY" : "SELL",
      size: symbol.size(print.size),
      price: symbol.price(print.price),
      type: "LIMIT",
      createdAt: time,
      createdAtHeight: String(blocks.height),
    })).reverse();
    tape.fresh.length = 0;
    tape.trades.unshift(...bodies);
    if (tape.trades.length > TRADES_KEPT) tape.trades.length = TRADES_KEPT;
    if (!hub.hasListeners("v4_trades", symbol.ticker)) return;
    hub.publish("v4_trades", symbol.ticker, JSON.stringify({ trades: bodies }));
  }

  #tellOracles(): void {
    const { symbols, blocks, hub } = this.#state;
    const oraclePrices: Json = {};
    for (const symbol of symbols.all) {
      const tape = this.#tapes.get(symbol.sim)!;
      const oraclePrice = finePrice(symbol, symbol.sim.mark);
      if (oraclePrice === tape.oracle) continue;
      tape.oracle = oraclePrice;
      oraclePrices[symbol.ticker] = {
        oraclePrice,
        effectiveAt: isoMillis(blocks.time),
        effectiveAtHeight: String(blocks.height),
        marketId: symbol.clobPairId,
      };
    }
    if (Object.keys(oraclePrices).length === 0) return;
    hub.publish("v4_markets", "v4_markets", JSON.stringify({ oraclePrices }));
  }

  #tellStats(): void {
    const entries = this.#state.symbols.all.map((symbol) => {
      const { priceChange24H, volume24H, trades24H, nextFundingRate } = marketBody(symbol);
      return [symbol.ticker, { priceChange24H, volume24H, trades24H, nextFundingRate }];
    });
    this.#trading(Object.fromEntries(entries));
  }

  #trading(trading: Json): void {
    const { hub } = this.#state;
    if (!hub.hasListeners("v4_markets", "v4_markets")) return;
    hub.publish("v4_markets", "v4_markets", JSON.stringify({ trading }));
  }
}

function levelsText(symbol: WireSymbol, side: Side): string {
  const levels = levelsOf(symbol.sim, side, DEPTH).map(([price, size]) =>
    `{"price":"${symbol.price(price)}","size":"${symbol.size(size)}"}`
  );
  return `[${levels.join(",")}]`;
}
