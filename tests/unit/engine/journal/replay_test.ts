/**
 * Replay: the same outputs match, another core differs, damage and torn tails are told apart.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import {
  type JournalHeader,
  JournalReader,
  JournalWriter,
  MemoryTarget,
  outputText,
  type ReplayedCore,
  replayJournal,
  type ReplayOutcome,
} from "@/engine/journal/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { cancelOrder, fillOf, START } from "@/tests/support/builders.ts";
import { deltaOf } from "@/tests/unit/engine/core/_core_world.ts";

const HEADER: JournalHeader = {
  version: "1",
  config: { a: 1 },
  instruments: [],
  seed: 1,
  instance: "test",
};

/** Cancels once per fill, alerts at each delta. */
const CORE: ReplayedCore = {
  process(event, out) {
    for (const output of answersOf(event)) out.emit(output);
  },
};

function answersOf(event: EngineEvent): EngineOutput[] {
  if (event.kind === "fill") return [cancelOrder(event.clientOrderId)];
  if (event.kind !== "book_delta") return [];
  const alert = { kind: "alert", severity: "info", code: "delta" } as const;
  return [{ ...alert, text: String(event.sequence) }, { ...alert, text: "second" }];
}

/** A journal of three events with the outputs of `CORE`. */
async function journal(isClosed = true): Promise<Uint8Array> {
  const target = new MemoryTarget();
  const writer = new JournalWriter(target);
  writer.begin(HEADER);
  for (const event of [deltaOf(1, [[1, 1]]), fillOf(), deltaOf(2, [[1, 2]])]) {
    writer.onEvent(event);
    for (const output of answersOf(event)) writer.onOutput(output, event.at);
  }
  if (isClosed) await writer.close();
  else writer.flush();
  return target.toBytes();
}

function replay(bytes: Uint8Array, core: ReplayedCore = CORE): ReplayOutcome {
  const outcome = replayJournal(JournalReader.of(bytes), () => ok(core));
  assert(outcome.ok);
  return outcome.value;
}

Deno.test("replayJournal() matches every output of the same core", async () => {
  const outcome = replay(await journal());
  assertEquals([outcome.records, outcome.outputs, outcome.matched], [9, 5, 5]);
  assertEquals([outcome.first_difference, outcome.torn_at], [null, null]);
  assertMatch(outcome.log_hash, /^[0-9a-f]{64}$/);
});

Deno.test("replayJournal() gives the core the journal's own header", async () => {
  let seen: JournalHeader | undefined;
  replayJournal(JournalReader.of(await journal()), (header) => {
    seen = header;
    return ok(CORE);
  });
  assertEquals(seen, HEADER);
});

Deno.test("replayJournal() says where a core parts that answers otherwise", async () => {
  const other: ReplayedCore = {
    process: (event, out) => out.emit(cancelOrder(event.kind === "fill" ? "a1" : "zz")),
  };
  const difference = replay(await journal(), other).first_difference!;
  assertEquals(difference.found, outputText(cancelOrder("zz")));
  assertEquals(difference.wanted, outputText(answersOf(deltaOf(1, []))[0]!));
});

Deno.test("replayJournal() finds an output that is missing, and one too many", async () => {
  const silent: ReplayedCore = { process: () => {} };
  assertEquals(replay(await journal(), silent).first_difference!.found, "no output");
  const loud: ReplayedCore = {
    process: (event, out) => {
      CORE.process(event, out);
      if (event.kind === "fill") out.emit(cancelOrder("extra"));
    },
  };
  const extra = replay(await journal(), loud).first_difference!;
  assertEquals([extra.wanted, extra.found], ["no output", outputText(cancelOrder("extra"))]);
});

Deno.test("replayJournal() finds an output too many at the last event of a closed journal", async () => {
  let deltas = 0;
  const loud: ReplayedCore = {
    process: (event, out) => {
      CORE.process(event, out);
      if (event.kind === "book_delta" && ++deltas === 2) out.emit(cancelOrder("extra"));
    },
  };
  assertEquals(replay(await journal(), loud).first_difference!.wanted, "no output");
  deltas = 0;
  // A journal that was never closed may end before the last outputs.
  assertEquals(replay(await journal(false), loud).first_difference, null);
});

Deno.test("replayJournal() calls a core that throws a difference at its event", async () => {
  const broken: ReplayedCore = {
    process: (event, out) => {
      if (event.kind === "fill") throw new RangeError("Order is filled beyond its size");
      CORE.process(event, out);
    },
  };
  const outcome = replay(await journal(), broken);
  assertEquals(outcome.matched, 2);
  assertEquals(outcome.first_difference!.wanted, "an event that the core can process");
  assertEquals(outcome.first_difference!.found, "RangeError: Order is filled beyond its size");
});

Deno.test("replayJournal() takes a journal cut anywhere as torn, never as different", async () => {
  const whole = await journal();
  const header = headerEnd(whole);
  for (let length = header; length < whole.length; length++) {
    const outcome = replay(whole.slice(0, length));
    assertEquals(outcome.first_difference, null, `cut at ${length}`);
  }
});

Deno.test("replayJournal() finds any single flipped byte behind the header", async () => {
  const whole = await journal();
  for (let at = headerEnd(whole); at < whole.length; at++) {
    const bytes = whole.slice();
    bytes[at]! ^= 0x40;
    const outcome = replay(bytes);
    const found = outcome.first_difference !== null || outcome.torn_at !== null;
    assert(found, `byte ${at} was flipped and nobody saw it`);
  }
});

Deno.test("replayJournal() refuses what has no header, saying what was found", async () => {
  const refused = (bytes: Uint8Array) => {
    const outcome = replayJournal(JournalReader.of(bytes), () => ok(CORE));
    assert(!outcome.ok);
    return outcome.error;
  };
  assertMatch(refused(new Uint8Array(0)), /wanted a journal's header record, found nothing/);
  assertMatch(refused(new TextEncoder().encode("hello world, no journal")), /found other bytes/);
  const unbuilt = replayJournal(JournalReader.of(await journal()), () => err("no such strategy"));
  assert(!unbuilt.ok);
  assertEquals(unbuilt.error, "no such strategy");
});

Deno.test("replayJournal() shortens long texts of a difference", async () => {
  const target = new MemoryTarget();
  const writer = new JournalWriter(target);
  writer.begin(HEADER);
  writer.onEvent({ kind: "timer", at: START });
  const text = "x".repeat(5_000);
  writer.onOutput({ kind: "alert", severity: "info", code: "long", text }, START);
  await writer.close();
  const { first_difference } = replay(target.toBytes());
  assertEquals(first_difference!.wanted.length, 500);
});

/** Where the header record ends. */
function headerEnd(bytes: Uint8Array): number {
  return 12 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
}
