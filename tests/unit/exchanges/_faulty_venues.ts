/**
 * Every simulated venue with a raw client of its book, and how its numbers are read: for the matrix
 * of venues and faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { micros, unwrap, type VenueId } from "@/engine/domain/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { openServedVenue } from "@/exchanges/served_venue.ts";
import { createSimulated, type SimulatedVenue } from "@/exchanges/simulated_registry.ts";
import { FaultPlan, MemoryWire, serveDialect, wireFaults } from "@/exchanges/simulator/mod.ts";
import { VenuesControl } from "@/exchanges/venues_control.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";
import { type RawAnswer, rawRequest, RawSocket } from "./_raw_client.ts";

const NOW = micros(1_760_000_000_000_000);
const ALL_DEFAULT = { instruments: [], balances: undefined, fees: undefined };

/** Numbers of one book message, as its venue writes them. */
export interface Numbers {
  /** What the message says of the one before it; undefined where it says nothing. */
  readonly previous: number | undefined;
  readonly last: number;
  /** The whole book. */
  readonly whole: boolean;
}

/** How to listen to a venue and read it. */
export interface VenueSpec {
  readonly public: string;
  readonly subscribe: readonly string[];
  /** Asks for the pushed snapshot again, where snapshots are pushed. */
  readonly again?: readonly string[];
  readonly snapshot: string | { readonly path: string; readonly body: string };
  /** Numbers of a book message of the subscription; undefined for all others. */
  numbers(text: string): Numbers | undefined;
  /** Whether a message follows its predecessor by the venue's own rule. */
  follows(before: Numbers, after: Numbers): boolean;
  /** How a reset looks here. */
  isReset(before: Numbers, after: Numbers): boolean;
  readonly throttled: readonly [number, RegExp];
  readonly maintained: readonly [number, RegExp];
}

/** The number of a field, wherever it is; NaN when there is none. */
function numberIn(text: string, name: string): number {
  return Number(new RegExp(`"${name}":"?(-?[0-9]+)`).exec(text)?.[1]);
}
const far = (before: Numbers, after: Numbers) => after.last - before.last > 4_000_000;
const chained = (before: Numbers, after: Numbers) => after.previous === before.last;
const FUTURES_DEPTH = {
  subscribe: ['{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}'],
  numbers: (text: string) =>
    text.startsWith('{"e":"depthUpdate"')
      ? { previous: numberIn(text, "pu"), last: numberIn(text, "u"), whole: false }
      : undefined,
  follows: chained,
  isReset: far,
  throttled: [429, /-1003/],
  maintained: [503, /./],
} as const;

/** The book of the bitcoin perpetual of each venue. */
export const VENUE_SPECS: Readonly<Record<VenueId, VenueSpec>> = {
  binance: {
    ...FUTURES_DEPTH,
    public: "/public/ws",
    snapshot: "/fapi/v1/depth?symbol=BTCUSDT&limit=100",
  },
  aster: { ...FUTURES_DEPTH, public: "/ws", snapshot: "/fapi/v1/depth?symbol=BTCUSDT&limit=100" },
  okx: {
    public: "/ws/v5/public",
    subscribe: ['{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}'],
    again: [
      '{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}',
      '{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}',
    ],
    snapshot: "/api/v5/market/books?instId=BTC-USDT-SWAP&sz=50",
    numbers: (text) =>
      !text.includes('"action"') ? undefined : {
        previous: numberIn(text, "prevSeqId"),
        last: numberIn(text, "seqId"),
        whole: text.includes('"action":"snapshot"'),
      },
    follows: chained,
    isReset: (before, after) => chained(before, after) && after.last < before.last,
    throttled: [429, /50011/],
    maintained: [503, /50001/],
  },
  gate: {
    public: "/v4/ws/usdt",
    subscribe: [
      `{"time":${NOW / 1e6},"id":1,"channel":"futures.obu","event":"subscribe",` +
      '"payload":["ob.BTC_USDT.50"]}',
    ],
    snapshot: "/api/v4/futures/usdt/order_book?contract=BTC_USDT&limit=50&with_id=true",
    numbers: (text) =>
      !text.includes('"event":"update"') ? undefined : {
        previous: numberIn(text, "U") - 1,
        last: numberIn(text, "u"),
        whole: text.includes('"full":true'),
      },
    follows: (before, after) => !after.whole && chained(before, after),
    isReset: (before, after) => after.whole && far(before, after),
    throttled: [429, /TOO_MANY_REQUESTS/],
    maintained: [503, /./],
  },
  bybit: {
    public: "/v5/public/linear",
    subscribe: ['{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}'],
    again: [
      '{"op":"unsubscribe","args":["orderbook.50.BTCUSDT"]}',
      '{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}',
    ],
    snapshot: "/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=50",
    numbers: (text) =>
      !text.includes('"topic"') ? undefined : {
        previous: numberIn(text, "u") - 1,
        last: numberIn(text, "u"),
        whole: text.includes('"type":"snapshot"'),
      },
    follows: chained,
    isReset: (before, after) => before.last > 1 && after.last === 1,
    throttled: [200, /10006/],
    maintained: [200, /10016/],
  },
  hyperliquid: {
    public: "/ws",
    subscribe: [
      '{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC","fast":true}}',
    ],
    snapshot: { path: "/info", body: '{"type":"l2Book","coin":"BTC"}' },
    numbers: (text) =>
      text.startsWith('{"channel":"l2Book"')
        ? { previous: undefined, last: numberIn(text, "time"), whole: true }
        : undefined,
    follows: (before, after) => after.last > before.last && after.last - before.last < 700,
    isReset: (before, after) => before.last - after.last > 50_000,
    throttled: [429, /./],
    maintained: [503, /./],
  },
  dydx: {
    public: "/v4/ws",
    subscribe: ['{"type":"subscribe","channel":"v4_orderbook","id":"BTC-USD"}'],
    again: [
      '{"type":"unsubscribe","channel":"v4_orderbook","id":"BTC-USD"}',
      '{"type":"subscribe","channel":"v4_orderbook","id":"BTC-USD"}',
    ],
    snapshot: "/v4/orderbooks/perpetualMarket/BTC-USD",
    numbers: (text) =>
      !text.includes('"v4_orderbook"') ? undefined : {
        previous: numberIn(text, "message_id") - 1,
        last: numberIn(text, "message_id"),
        whole: text.includes('"type":"subscribed"'),
      },
    follows: chained,
    isReset: (before, after) => before.last > 1 && after.last === 1,
    throttled: [429, /./],
    maintained: [503, /./],
  },
};

