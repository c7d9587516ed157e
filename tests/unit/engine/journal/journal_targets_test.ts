/**
 * Queues, sinks and names of journals. Files and sockets themselves are tested with the program.
 * @module
 */
import { type ByteSink, openJournalTarget, QueueTarget } from "@/engine/journal/mod.ts";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "@/tests/support/assert.ts";

/** A sink that takes a few bytes at a time and only when told to. */
class SlowSink implements ByteSink {
  readonly taken: number[] = [];
  closed = 0;
  failure: Error | undefined;
  #waiting: (() => void)[] = [];
  #isOpen = false;

  async write(bytes: Uint8Array): Promise<number> {
    if (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failure !== undefined) throw this.failure;
    const part = bytes.subarray(0, 3);
    this.taken.push(...part);
    return part.length;
  }

  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): void {
    this.closed++;
  }
}

Deno.test("QueueTarget writes every byte in order, copying what it was given", async () => {
  const sink = new SlowSink();
  const target = new QueueTarget(sink);
  const scratch = new Uint8Array([1, 2, 3, 4]);
  target.write(scratch);
  scratch.fill(9);
  target.write(new Uint8Array([5]));
  assertStrictEquals(target.backlogBytes, 5);
  sink.open();
  await target.close();
  assertEquals(sink.taken, [1, 2, 3, 4, 5]);
  assertStrictEquals(target.backlogBytes, 0);
  assertStrictEquals(target.failure, undefined);
  assertStrictEquals(sink.closed, 1);
});

Deno.test("QueueTarget fails beyond its bound instead of growing, and stays failed", async () => {
  const sink = new SlowSink();
  const target = new QueueTarget(sink, 10);
  target.write(new Uint8Array(8));
  target.write(new Uint8Array(3));
  assertMatch(target.failure ?? "", /wanted at most 10 bytes waiting, found 11/);
  target.write(new Uint8Array(1));
  assertStrictEquals(target.backlogBytes, 0);
  sink.open();
  await target.close();
});

Deno.test("QueueTarget keeps a sink's error as its failure", async () => {
  const sink = new SlowSink();
  sink.failure = new Error("no space left");
  sink.open();
  const target = new QueueTarget(sink);
  target.write(new Uint8Array(4));
  await target.close();
  assertStrictEquals(target.failure, "Cannot write journal: no space left");
});

Deno.test("QueueTarget gives up a sink that takes nothing, after its bound of time", async () => {
  const sink = new SlowSink();
  const target = new QueueTarget(sink, 100, 1);
  target.write(new Uint8Array(4));
  await target.close();
  assertMatch(target.failure ?? "", /took nothing for 1 ms/);
  sink.open();
});

Deno.test("QueueTarget reports a sink that cannot be closed", async () => {
  const target = new QueueTarget({
    write: (bytes) => Promise.resolve(bytes.length),
    close: () => Promise.reject(new Error("already gone")),
  });
  await target.close();
  assertStrictEquals(target.failure, "Cannot close journal: already gone");
});

Deno.test("openJournalTarget() knows none and standard output", async () => {
  const none = await openJournalTarget("none");
  assert(none.ok);
  assertStrictEquals(none.value.keepsBytes, false);
  none.value.write(new Uint8Array(4));
  await none.value.close();
  const out = await openJournalTarget("-");
  assert(out.ok);
  assertStrictEquals(out.value.keepsBytes, true);
});

Deno.test("openJournalTarget() refuses addresses and names it cannot use", async () => {
  for (const name of ["tcp://", "tcp://host", "tcp://host:0", "tcp://host:70000", "tcp://a b:1"]) {
    const target = await openJournalTarget(name);
    assert(!target.ok);
    assertStrictEquals(
      target.error,
      `Cannot open journal: wanted tcp://HOST:PORT, found "${name}"`,
    );
  }
  const empty = await openJournalTarget("");
  assert(!empty.ok);
  assertMatch(empty.error, /found ""/);
});

const canWrite = (await Deno.permissions.query({ name: "write" })).state === "granted" &&
  (await Deno.permissions.query({ name: "read" })).state === "granted";

Deno.test({
  name: "openJournalTarget() moves an existing journal aside (needs --allow-write)",
  ignore: !canWrite,
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/session.journal`;
    for (const byte of [1, 2, 3]) {
      const target = await openJournalTarget(path);
      assert(target.ok);
      target.value.write(new Uint8Array([byte, byte]));
      await target.value.close();
      assertStrictEquals(target.value.failure, undefined);
    }
    assertEquals([...await Deno.readFile(path)], [3, 3]);
    assertEquals([...await Deno.readFile(`${path}.1`)], [1, 1]);
    assertEquals([...await Deno.readFile(`${path}.2`)], [2, 2]);
    const refused = await openJournalTarget(`${folder}/missing/x`);
    assert(!refused.ok);
    assertMatch(refused.error, /Cannot open journal/);
    await Deno.remove(folder, { recursive: true });
  },
});

const canListen =
  (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";

Deno.test({
  name: "openJournalTarget() sends to a TCP sink (needs --allow-net)",
  ignore: !canListen,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = (listener.addr as Deno.NetAddr).port;
    const received = (async () => {
      const connection = await listener.accept();
      const bytes: number[] = [];
      for await (const chunk of connection.readable) bytes.push(...chunk);
      return bytes;
    })();
    const target = await openJournalTarget(`tcp://127.0.0.1:${port}`);
    assert(target.ok);
    target.value.write(new Uint8Array([1, 2, 3]));
    await target.value.close();
    assertEquals(await received, [1, 2, 3]);
    listener.close();
    const refused = await openJournalTarget(`tcp://127.0.0.1:${port}`);
    assert(!refused.ok);
  },
});
