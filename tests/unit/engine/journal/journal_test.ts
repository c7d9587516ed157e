/**
 * What is written is read again; what is torn or damaged is found, wherever it is.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import {
  JOURNAL_LIMITS_DEFAULT,
  JournalReader,
  type JournalRecord,
  JournalWriter,
  MemoryTarget,
  NoTarget,
  OutputHasher,
  outputText,
} from "@/engine/journal/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { AT, DELTA, EVENTS, HEADER, levels, OUTPUTS, plain } from "./samples.ts";

type Step = { event: EngineEvent } | { output: EngineOutput };
const STEPS: readonly Step[] = [
  ...EVENTS.map((event) => ({ event })),
  ...OUTPUTS.map((output) => ({ output })),
];

interface Journalled {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly writer: JournalWriter;
}

async function journal(
  steps: readonly Step[],
  flushAfter: (index: number) => boolean = () => false,
  blockBytes = 300,
  pendingBytesMax = 1 << 20,
): Promise<Journalled> {
  const target = new MemoryTarget();
  const limits = { ...JOURNAL_LIMITS_DEFAULT, blockBytes, pendingBytesMax };
  const writer = new JournalWriter(target, limits);
  writer.begin(HEADER);
  steps.forEach((step, index) => {
    if ("event" in step) writer.onEvent(step.event);
    else writer.onOutput(step.output, AT);
    if (flushAfter(index)) writer.flush();
  });
  await writer.close();
  return { bytes: target.toBytes(), writer };
}

function readAll(reader: JournalReader): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    records.push(record);
  }
  return records;
}

function assertRead(records: readonly JournalRecord[], steps: readonly Step[]): void {
  const [header, ...rest] = records;
  assertStrictEquals(header?.kind, "header");
  if (header?.kind === "header") assertEquals(header.header, HEADER);
  assertStrictEquals(rest.length, steps.length);
  rest.forEach((record, index) => {
    const step = steps[index]!;
    if (record.kind === "event" && "event" in step) {
      assertEquals(plain(record.event), plain(step.event));
    } else {
      assert(record.kind === "output" && "output" in step, `record ${index} is of another kind`);
      assertEquals(plain(record.output), plain(step.output));
    }
  });
}

Deno.test("Journal gives back every kind of event and output as it was", async () => {
  const { bytes, writer } = await journal(STEPS);
  const reader = JournalReader.of(bytes);
  const records = readAll(reader);
  assertStrictEquals(reader.corrupt, null);
  assertStrictEquals(reader.tornAt, null);
  assertRead(records, STEPS);
  assertStrictEquals(reader.recordCount, writer.counters.records);
  assertStrictEquals(reader.blockCount, writer.counters.blocks);
  assertStrictEquals(reader.unsealedCount, 0);
  assertStrictEquals(writer.counters.bytes, bytes.length);
  assertEquals(new Set(EVENTS.map((event) => event.kind)).size, 24);
  assertEquals(new Set(OUTPUTS.map((output) => output.kind)).size, 14);
});

Deno.test("Journal keeps an output's exact text and time", async () => {
  const { bytes } = await journal(STEPS);
  const outputs = readAll(JournalReader.of(bytes)).filter((record) => record.kind === "output");
  assertEquals(outputs.map((record) => record.text), OUTPUTS.map(outputText));
  assertEquals(outputs.map((record) => record.at), OUTPUTS.map(() => AT));
});

Deno.test("Journal bytes do not depend on when it is flushed", async () => {
  const random = printedRandom("journal flushes");
  const once = await journal(STEPS);
  const always = await journal(STEPS, () => true);
  const bounded = await journal(STEPS, () => false, 300, 64);
  assertEquals(always.bytes, once.bytes);
  assertEquals(bounded.bytes, once.bytes);
  for (let round = 0; round < 20; round++) {
    assertEquals((await journal(STEPS, () => random.chance(0.3))).bytes, once.bytes);
  }
});

Deno.test("Journal round trip holds for books of any numbers", async () => {
  const random = printedRandom("journal books");
  const whole = () => Math.floor(random.next() * 2 ** random.integer(54));
  const side = () => levels(...Array.from({ length: 2 * random.integer(40) }, whole));
  const steps = Array.from({ length: 400 }, (): Step => ({
    event: {
      ...DELTA,
      at: micros(whole()),
      sequence: random.chance(0.1) ? -1 : whole(),
      firstSequence: whole(),
      previousSequence: whole(),
      checksum: random.chance(0.5) ? whole() - 2 ** 40 : undefined,
      bids: side(),
      asks: side(),
    },
  }));
  const { bytes } = await journal(steps);
  assertRead(readAll(JournalReader.of(bytes)), steps);
});

Deno.test("JournalReader reads bytes that come in pieces of any length", async () => {
  const { bytes } = await journal(STEPS);
  for (const piece of [1, 7, 64, 1_000]) {
    const reader = new JournalReader();
    const records: JournalRecord[] = [];
    for (let at = 0; at < bytes.length; at += piece) {
      reader.push(bytes.subarray(at, at + piece));
      records.push(...readAll(reader));
    }
    reader.finish();
    records.push(...readAll(reader));
    assertRead(records, STEPS);
    assertStrictEquals(reader.tornAt, null);
  }
});

Deno.test("JournalReader finds a flip of any one byte", async () => {
  const { bytes } = await journal(STEPS);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = damaged[at]! ^ (1 << (at % 8));
    const reader = JournalReader.of(damaged);
    readAll(reader);
    assert(reader.corrupt !== null, `a flip at byte ${at} was not found`);
    assert(reader.corrupt.offset <= at, `a flip at byte ${at} was found behind it`);
    assertStrictEquals(reader.tornAt, null);
  }
});

Deno.test("JournalReader stops cleanly in a journal cut at any byte", async () => {
  const { bytes } = await journal(STEPS);
  const whole = readAll(JournalReader.of(bytes));
  let read = 0;
  for (let end = 0; end < bytes.length; end++) {
    const reader = JournalReader.of(bytes.slice(0, end));
    const records = readAll(reader);
    assertStrictEquals(reader.corrupt, null);
    assert(records.length >= read, `fewer records in ${end} bytes than in fewer bytes`);
    read = records.length;
    assertEquals(records.at(-1)?.offset, whole[read - 1]?.offset);
    if (reader.tornAt !== null) assert(reader.tornAt <= end, "torn behind the end");
    else assert(end > 0, "an empty journal is torn at 0");
  }
});

Deno.test("JournalReader takes a tail of zeros for torn, other zeros for damage", async () => {
  const { bytes } = await journal(STEPS);
  const padded = new Uint8Array(bytes.length + 100);
  padded.set(bytes);
  const reader = JournalReader.of(padded);
  assertStrictEquals(readAll(reader).length, STEPS.length + 1);
  assertStrictEquals(reader.tornAt, bytes.length);
  padded[padded.length - 1] = 1;
  const other = JournalReader.of(padded);
  readAll(other);
  assertStrictEquals(other.corrupt?.offset, bytes.length);
});

Deno.test("JournalReader finds a record that was taken out whole", async () => {
  const { bytes } = await journal(STEPS);
  const records = readAll(JournalReader.of(bytes));
  const from = records[4]!.offset;
  const to = records[5]!.offset;
  const joined = new Uint8Array(bytes.length - (to - from));
  joined.set(bytes.subarray(0, from));
  joined.set(bytes.subarray(to), from);
  const reader = JournalReader.of(joined);
  readAll(reader);
  assertMatch(reader.corrupt?.reason ?? "", /wanted the hash of the block before/);
});

Deno.test("JournalReader names what it found instead of a journal", () => {
  const reader = JournalReader.of(new TextEncoder().encode("PAR1 something else"));
  assertStrictEquals(reader.next(), undefined);
  assertMatch(reader.corrupt?.reason ?? "", /wanted a journal, found other bytes/);
  const version = new Uint8Array(12);
  version.set(new TextEncoder().encode("TOUCHLN\n"));
  version[8] = 9;
  const other = JournalReader.of(version);
  assertStrictEquals(other.next(), undefined);
  assertMatch(other.corrupt?.reason ?? "", /wanted journal version 1, found 9/);
});

Deno.test("OutputHasher and JournalWriter agree on the hash of the outputs", async () => {
  const hasher = new OutputHasher();
  for (const output of OUTPUTS) hasher.add(output, AT);
  const { writer } = await journal(STEPS);
  assertStrictEquals(writer.logHash(), hasher.logHash());
  assertStrictEquals(hasher.logHash(), hasher.logHash());
  assertStrictEquals(hasher.count, OUTPUTS.length);
  hasher.add(OUTPUTS[0]!, micros(AT + 1));
  assert(writer.logHash() !== hasher.logHash(), "one more output changes the hash");
});

Deno.test("OutputHasher's hash depends on times and order, not on when it is asked", () => {
  const [a, b] = [OUTPUTS[3]!, OUTPUTS[4]!];
  const hashOf = (steps: [EngineOutput, number][], ask: boolean) => {
    const hasher = new OutputHasher();
    for (const [output, at] of steps) {
      hasher.add(output, micros(at));
      if (ask) hasher.logHash();
    }
    return hasher.logHash();
  };
  const long = Array.from({ length: 600 }, (_, i): [EngineOutput, number] => [i % 2 ? a : b, i]);
  assertStrictEquals(hashOf(long, true), hashOf(long, false));
  assert(hashOf([[a, 1], [b, 2]], false) !== hashOf([[b, 1], [a, 2]], false));
  assert(hashOf([[a, 1]], false) !== hashOf([[a, 2]], false));
});

Deno.test("JournalWriter without a target still counts and hashes", async () => {
  const writer = new JournalWriter(new NoTarget());
  writer.begin(HEADER);
  for (const event of EVENTS) writer.onEvent(event);
  for (const output of OUTPUTS) writer.onOutput(output, AT);
  writer.flush();
  await writer.close();
  assertStrictEquals(writer.counters.bytes, 0);
  assertStrictEquals(writer.counters.records, 1 + EVENTS.length + OUTPUTS.length);
  assertStrictEquals(writer.logHash(), (await journal(STEPS)).writer.logHash());
  assertStrictEquals(writer.keepsUp, true);
  assertStrictEquals(writer.isFlushDue, false);
});

Deno.test("JournalWriter refuses records before its header and after its end", async () => {
  const writer = new JournalWriter(new MemoryTarget());
  assertThrows(() => writer.onEvent(DELTA), Error, "begins with its header");
  writer.begin(HEADER);
  assertThrows(() => writer.begin(HEADER), Error, "one header");
  await writer.close();
  await writer.close();
  assertThrows(() => writer.onOutput(OUTPUTS[0]!, AT), Error, "closed journal");
});

Deno.test("JournalWriter says when a block waits, and when its target is behind", () => {
  let backlogBytes = 0;
  const broken: { reason: string | undefined } = { reason: undefined };
  const target = {
    keepsBytes: true,
    write: (bytes: Uint8Array) => void (backlogBytes += bytes.length),
    get backlogBytes() {
      return backlogBytes;
    },
    get failure() {
      return broken.reason;
    },
    close: () => Promise.resolve(),
  };
  const limits = { blockBytes: 500, pendingBytesMax: 4_000, backlogBytesMax: 6_000 };
  const writer = new JournalWriter(target, limits);
  writer.begin(HEADER);
  while (!writer.isFlushDue) writer.onEvent(DELTA);
  assertStrictEquals(backlogBytes, 0);
  while (backlogBytes === 0) writer.onEvent(DELTA);
  assertStrictEquals(writer.keepsUp, true);
  while (backlogBytes <= 6_000) writer.onEvent(DELTA);
  assertStrictEquals(writer.keepsUp, false);
  backlogBytes = 0;
  assertStrictEquals(writer.keepsUp, true);
  broken.reason = "disk full";
  assertStrictEquals(writer.keepsUp, false);
  assertStrictEquals(writer.failure, "disk full");
});