/** One venue served in memory with its control address. */
export class FaultyVenue {
  readonly clock: VirtualClock;
  readonly wire: MemoryWire;
  readonly spec: VenueSpec;
  readonly plan: FaultPlan;
  readonly close: () => void;
  readonly #host: string;
  readonly #control: string;

  private constructor(venue: VenueId, clock: VirtualClock, plan: FaultPlan, twin: SimulatedVenue) {
    this.clock = clock;
    this.plan = plan;
    this.spec = VENUE_SPECS[venue];
    this.wire = new MemoryWire({ clock, scheduler: clock, random: new SeededRandom("wire") });
    const served = unwrap(openServedVenue({
      setup: { venue, ...ALL_DEFAULT },
      simulated: twin,
      plan,
      truth: { venue } as never,
      source: undefined,
      log: new FakeLog(),
      serve: {
        transport: this.wire,
        host: "sim",
        port: 0,
        dialect: twin.dialect,
        clock,
        scheduler: clock,
        faults: wireFaults(plan, clock, new SeededRandom("cuts")),
      },
    }));
    twin.exchange.start();
    const control = serveDialect({
      transport: this.wire,
      host: "sim",
      port: 0,
      dialect: new VenuesControl({
        clock,
        venues: new Map([[venue, served]]),
        describe: () => ({}),
      }),
      clock,
      scheduler: clock,
    });
    this.#host = `sim:${served.port}`;
    this.#control = `http://sim:${control.port}/faults`;
    this.close = () => served.close();
  }

  static async open(venue: VenueId): Promise<FaultyVenue> {
    const clock = new VirtualClock(NOW);
    const plan = new FaultPlan({ randomFor: (name) => new SeededRandom(`faults/${name}`) });
    const twin = await createSimulated({
      clock,
      scheduler: clock,
      seed: 1,
      setup: { venue, ...ALL_DEFAULT },
      updatesPerSecond: 10,
      faults: plan,
    });
    return new FaultyVenue(venue, clock, plan, unwrap(twin));
  }

  /** A listener to the book. */
  socket(said: readonly string[] = this.spec.subscribe): RawSocket {
    return new RawSocket(this.wire, `ws://${this.#host}${this.spec.public}`, said);
  }

  /** Asks for the book by REST. */
  ask(): RawAnswer {
    const { snapshot } = this.spec;
    return typeof snapshot === "string"
      ? rawRequest(this.wire, `http://${this.#host}${snapshot}`)
      : rawRequest(this.wire, `http://${this.#host}${snapshot.path}`, {
        method: "POST",
        body: snapshot.body,
      });
  }

  /** Asks for a fault as a user does. */
  fault(body: Readonly<Record<string, unknown>>): RawAnswer {
    return rawRequest(this.wire, this.#control, { method: "POST", body: JSON.stringify(body) });
  }

  /** Numbers of the book messages among frames. */
  numbersOf(frames: readonly { readonly text: string }[]): Numbers[] {
    return frames.flatMap(({ text }) => {
      const numbers = this.spec.numbers(text);
      return numbers === undefined ? [] : [numbers];
    });
  }
}
