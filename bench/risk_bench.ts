/**
 * What a review costs: time per approval, and bytes allocated, which must be none.
 *
 * Run with `deno bench bench/risk_bench.ts`; as a program it prints one line of JSON with medians
 * of seven rounds; `--v8-flags=--expose-gc` is needed for the bytes.
 * @module
 */
import { micros, price, unwrap } from "@/engine/domain/mod.ts";
import type { RiskGate } from "@/engine/ports/mod.ts";
import { createRiskGate, riskLimits } from "@/risk/mod.ts";
import { FakeView, fillOf, perpetual, placeOrder } from "@/tests/support/fake_view.ts";

const REQUEST = placeOrder();

/** A gate and a view of `count` instruments, each with a position and two resting quotes. */
function stage(count: number): { gate: RiskGate; view: FakeView } {
  const bases = ["BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC"];
  const view = new FakeView();
  for (let index = 0; index < count; index++) {
    const base = `${bases[index % bases.length]}${index === 0 ? "" : index}`;
    const market = view.define(perpetual(index, { base }));
    market.mark = 100;
    market.position = index % 2 === 0 ? 3 : -3;
    view.touch(999, 500, 1_001, 500, index);
    view.addOrder({ id: `b${index}`, side: "buy", price: 998, size: 5, instrument: index });
    view.addOrder({ id: `s${index}`, side: "sell", price: 1_002, size: 5, instrument: index });
  }
  view.setBalance("binance/perpetual", "USDT", 1e9);
  return { gate: createRiskGate({ limits: unwrap(riskLimits({})) }), view };
}

/** Reviews `count` requests; each a tenth of a second after the other, so that none is too many. */
function reviewMany(on: ReturnType<typeof stage>, count: number): number {
  let approved = 0;
  for (let request = 0; request < count; request++) {
    on.view.now = micros(on.view.now + 100_000);
    if (on.gate.review(REQUEST, on.view).kind !== "refused") approved++;
  }
  return approved;
}

const two = stage(2);
const seven = stage(7);

Deno.bench("review, two instruments", { group: "review" }, () => {
  two.view.now = micros(two.view.now + 100_000);
  two.gate.review(REQUEST, two.view);
});

Deno.bench("review, seven instruments", { group: "review" }, () => {
  seven.view.now = micros(seven.view.now + 100_000);
  seven.gate.review(REQUEST, seven.view);
});

const FAR = placeOrder({ price: price(900) });
Deno.bench("refusal with a text", { group: "review" }, () => {
  two.gate.review(FAR, two.view);
});

const ledger = stage(1);
ledger.view.market().position = 0;
let fills = 0;
Deno.bench("observe a fill: shadow ledger", () => {
  fills++;
  const side = fills % 2 === 0 ? "sell" : "buy";
  ledger.view.market().position += side === "buy" ? 1 : -1;
  ledger.gate.observe(fillOf({ id: `f${fills}`, side, price: 1_000, size: 1 }), ledger.view);
});

/** Bytes the heap grew per review, the median of seven rounds. */
function bytesPerReview(on: ReturnType<typeof stage>): number {
  const count = 20_000;
  reviewMany(on, count);
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    collectGarbage();
    const before = Deno.memoryUsage().heapUsed;
    reviewMany(on, count);
    rounds.push((Deno.memoryUsage().heapUsed - before) / count);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

function nanosPerReview(on: ReturnType<typeof stage>): number {
  const count = 50_000;
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    reviewMany(on, count);
    rounds.push((performance.now() - start) * 1e6 / count);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

/** Only there with `--v8-flags=--expose-gc`; without it the bytes are not measured. */
const collectGarbage = (globalThis as { gc?: () => void }).gc ?? (() => {});

if (import.meta.main) {
  reviewMany(two, 200_000);
  console.log(JSON.stringify({
    review_ns_two_instruments: Math.round(nanosPerReview(two)),
    review_ns_seven_instruments: Math.round(nanosPerReview(seven)),
    bytes_per_review: Math.round(bytesPerReview(two) * 100) / 100,
  }));
}
