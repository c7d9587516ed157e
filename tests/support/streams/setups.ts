/**
 * Every venue and product whose depth streams differ, made ready for a run.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  unwrap,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { BybitMarketDecoder, bybitTools } from "@/exchanges/bybit/mod.ts";
import { GateMarketDecoder, gateTools } from "@/exchanges/gate/mod.ts";
import { bookChecksum, okxTools } from "@/exchanges/okx/mod.ts";
import { Indexer } from "@/exchanges/dydx/_indexer.ts";
import { MarketStream as DydxMarketStream } from "@/exchanges/dydx/market_stream.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { HyperliquidRest } from "@/exchanges/hyperliquid/_rest.ts";
import { MarketStream as HyperliquidMarketStream } from "@/exchanges/hyperliquid/market_stream.ts";
import { HyperliquidMarketDecoder, hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { goldenInstruments } from "@/tests/golden/hyperliquid/listing.ts";
import { dydxMarkets } from "@/tests/unit/exchanges/dydx/markets.ts";
import { DydxStream } from "./dydx_stream.ts";
import { HyperliquidStream } from "./hyperliquid_stream.ts";
import { SocketClient } from "./socket_client.ts";
import { BybitStream } from "./bybit_stream.ts";
import { type GateDepth, GateStream } from "./gate_stream.ts";
import { OkxStream } from "./okx_stream.ts";
import {
  FIRST_FOR_EVER,
  GAPS_ARE_OLD,
  LATE_WHOLE,
  NO_GAPS,
  NO_RESETS,
  NO_SUMS,
  OLD_BLOCKS,
  OLD_IS_NEXT,
  OLD_SNAPSHOT,
  ONE_MAY_MISS,
  type PlantedBug,
  TOUCH_LOST,
  UNCOUNTED,
} from "./planted_bugs.ts";
import { PlainClient, type PlainClientOptions } from "./stream_client.ts";
import type { StreamSetup } from "./stream_run.ts";
import type { StreamVenue } from "./stream_venue.ts";
import { UpdateIdStream } from "./update_id_stream.ts";

/** What a plain venue differs in. */
interface PlainPlan {
  readonly name: string;
  readonly tools: VenueTools;
  readonly instrument: Instrument;
  readonly venue: (random: SeededRandom) => StreamVenue;
  readonly client?: () => Partial<PlainClientOptions>;
  readonly isChecksumRight?: StreamSetup["isChecksumRight"];
}

function plain(plan: PlainPlan): StreamSetup {
  const { name, tools, instrument } = plan;
  const createRule = () => tools.sequenceRule(instrument.terms);
  return {
    name,
    instrument,
    createVenue: plan.venue,
    createClient: (world) =>
      new PlainClient(world, {
        decoder: tools.createMarketDecoder([instrument]),
        instrument: instrument.index,
        snapshotFrom: createRule().snapshotFrom,
        ...plan.client?.(),
      }),
    createRule,
    ...(plan.isChecksumRight === undefined ? {} : { isChecksumRight: plan.isChecksumRight }),
  };
}

