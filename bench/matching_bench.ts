/**
 * The matching engine over a mixed stream (48 % new, 37 % cancel, 10 % amend, 5 % market orders,
 * some thousands resting), against its slow twin on a shorter one.
 *
 * Run: `deno bench bench/matching_bench.ts`. The race against other engines is `bench/race.ts`.
 * @module
 */
import { type Market, type MarketListener, MatchingEngine } from "@/engine/matching/mod.ts";
import { ReferenceMatching } from "@/tests/support/reference_matching.ts";

const EVENTS = 100_000;
const TWIN_EVENTS = 2_000;

/** Columns of a stream: what happens, to which order, at which price, how much. */
interface Stream {
  readonly kinds: Uint8Array;
  readonly ids: Int32Array;
  readonly prices: Int32Array;
  readonly sizes: Int32Array;
}

function makeStream(count: number): Stream {
  let state = 1;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 4_294_967_296 * below);
  };
  const stream: Stream = {
    kinds: new Uint8Array(count),
    ids: new Int32Array(count),
    prices: new Int32Array(count),
    sizes: new Int32Array(count),
  };
  let newest = 0;
  let centre = 32_768;
  for (let at = 0; at < count; at++) {
    const kind = draw(100);
    centre += draw(3) - 1;
    const buy = draw(2);
    const away = Math.floor(draw(300) * draw(300) / 300) - 2;
    stream.kinds[at] = (kind < 48 ? 0 : kind < 85 ? 2 : kind < 95 ? 4 : 6) + buy;
    stream.ids[at] = kind < 48 || kind >= 95 ? ++newest : newest - draw(9_000);
    stream.prices[at] = buy === 1 ? centre - away : centre + away;
    stream.sizes[at] = kind >= 95 ? 1 + draw(400) : 1 + draw(100);
  }
  return stream;
}

function run(market: Market, stream: Stream): void {
  const order = {
    id: 0,
    owner: 1,
    side: "buy" as "buy" | "sell",
    price: 0 as number | undefined,
    size: 0,
    timeInForce: "gtc" as const,
    postOnly: false,
    selfTrade: "allow" as const,
  };
  for (let at = 0; at < stream.kinds.length; at++) {
    const kind = stream.kinds[at]!;
    const id = stream.ids[at]!;
    if (kind < 2 || kind >= 6) {
      order.id = id;
      order.side = (kind & 1) === 1 ? "buy" : "sell";
      order.price = kind < 2 ? stream.prices[at]! : undefined;
      order.size = stream.sizes[at]!;
      market.submit(order);
    } else if (kind < 4) {
      market.cancel(id);
    } else {
      market.amend(id, stream.prices[at]!, stream.sizes[at]!);
    }
  }
}

class Tally implements MarketListener {
  trades = 0;
  volume = 0;
  onRested(): void {}
  onRemoved(): void {}
  onAmended(): void {}
  onLevel(): void {}
  onTrade(trade: { readonly size: number }): void {
    this.trades++;
    this.volume += trade.size;
  }
}

const stream = makeStream(EVENTS);
const short = makeStream(TWIN_EVENTS);

Deno.bench({ name: `MatchingEngine, ${EVENTS} mixed events`, group: "matching" }, () => {
  run(new MatchingEngine({ listener: new Tally() }), stream);
});

Deno.bench({ name: `MatchingEngine, ${TWIN_EVENTS} mixed events`, group: "twin" }, () => {
  run(new MatchingEngine({ listener: new Tally() }), short);
});

Deno.bench(
  { name: `slow twin, ${TWIN_EVENTS} mixed events`, group: "twin", baseline: true },
  () => {
    run(new ReferenceMatching(new Tally()), short);
  },
);
