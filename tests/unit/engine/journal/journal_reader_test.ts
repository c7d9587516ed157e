/**
 * Records whose checksum is right and whose content is not ours: named, never thrown.
 * @module
 */
import { crc32 } from "@/engine/collections/mod.ts";
import { ByteBuffer, ByteReader } from "@/engine/journal/byte_buffer.ts";
import {
  CRC_AT,
  JOURNAL_VERSION,
  KIND_AT,
  MAGIC,
  messageFromText,
  messageText,
  RECORD,
} from "@/engine/journal/journal_format.ts";
import { JournalReader } from "@/engine/journal/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@/tests/support/assert.ts";
import { HEADER } from "./samples.ts";

interface RawRecord {
  readonly kind: number;
  readonly write: (payload: ByteBuffer) => void;
}

const HEADER_RECORD: RawRecord = {
  kind: RECORD.header,
  write: (payload) => payload.text(JSON.stringify(HEADER)),
};

/** A journal of these records with right lengths and checksums. */
function journalOf(...records: RawRecord[]): Uint8Array {
  const buffer = new ByteBuffer(16);
  for (const byte of MAGIC) buffer.u8(byte);
  buffer.u32(JOURNAL_VERSION);
  for (const record of records) {
    const start = buffer.length;
    for (let i = 0; i < KIND_AT; i++) buffer.u8(0);
    buffer.u8(record.kind);
    buffer.f64(1_000);
    record.write(buffer);
    const length = buffer.length - start;
    buffer.patchU32(start, length);
    buffer.patchU32(start + 4, ~length >>> 0);
    buffer.patchU32(start + CRC_AT, crc32(buffer.bytes, start + KIND_AT, buffer.length));
  }
  return buffer.bytes.slice(0, buffer.length);
}

function damageOf(bytes: Uint8Array): string {
  const reader = JournalReader.of(bytes);
  while (reader.next() !== undefined);
  assertStrictEquals(reader.next(), undefined);
  assertStrictEquals(reader.tornAt, null);
  return reader.corrupt?.reason ?? "no damage found";
}

Deno.test("JournalReader names a record of unknown kind", () => {
  const bytes = journalOf(HEADER_RECORD, { kind: 99, write: () => {} });
  assertMatch(damageOf(bytes), /wanted a known record kind, found 99/);
});

Deno.test("JournalReader wants the header first and once", () => {
  const timer = { kind: RECORD.timer, write: () => {} };
  assertMatch(damageOf(journalOf(timer)), /wanted the header first and once, found record kind 24/);
  const twice = journalOf(HEADER_RECORD, timer, HEADER_RECORD);
  assertMatch(damageOf(twice), /wanted the header first and once, found record kind 1/);
});

Deno.test("JournalReader names a payload that is too short, too long or out of range", () => {
  const cases: [RawRecord, RegExp][] = [
    [{ kind: RECORD.trade, write: (p) => p.u8(0) }, /wanted 8 more bytes, found 0/],
    [{ kind: RECORD.timer, write: (p) => p.u8(0) }, /wanted its end, found 1 more bytes/],
    [
      {
        kind: RECORD.feedInterrupted,
        write: (p) => {
          p.varint(0);
          p.u8(9);
        },
      },
      /found number 9/,
    ],
    [
      {
        kind: RECORD.bookSnapshot,
        write: (p) => {
          p.varint(0);
          p.f64(0);
          p.f64(1);
          p.u8(0);
          p.varint(1_000_000);
        },
      },
      /Cannot read levels: wanted 1000000, found 0 bytes/,
    ],
    [{ kind: RECORD.output, write: (p) => p.text('{"kind":') }, /JSON/],
    [
      {
        kind: RECORD.event,
        write: (p) => {
          p.u32(1);
          p.u8(0xff);
        },
      },
      /Cannot read journal at byte \d+: ./,
    ],
  ];
  for (const [record, wanted] of cases) {
    assertMatch(damageOf(journalOf(HEADER_RECORD, record)), wanted);
  }
});

Deno.test("JournalReader names a length that no record has", () => {
  const bytes = journalOf(HEADER_RECORD, { kind: RECORD.timer, write: () => {} });
  const start = bytes.length - 21;
  const view = new DataView(bytes.buffer);
  for (const length of [20, 0xffff_ffff]) {
    view.setUint32(start, length, true);
    view.setUint32(start + 4, ~length >>> 0, true);
    assertMatch(damageOf(bytes), new RegExp(`wanted a record's length, found ${length}`));
  }
});

Deno.test("ByteReader gives back what ByteBuffer wrote, at every size of number", () => {
  const safe = Number.MAX_SAFE_INTEGER;
  const numbers = [0, 1, 63, 64, 127, 128, 8_191, 8_192, 2 ** 31 - 1, 2 ** 31, 2 ** 32, safe];
  const amounts = [0n, 1n, -1n, 2n ** 64n, -(2n ** 64n), 2n ** 126n - 1n, -(2n ** 126n)];
  const buffer = new ByteBuffer(1);
  for (const number of numbers) {
    buffer.varint(number);
    buffer.signed(number);
    buffer.signed(-number);
  }
  buffer.signed(-2 * safe);
  for (const amount of amounts) buffer.i128(amount);
  const reader = new ByteReader(buffer.bytes, 0, buffer.length);
  for (const number of numbers) {
    assertEquals([reader.varint(), reader.signed(), reader.signed()], [
      number,
      number,
      number === 0 ? 0 : -number,
    ]);
  }
  assertStrictEquals(reader.signed(), -2 * safe);
  for (const amount of amounts) assertStrictEquals(reader.i128(), amount);
  assertStrictEquals(reader.left, 0);
});

Deno.test("ByteReader stops at an endless varint, ByteBuffer at an amount too large", () => {
  const endless = new Uint8Array(20).fill(0xff);
  assertThrows(() => new ByteReader(endless, 0, 20).varint(), RangeError, "at most 8 bytes");
  assertThrows(() => new ByteBuffer().i128(2n ** 126n), Error, "127 bits");
});

Deno.test("ByteBuffer ends even with numbers that no message may hold", () => {
  for (const number of [Infinity, NaN, 1e300]) {
    const buffer = new ByteBuffer();
    buffer.varint(number);
    assert(buffer.length <= 8, `${number} took ${buffer.length} bytes`);
  }
});

Deno.test("messageText() tags bigints and messageFromText() takes only such tags for them", () => {
  const message = { fee: -12n, list: [1n, { $n: 5 }], none: undefined };
  assertStrictEquals(messageText(message), '{"fee":{"$n":"-12"},"list":[{"$n":"1"},{"$n":5}]}');
  assertEquals(messageFromText(messageText(message)), { fee: -12n, list: [1n, { $n: 5 }] });
});
