/**
 * Depth snapshots by REST of all seven venues: read as the sheet says, and no field that is
 * missing, odd or unknown makes another book of them.
 * @module
 */
import { eventJson } from "@/engine/cli/mod.ts";
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  micros,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueTools, WireDecoder } from "@/engine/ports/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FuzzCounts, wrongEvents } from "@/tests/support/frame_fuzz.ts";

const T = 1_790_000_000_000;
const BIDS = [["100.0", "2.000"], ["99.5", "1.000"]];
const ASKS = [["101.0", "3.000"]];
const priced = (levels: string[][]) => levels.map(([price, size]) => ({ price, size }));
const short = (levels: string[][]) => levels.map(([p, s]) => ({ p, s }));
const counted = (levels: string[][]) => levels.map(([px, sz]) => ({ px, sz, n: 1 }));
const okx = (levels: string[][]) => levels.map((level) => [...level, "0", "1"]);

interface Answer {
  readonly tools: VenueTools;
  readonly symbol: string;
  readonly body: unknown;
  readonly sequence: string | undefined;
  /** Fields without which the book is the same, by the sheet. */
  readonly silent: readonly RegExp[];
}

const ANSWERS: readonly Answer[] = [
  {
    tools: binanceTools,
    symbol: "BTC-USDT-PERP",
    body: { lastUpdateId: 10, E: T + 5, T, bids: BIDS, asks: ASKS },
    sequence: "10",
    silent: [],
  },
  {
    tools: asterTools,
    symbol: "BTC-USDT-PERP",
    body: { lastUpdateId: 10, E: T + 5, T, bids: BIDS, asks: ASKS },
    sequence: "10",
    silent: [],
  },
  {
    tools: okxTools,
    symbol: "BTC-USDT",
    body: {
      ...{ code: "0", msg: "" },
      data: [{ asks: okx(ASKS), bids: okx(BIDS), ts: String(T), seqId: 10 }],
    },
    sequence: "10",
    // Older answers have no seqId.
    silent: [/seqId$/],
  },
  {
    tools: gateTools,
    symbol: "BTC-USDT-PERP",
    body: { id: 10, current: T / 1e3 + 1, update: T / 1e3, asks: short(ASKS), bids: short(BIDS) },
    sequence: "10",
    silent: [],
  },
  {
    tools: bybitTools,
    symbol: "BTC-USDT-PERP",
    body: {
      ...{ retCode: 0, retMsg: "OK", retExtInfo: {}, time: T },
      result: { s: "BTCUSDT", a: ASKS, b: BIDS, ts: T + 5, u: 10, seq: 7, cts: T },
    },
    sequence: "10",
    silent: [],
  },
  {
    tools: hyperliquidTools,
    symbol: "BTC-USDC-PERP",
    body: { coin: "BTC", time: T, levels: [counted(BIDS), counted(ASKS)] },
    sequence: undefined,
    silent: [],
  },
  {
    tools: dydxTools,
    symbol: "BTC-USD-PERP",
    body: { bids: priced(BIDS), asks: priced(ASKS) },
    sequence: undefined,
    silent: [],
  },
];

function instrumentOf({ tools, symbol }: Answer): Instrument {
  const terms = unwrap(tools.termsFrom(symbol, "0.1", "0.001", "1"));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

/** Reads answers instead of frames. */
function answerReader({ tools }: Answer, instrument: Instrument): WireDecoder {
  const market = tools.createMarketDecoder([instrument]);
  return {
    get reason() {
      return market.reason;
    },
    decode: (bytes, start, end, at, receiver) =>
      market.decodeSnapshot(bytes, start, end, instrument.index, at, receiver),
  };
}

for (const answer of ANSWERS) {
  const { venue } = answer.tools;
  const instrument = instrumentOf(answer);
  const text = JSON.stringify(answer.body);

  Deno.test(`${venue}: the depth answer is the book, on its grid`, () => {
    const found: unknown[] = [];
    const bytes = new TextEncoder().encode(text);
    const reader = answerReader(answer, instrument);
    const outcome = reader.decode(bytes, 0, bytes.length, micros(1), {
      deliver: (event: EngineEvent) => {
        const { venue_at_us: _, ...rest } = eventJson(event, () => instrument);
        found.push(JSON.parse(JSON.stringify(rest)));
      },
    });
    assertEquals(outcome, "decoded");
    assertEquals(found, [{
      ...{ kind: "book_snapshot", instrument: answer.symbol },
      ...(answer.sequence === undefined ? {} : { sequence: answer.sequence }),
      bids: [["100", "2"], ["99.5", "1"]],
      asks: [["101", "3"]],
    }]);
  });

  Deno.test(`${venue}: no damage makes another book of the depth answer`, () => {
    const counts: FuzzCounts = { whole: 0, without: 0, nothing: 0 };
    const rules = {
      instruments: [instrument],
      mayLack: [],
      maySpeakBySilence: answer.silent,
      means: [],
      names: [],
    };
    const frame = { name: venue, text, make: () => answerReader(answer, instrument) };
    assertEquals(wrongEvents([frame], rules, () => true, counts), []);
    assert(counts.whole > 10 && counts.nothing > 50, JSON.stringify(counts));
  });

  Deno.test(`${venue}: no depth answer cut at any byte is a book`, () => {
    const bytes = new TextEncoder().encode(text);
    for (let end = 0; end < bytes.length; end++) {
      const outcome = answerReader(answer, instrument).decode(bytes, 0, end, micros(1), {
        deliver: () => assert(false, `a book of ${end} bytes`),
      });
      assert(outcome !== "decoded");
    }
  });
}
