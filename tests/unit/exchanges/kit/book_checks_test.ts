/**
 * A book asked for beside its stream: told as a check, once at a time, never by the stream's decoder.
 * @module
 */
import { type InstrumentIndex, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import { type EngineEvent, LevelBuffer } from "@/engine/messages/mod.ts";
import type { MarketDecoder } from "@/engine/ports/mod.ts";
import { BookChecks, type CheckAnswer, checkAnswer } from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp } from "@/tests/support/builders.ts";

const INDEX = instrumentIndex(0);
const AT = micros(5);

/** Reads a body of one byte: the sequence. */
function decoder(ticks: string[], tick: string): MarketDecoder {
  return {
    reason: "no byte",
    decode: () => "ignored",
    decodeSnapshot(bytes, start, end, instrument, at, receiver) {
      if (end === start) return "refused";
      ticks.push(tick);
      const [bids, asks] = [new LevelBuffer(1), new LevelBuffer(1)];
      const head = { instrument, at, venueAt: micros(3), sequence: bytes[start]!, bids, asks };
      receiver.deliver({ kind: "book_snapshot", ...head, checksum: 7 });
      return "decoded";
    },
  };
}

function world(isNumbered = true) {
  const waiting: ((answer: CheckAnswer) => void)[] = [];
  const told: string[] = [];
  const ticks: string[] = [];
  const logged: string[] = [];
  const checks = new BookChecks({
    ask: (_, done) => void waiting.push(done),
    decoderOf: ({ terms }) => decoder(ticks, terms.tick),
    isNumbered,
  }, { log: (_, text) => logged.push(text) });
  const deliver = (event: EngineEvent) => {
    told.push(event.kind === "book_check" ? `check ${event.sequence} ${event.at}` : event.kind);
  };
  const instrument = btcPerp();
  checks.start([instrument], { deliver });
  const answer = (...bytes: number[]) => waiting.shift()!({ bytes: new Uint8Array(bytes), at: AT });
  return { waiting, told, ticks, logged, checks, instrument, answer };
}

Deno.test("BookChecks tells the answer as a check, with the stream's number where it has one", () => {
  const numbered = world();
  numbered.checks.request(INDEX);
  numbered.answer(42);
  assertEquals(numbered.told, ["check 42 5"]);
  const other = world(false);
  other.checks.request(INDEX);
  other.answer(42);
  assertEquals(other.told, ["check -1 5"]);
});

Deno.test("BookChecks asks once at a time, of known instruments, while it is started", () => {
  const { checks, waiting, answer, told } = world();
  checks.request(INDEX);
  checks.request(INDEX);
  checks.request(9 as InstrumentIndex);
  assertEquals(waiting.length, 1);
  answer(1);
  checks.request(INDEX);
  assertEquals(waiting.length, 1);
  checks.stop();
  answer(2);
  checks.request(INDEX);
  assertEquals([waiting.length, told.length], [0, 1]);
});

Deno.test("BookChecks logs an answer that did not come or cannot be read, and may ask again", () => {
  const { checks, waiting, answer, told, logged } = world();
  checks.request(INDEX);
  waiting.shift()!({ failed: "timed out" });
  checks.request(INDEX);
  answer();
  checks.request(INDEX);
  assertEquals([waiting.length, told], [1, []]);
  assertEquals(logged, ["book check not answered", "book check not readable"]);
});

Deno.test("BookChecks reads on the grids that its instrument follows by now", () => {
  const { checks, instrument, answer, ticks, told } = world();
  checks.request(INDEX);
  unwrap(instrument.follow({ ...instrument.terms, tick: "0.5" }));
  answer(1);
  assertEquals([ticks, told], [["0.5"], ["check 1 5"]]);
});

Deno.test("checkAnswer() takes the body, or the words of why there is none", () => {
  const bytes = new Uint8Array([1]);
  assertEquals(checkAnswer({ kind: "ok", bytes, at: AT }), { bytes, at: AT });
  assertEquals(checkAnswer({ kind: "lost", reason: "closed" }), { failed: "closed" });
  assertEquals(checkAnswer({ kind: "error", message: "no" }), { failed: "no" });
});
