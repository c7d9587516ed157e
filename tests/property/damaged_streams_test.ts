/**
 * Every venue's depth stream, damaged at random: after whatever arrives, the engine's book is the
 * one that was told, or is marked unusable; and the same streams catch bugs planted in each rule.
 *
 * 100 seeds a venue, 1,000 with TOUCHLINE_LONG set. A failure names its seed; with
 * TOUCHLINE_STREAM_SEED=N that one alone is run and its last events are told.
 * @module
 */
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { STREAM_CASES, type StreamCase } from "@/tests/support/streams/setups.ts";
import { StreamRun } from "@/tests/support/streams/stream_run.ts";

const ONLY = Number(environment("TOUCHLINE_STREAM_SEED") ?? 0);
const SEEDS = environment("TOUCHLINE_LONG") === undefined ? 100 : 1_000;
const SEEDS_OF_A_BUG = 100;
const TOLD = 60;

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

function seeds(): number[] {
  return ONLY > 0 ? [ONLY] : Array.from({ length: SEEDS }, (_, index) => index + 1);
}

/** All seeds of one venue. */
function damage({ setup, faults }: StreamCase): void {
  let used = 0;
  let checks = 0;
  let resyncs = 0;
  const seen = new Map<string, number>();
  for (const seed of seeds()) {
    const outcome = new StreamRun(setup, seed, setup.createRule(), ONLY > 0).run();
    if (outcome.wrong !== undefined) {
      if (outcome.story.length > 0) console.log(outcome.story.slice(-TOLD).join("\n"));
      const again = `TOUCHLINE_STREAM_SEED=${seed} deno task test --filter "${setup.name}"`;
      throw new Error(`${setup.name}, seed ${seed}, ${outcome.wrong}\nagain: ${again}`);
    }
    used += outcome.used;
    checks += outcome.checks;
    resyncs += outcome.resyncs;
    for (const [fault, count] of outcome.faults) seen.set(fault, (seen.get(fault) ?? 0) + count);
  }
  const share = Math.round(100 * used / checks);
  console.log(`${setup.name}: ${checks} looks, book in use at ${share} %, ${resyncs} recoveries`);
  if (ONLY > 0) return;
  assert(share >= 40, `a book that is never used proves nothing: ${share} %`);
  assert(resyncs >= SEEDS, `${resyncs} recoveries in ${SEEDS} seeds`);
  for (const fault of faults) assert((seen.get(fault) ?? 0) > 0, `${fault} never happened`);
}

for (const one of STREAM_CASES) {
  Deno.test(`damaged stream of ${one.setup.name}: the book is as told, or unusable`, () => {
    damage(one);
  });
  for (const [name, bug] of Object.entries(one.bugs)) {
    Deno.test(`damaged stream of ${one.setup.name} catches a planted bug: ${name}`, () => {
      for (let seed = 1; seed <= SEEDS_OF_A_BUG; seed++) {
        if (bug(one.setup, seed).wrong !== undefined) return;
      }
      throw new Error(`${one.setup.name}: "${name}" was not caught in ${SEEDS_OF_A_BUG} seeds`);
    });
  }
}

Deno.test("damaged streams: every venue has planted bugs", () => {
  const without = STREAM_CASES.filter(({ bugs }) => Object.keys(bugs).length === 0);
  assertEquals(without.map(({ setup }) => setup.name), []);
});
