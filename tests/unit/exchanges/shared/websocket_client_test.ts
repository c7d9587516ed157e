/**
 * The WebSocket client against a peer that follows, bends and breaks RFC 6455.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { openWebSocket, type WebSocketLimits } from "@/exchanges/shared/mod.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeTransport, readClientFrame, serverFrame, upgradeAnswer } from "./_fake_transport.ts";

const decoder = new TextDecoder();
const FIN = 0x80;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

function connect(limits: Partial<WebSocketLimits> = {}, url = "wss://venue.test/ws?streams=a/b") {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  const heard: string[] = [];
  const connection = openWebSocket({
    transport,
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    url,
    headers: { "X-Gate-Size-Decimal": "1" },
    limits,
    handler: {
      onOpen: () => heard.push("open"),
      onText: (bytes, start, end, at) =>
        heard.push(`text ${decoder.decode(bytes.subarray(start, end))} @${at}`),
      onPing: () => heard.push("ping"),
      onPong: (bytes, start, end) =>
        heard.push(`pong ${decoder.decode(bytes.subarray(start, end))}`),
      onClose: (code, reason) => heard.push(`close ${code} ${reason}`),
    },
  });
  return { clock, transport, heard, connection };
}

function opened(limits: Partial<WebSocketLimits> = {}) {
  const all = connect(limits);
  const link = all.transport.last;
  link.open();
  link.acceptUpgrade();
  assertEquals(all.heard.splice(0), ["open"]);
  return { ...all, link };
}

Deno.test("openWebSocket() asks for an upgrade with path, host, key and own headers", () => {
  const { transport, connection, heard } = connect();
  assertEquals(transport.last.address.port, 443);
  assertEquals(transport.last.address.tls, true);
  assertEquals(connection.sendText("too early"), false);
  transport.last.open();
  const text = transport.last.takeText();
  assertStringIncludes(text, "GET /ws?streams=a/b HTTP/1.1\r\nHost: venue.test\r\n");
  assertStringIncludes(text, "X-Gate-Size-Decimal: 1\r\n");
  assert(/Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\n/.test(text));
  assert(text.endsWith("\r\n\r\n"));
  assertEquals(heard, []);
  assertEquals(connection.state, "connecting");
});

Deno.test("WebSocket hands over frames that follow the upgrade answer in the same read", () => {
  const { transport, heard } = connect();
  transport.last.open();
  const key = /Sec-WebSocket-Key: (\S+)/.exec(transport.last.takeText())![1]!;
  const answer = new TextEncoder().encode(upgradeAnswer(key));
  const frame = serverFrame(FIN | TEXT, "{}");
  transport.last.say(Uint8Array.from([...answer, ...frame, ...frame]));
  assertEquals(heard, ["open", "text {} @7", "text {} @7"]);
});

Deno.test("WebSocket bears bytes one at a time, fragments and controls between", () => {
  const { transport, heard, connection } = connect();
  const link = transport.last;
  link.open();
  const key = /Sec-WebSocket-Key: (\S+)/.exec(link.takeText())![1]!;
  link.drip(new TextEncoder().encode(upgradeAnswer(key)));
  link.drip(serverFrame(TEXT, "ab"));
  link.drip(serverFrame(FIN | PING, "p"));
  link.drip(serverFrame(0, "cdé"));
  link.drip(serverFrame(FIN | PONG, "q"));
  link.drip(serverFrame(FIN | 0, "f"));
  link.drip(serverFrame(FIN | TEXT, "x".repeat(300)));
  link.drip(serverFrame(FIN | TEXT, "y".repeat(70_000)));
  assertEquals(heard.slice(0, 4), ["open", "ping", "pong q", "text abcdéf @7"]);
  assertEquals(heard[4], `text ${"x".repeat(300)} @7`);
  assertEquals(heard[5], `text ${"y".repeat(70_000)} @7`);
  const pong = readClientFrame(link.takeWritten());
  assertEquals([pong.opcode, pong.text, pong.masked], [PONG, "p", true]);
  assertEquals(connection.state, "open");
});

Deno.test("WebSocket reads many frames of one read, and straddling ones", () => {
  const { link, heard } = opened();
  const frames = ["one", "two", "three"].map((text) => serverFrame(FIN | TEXT, text));
  const all = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  for (let cut = 0; cut <= all.length; cut++) {
    link.say(all.slice(0, cut));
    link.say(all.slice(cut));
    assertEquals(heard.splice(0), ["text one @7", "text two @7", "text three @7"], `cut ${cut}`);
  }
});

Deno.test("WebSocket.sendText() masks anew each time, in all three lengths", () => {
  const { link, connection } = opened();
  const masks = new Set<string>();
  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    assert(connection.sendText("ü".repeat(size >> 1) + "z".repeat(size & 1)));
    const bytes = link.takeWritten();
    const frame = readClientFrame(bytes);
    assertEquals([frame.opcode, frame.final, frame.masked], [TEXT, true, true]);
    assertEquals(frame.text, "ü".repeat(size >> 1) + "z".repeat(size & 1));
    assertEquals(frame.rest.length, 0);
    masks.add(
      bytes.slice(bytes.length - frame.payload.length - 4, bytes.length).slice(0, 4).join(),
    );
  }
  assertEquals(masks.size, 6);
  assert(connection.sendText(new TextEncoder().encode("bytes")));
  assertEquals(readClientFrame(link.takeWritten()).text, "bytes");
  assert(connection.ping());
  assertEquals(readClientFrame(link.takeWritten()).opcode, PING);
  link.full = true;
  assertEquals(connection.sendText("x"), false);
  assertEquals(connection.pendingBytes, 1);
});

Deno.test("WebSocket answers a close frame, ends the link and says the peer's code", () => {
  const { link, connection, heard } = opened();
  link.say(serverFrame(FIN | CLOSE, Uint8Array.of(0x03, 0xe9, 98, 121, 101)));
  const answer = readClientFrame(link.takeWritten());
  assertEquals([answer.opcode, answer.payload[0], answer.payload[1]], [CLOSE, 0x03, 0xe9]);
  assertEquals(heard, ["close 1001 bye"]);
  assertEquals(connection.state, "closed");
  assertEquals(connection.sendText("late"), false);
  link.say(serverFrame(FIN | TEXT, "late"));
  connection.close(1000, "again");
  assertEquals(heard.length, 1);
});

Deno.test("WebSocket.close() shakes hands, hears nothing more, and waits for bounded time", () => {
  const polite = opened();
  polite.connection.close(1000, "done");
  const frame = readClientFrame(polite.link.takeWritten());
  assertEquals([frame.opcode, frame.payload[0]! * 256 + frame.payload[1]!], [CLOSE, 1000]);
  assertEquals(decoder.decode(frame.payload.subarray(2)), "done");
  polite.link.say(serverFrame(FIN | TEXT, "crossed on the way"));
  polite.link.say(serverFrame(FIN | PING, "crossed too"));
  assertEquals(polite.heard, []);
  assertEquals(polite.connection.state, "closing");
  polite.link.say(serverFrame(FIN | CLOSE, Uint8Array.of(0x03, 0xe8)));
  assertEquals(polite.heard, ["close 1000 done"]);

  const deaf = opened({ closeTimeoutMs: 500 });
  deaf.connection.close(1000, "done");
  deaf.clock.advance(499);
  assertEquals(deaf.heard, []);
  deaf.clock.advance(1);
  assertEquals(deaf.heard, ["close 1006 done; no closing answer after 500 ms"]);
  assertEquals(deaf.clock.pendingCount, 0);
});

Deno.test("WebSocket says 1006 when the link ends without a closing handshake", () => {
  const { link, heard, clock } = opened();
  link.end("reset by peer");
  assertEquals(heard, ["close 1006 reset by peer"]);
  assertEquals(clock.pendingCount, 0);
});

const BROKEN: readonly (readonly [name: string, frame: Uint8Array, code: number])[] = [
  ["masked", serverFrame(FIN | TEXT, "a", { mask: true }), 1002],
  ["reserved bit", serverFrame(FIN | 0x40 | TEXT, "a"), 1002],
  ["unknown data opcode", serverFrame(FIN | 3, "a"), 1002],
  ["unknown control opcode", serverFrame(FIN | 11, "a"), 1002],
  ["fragmented ping", serverFrame(PING, "a"), 1002],
  ["long ping", serverFrame(FIN | PING, "a".repeat(126)), 1002],
  ["continuation of nothing", serverFrame(FIN | 0, "a"), 1002],
  ["length not shortest, 16 bit", serverFrame(FIN | TEXT, "a", { lengthBytes: 2 }), 1002],
  ["length not shortest, 64 bit", serverFrame(FIN | TEXT, "a", { lengthBytes: 8 }), 1002],
  ["over the bound", serverFrame(FIN | TEXT, "", { claim: 1_001 }), 1009],
  ["absurd length", serverFrame(FIN | TEXT, "", { claim: 2 ** 52 }), 1009],
  ["close of one byte", serverFrame(FIN | CLOSE, "a"), 1002],
  ["close with 1006", serverFrame(FIN | CLOSE, Uint8Array.of(0x03, 0xee)), 1002],
  ["close with 999", serverFrame(FIN | CLOSE, Uint8Array.of(0x03, 0xe7)), 1002],
  ["binary", serverFrame(FIN | BINARY, "a"), 1003],
];

for (const [name, frame, code] of BROKEN) {
  Deno.test(`WebSocket closes with ${code} on a broken frame: ${name}`, () => {
    for (const way of ["whole", "dripping"]) {
      const { link, heard } = opened({ messageBytesMax: 1_000 });
      if (way === "whole") link.say(frame);
      else link.drip(frame);
      assertEquals(heard.length, 1);
      assertStringIncludes(heard[0]!, `close ${code} `);
      const said = readClientFrame(link.takeWritten());
      assertEquals([said.opcode, said.payload[0]! * 256 + said.payload[1]!], [CLOSE, code]);
      assertNotEquals(link.closedWith, undefined);
    }
  });
}

Deno.test("WebSocket refuses a message inside another and too long fragments", () => {
  const inside = opened();
  inside.link.say(serverFrame(TEXT, "a"));
  inside.link.say(serverFrame(FIN | TEXT, "b"));
  assertStringIncludes(inside.heard[0]!, "close 1002 ");
  const long = opened({ messageBytesMax: 10 });
  long.link.say(serverFrame(TEXT, "12345678"));
  long.link.say(serverFrame(FIN | 0, "901"));
  assertStringIncludes(long.heard[0]!, "close 1009 ");
});

const REFUSALS:
  readonly (readonly [name: string, answer: (key: string) => string, says: string])[] = [
    ["a status", () => "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope", "403 nope"],
    [
      "a wrong accept key",
      () => upgradeAnswer("AAAAAAAAAAAAAAAAAAAAAA=="),
      "wrong accept key",
    ],
    [
      "no upgrade field",
      (key) => upgradeAnswer(key).replace("Upgrade: w", "X: w"),
      "without upgrade",
    ],
    [
      "no connection field",
      (key) => upgradeAnswer(key).replace("n: U", "n: x"),
      "connection: upgrade",
    ],
    [
      "an extension",
      (key) => upgradeAnswer(key).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"),
      "did not offer",
    ],
    ["no HTTP", () => "SSH-2.0-OpenSSH\r\n\r\n", "cannot be read"],
    ["an endless head", () => `HTTP/1.1 101 x\r\nA: ${"a".repeat(20_000)}`, "cannot be read"],
  ];

for (const [name, answer, says] of REFUSALS) {
  Deno.test(`WebSocket gives up when the upgrade answer has ${name}`, () => {
    const { transport, heard, clock } = connect();
    const link = transport.last;
    link.open();
    const key = /Sec-WebSocket-Key: (\S+)/.exec(link.takeText())![1]!;
    link.say(answer(key));
    assertEquals(heard.length, 1);
    assertStringIncludes(heard[0]!, "close 1006 ");
    assertStringIncludes(heard[0]!, says);
    assertEquals(clock.pendingCount, 0);
  });
}

Deno.test("WebSocket passes over an interim answer before the upgrade", () => {
  const { transport, heard } = connect();
  transport.last.open();
  const key = /Sec-WebSocket-Key: (\S+)/.exec(transport.last.takeText())![1]!;
  transport.last.say(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${upgradeAnswer(key)}`);
  assertEquals(heard, ["open"]);
});

Deno.test("WebSocket gives up an attempt after its time, on close or a bad address", () => {
  const slow = connect({ connectTimeoutMs: 300 });
  slow.clock.advance(300);
  assertEquals(slow.heard, ["close 1006 not open after 300 ms"]);
  slow.transport.last.open();
  assertEquals(slow.transport.last.written.length, 0);

  const given = connect();
  given.connection.close(1000, "changed our mind");
  assertEquals(given.heard, ["close 1006 changed our mind"]);

  const lost = connect({}, "https://venue.test");
  assertEquals(lost.heard, []);
  lost.clock.advance(0);
  assertEquals(lost.transport.links.length, 0);
  assertStringIncludes(
    lost.heard[0]!,
    'wanted a ws:// or wss:// address, found "https://venue.test"',
  );
});
