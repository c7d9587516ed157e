/**
 * One path: what ran live runs again from its journal, byte for byte, and damage is found.
 * @module
 */
import { ok, type Result, unwrap } from "@/engine/domain/mod.ts";
import {
  JournalReader,
  OutputHasher,
  type ReplayedCore,
  replayJournal,
  type ReplayOutcome,
} from "@/engine/journal/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import { venueFacts } from "@/exchanges/mod.ts";
import { buildEngine } from "@/main.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { simulated, type SimulatedEnd } from "./_simulated.ts";

let session: Promise<SimulatedEnd> | undefined;

/** One journalled session for all tests of this file. */
function journalled(): Promise<SimulatedEnd> {
  session ??= simulated({ seed: 11, seconds: 60, faults: "mild" });
  return session;
}

async function coreOf(run: SimulatedEnd): Promise<Result<ReplayedCore>> {
  return buildEngine(run.loaded.config, [unwrap(await venueFacts("binance"))]);
}

async function replay(run: SimulatedEnd, bytes: Uint8Array): Promise<ReplayOutcome> {
  const core = await coreOf(run);
  return unwrap(replayJournal(JournalReader.of(bytes), () => core));
}

Deno.test("A journalled session replays with every output matched and the same log hash", async () => {
  const run = await journalled();
  const outcome = await replay(run, run.journal);
  assertEquals([outcome.first_difference, outcome.torn_at], [null, null]);
  assertEquals(outcome.matched, outcome.outputs);
  assert(outcome.outputs > 100, `only ${outcome.outputs} outputs`);
  assertEquals(outcome.log_hash, run.logHash);
});

Deno.test("Replay without a journal's own fills parts from it: the outputs do depend on events", async () => {
  const run = await journalled();
  const core = unwrap(await coreOf(run));
  const deaf: ReplayedCore = {
    process: (event, out) => {
      if (event.kind !== "order") core.process(event, out);
    },
  };
  const outcome = unwrap(replayJournal(JournalReader.of(run.journal), () => ok(deaf)));
  assert(outcome.first_difference !== null);
  assert(outcome.matched < outcome.outputs + 1);
});

Deno.test("One flipped byte of a journal is found, wherever it is", async () => {
  const run = await journalled();
  const { length } = run.journal;
  for (const share of [0.0001, 0.2, 0.5, 0.9, 0.99999]) {
    const bytes = run.journal.slice();
    bytes[Math.floor(length * share)]! ^= 1;
    const core = await coreOf(run);
    const outcome = replayJournal(JournalReader.of(bytes), () => core);
    const isFound = !outcome.ok || outcome.value.first_difference !== null ||
      outcome.value.torn_at !== null;
    assert(isFound, `byte at ${share} of the journal`);
  }
});

Deno.test("A journal torn at any place replays without a difference up to there", async () => {
  const run = await journalled();
  const { length } = run.journal;
  for (const cut of [length - 1, length - 40, Math.floor(length * 0.6), Math.floor(length / 3)]) {
    const outcome = await replay(run, run.journal.slice(0, cut));
    assertEquals(outcome.first_difference, null, `cut at ${cut} of ${length}`);
    assertEquals(outcome.matched, outcome.outputs);
  }
});

Deno.test("The core makes the same of reused scratch events as of the journal's own objects", async () => {
  const run = await journalled();
  const core = unwrap(await coreOf(run));
  const hasher = new OutputHasher();
  const reader = JournalReader.of(run.journal);
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    if (record.kind !== "event") continue;
    const event: EngineEvent = record.event;
    const at = event.at;
    core.process(event, { emit: (output: EngineOutput) => hasher.add(output, at) });
    spoil(event);
  }
  assertEquals(hasher.logHash(), run.logHash);
});

/** What a decoder does to its scratch objects with the next frame. */
function spoil(event: EngineEvent): void {
  const scratch = event as unknown as Record<string, unknown>;
  switch (event.kind) {
    case "book_delta":
    case "book_snapshot":
      event.bids.prices.fill(-7);
      event.asks.sizes.fill(-7);
      scratch["sequence"] = -7;
      return;
    case "trade":
    case "best_bid_ask":
    case "mark_price":
    case "funding":
      for (const key of Object.keys(scratch)) {
        if (key !== "kind") scratch[key] = undefined;
      }
      return;
    default:
      return;
  }
}