function made(tools: VenueTools, symbol: string, tick: string, lot: string): Instrument {
  const terms = unwrap(tools.termsFrom(symbol, tick, lot, "1"));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

function okx(symbol: string, venueSymbol: string, hasSums: boolean): StreamSetup {
  const instrument = made(okxTools, symbol, "0.1", "0.01");
  return plain({
    name: `okx ${symbol}${hasSums ? " with checksums" : ""}`,
    tools: okxTools,
    instrument,
    venue: (random) => new OkxStream(random, venueSymbol, hasSums),
    client: () => ({ dropsUntilSnapshot: true }),
    isChecksumRight: (book, sum) => bookChecksum(book, instrument) === sum,
  });
}

function updateIds(venue: VenueId, tools: VenueTools, symbol: string): StreamSetup {
  const isSpot = !symbol.endsWith("-PERP");
  return plain({
    name: `${venue} ${symbol}`,
    tools,
    instrument: made(tools, symbol, "0.01", "0.001"),
    venue: (random) => new UpdateIdStream(random, isSpot),
  });
}

function bybit(symbol: string): StreamSetup {
  const instrument = made(bybitTools, symbol, "0.1", "0.001");
  return plain({
    name: `bybit ${symbol}`,
    tools: bybitTools,
    instrument,
    venue: (random) => new BybitStream(random),
    client: () => ({
      decoder: new BybitMarketDecoder([instrument], { touchHasSequence: false }),
    }),
  });
}

function gate(symbol: string, depth: GateDepth): StreamSetup {
  const isSpot = !symbol.endsWith("-PERP");
  const instrument = made(gateTools, symbol, "0.1", isSpot ? "0.0001" : "1");
  return plain({
    name: `gate ${symbol} ${depth}`,
    tools: gateTools,
    instrument,
    venue: (random) => new GateStream(random, isSpot, depth),
    client: () => {
      // As the connector: a whole book is believed at once, and expected where it was asked for.
      const decoder = new GateMarketDecoder([instrument], { confirmsWholeBooks: true });
      if (depth !== "obu") return { decoder };
      const onAnew = () => decoder.expectWholeBook(instrument);
      return { decoder, onAnew, snapshotFrom: "stream" };
    },
  });
}

/** The venue's own market stream decides on silence: it is driven whole. */
function hyperliquid(): StreamSetup {
  const [instrument] = goldenInstruments();
  const index = instrument!.index;
  return {
    name: "hyperliquid BTC-USDC-PERP",
    instrument: instrument!,
    createVenue: (random) => new HyperliquidStream(random, false),
    createClient: (world, random) =>
      new SocketClient(world, {
        instrument: index,
        random,
        asksForBook: () => true,
        createStream: (edges) => {
          const addresses = { rest: "http://venue", ws: "ws://venue", network: "testnet" } as const;
          const context = { ...edges, addresses };
          const rest = new HyperliquidRest(context);
          return new HyperliquidMarketStream(context, rest, [instrument!]);
        },
      }),
    createRule: () => hyperliquidTools.sequenceRule(instrument!.terms),
  };
}

/** The venue's own market stream finds missing messages: it is driven whole, but for its audits. */
function dydx(): StreamSetup {
  const [instrument] = dydxMarkets();
  return {
    name: "dydx BTC-USD-PERP",
    instrument,
    createVenue: (random) => new DydxStream(random, false),
    createClient: (world, random) =>
      new SocketClient(world, {
        instrument: instrument.index,
        random,
        asksForBook: () => false,
        createStream: (edges) => {
          const http = { indexer: "http://venue", rpc: "http://venue", lcd: "http://venue" };
          const sockets = { publicSocket: "ws://venue", privateSocket: "ws://venue" };
          const addresses = { ...http, ...sockets, chainId: "dydx-testnet-4" };
          const context = { ...edges, addresses };
          const ears = { onLink: () => {}, onHeight: () => {} };
          return new DydxMarketStream(context, new Indexer(context), [instrument], ears);
        },
      }),
    createRule: () => dydxTools.sequenceRule(instrument.terms),
  };
}

/** Without the connector, which looks at block times too. */
function hyperliquidAlone(): StreamSetup {
  const [instrument] = goldenInstruments();
  return plain({
    name: "hyperliquid BTC-USDC-PERP by rule and decoder alone",
    tools: hyperliquidTools,
    instrument: instrument!,
    venue: (random) => new HyperliquidStream(random, true),
    client: () => {
      const decoder = new HyperliquidMarketDecoder([instrument!]);
      return { decoder, onOpened: () => decoder.forgetTimes() };
    },
  });
}

/** Without the connector, which opens a new connection before a wrong rule could do harm. */
function dydxAlone(): StreamSetup {
  return plain({
    name: "dydx BTC-USD-PERP by rule and decoder alone",
    tools: dydxTools,
    instrument: dydxMarkets()[0],
    venue: (random) => new DydxStream(random, true),
  });
}

/** A setup, the faults that must befall it, and the bugs that it must catch. */
export interface StreamCase {
  readonly setup: StreamSetup;
  readonly faults: readonly string[];
  readonly bugs: Readonly<Record<string, PlantedBug>>;
}

const FAULTS = [
  ...["drop", "delay", "repeat", "reorder", "cut", "cut_and_close", "html_instead", "html_before"],
  ...["close", "freeze", "half_freeze", "restart"],
];
const BASIC = { ...NO_GAPS, ...GAPS_ARE_OLD, ...OLD_IS_NEXT, ...ONE_MAY_MISS };
const SPLICED = { ...BASIC, ...OLD_SNAPSHOT };
const RENUMBERED = { ...SPLICED, ...NO_RESETS };
const CHAINED = { ...NO_GAPS, ...GAPS_ARE_OLD, ...ONE_MAY_MISS, ...LATE_WHOLE, ...NO_RESETS };
const COUNTED = { ...CHAINED, ...OLD_IS_NEXT };

function streamCase(
  setup: StreamSetup,
  bugs: StreamCase["bugs"],
  faults: readonly string[] = FAULTS,
): StreamCase {
  return { setup, bugs, faults };
}

/** All of them. Gate's decoder sees a new numbering before the rule does. */
export const STREAM_CASES: readonly StreamCase[] = [
  streamCase(updateIds("binance", binanceTools, "BTC-USDT"), RENUMBERED),
  streamCase(updateIds("binance", binanceTools, "BTC-USDT-PERP"), RENUMBERED),
  streamCase(okx("BTC-USDT", "BTC-USDT", false), CHAINED),
  streamCase(okx("BTC-USDT-PERP", "BTC-USDT-SWAP", true), { ...NO_GAPS, ...NO_SUMS }, [
    ...FAULTS,
    "bad_sum",
  ]),
  streamCase(gate("BTC-USDT", "order_book_update"), SPLICED),
  streamCase(gate("BTC-USDT", "obu"), BASIC),
  streamCase(gate("BTC-USDT-PERP", "order_book_update"), SPLICED),
  streamCase(gate("BTC-USDT-PERP", "obu"), BASIC),
  streamCase(bybit("BTC-USDT"), COUNTED),
  streamCase(bybit("BTC-USDT-PERP"), COUNTED),
  streamCase(hyperliquid(), { ...FIRST_FOR_EVER, ...TOUCH_LOST }),
  streamCase(hyperliquidAlone(), { ...FIRST_FOR_EVER, ...OLD_BLOCKS }),
  streamCase(dydx(), UNCOUNTED),
  streamCase(dydxAlone(), { ...NO_GAPS, ...GAPS_ARE_OLD, ...UNCOUNTED }),
  streamCase(updateIds("aster", asterTools, "BTC-USDT"), RENUMBERED),
  streamCase(updateIds("aster", asterTools, "BTC-USDT-PERP"), RENUMBERED),
];
