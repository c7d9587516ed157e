/**
 * A session outlives its connections: losses, silence, rotation, refusals.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import {
  fixedUrl,
  type WebSocketConnection,
  WebSocketSession,
  type WebSocketSessionOptions,
} from "@/exchanges/shared/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeTransport, readClientFrame, serverFrame } from "./_fake_transport.ts";

const decoder = new TextDecoder();
const FIN_TEXT = 0x81;
const FIN_PONG = 0x8a;

function session(options: Partial<WebSocketSessionOptions> = {}) {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  const heard: string[] = [];
  const ups: WebSocketConnection[] = [];
  const kept = new WebSocketSession({
    name: "books",
    transport,
    clock,
    scheduler: clock,
    random: new SeededRandom(4),
    urlFor: fixedUrl("ws://venue.test:9000/ws"),
    backoff: { firstMs: 100, maxMs: 1_000, factor: 2 },
    handler: {
      onUp: (connection, rotated) => {
        ups.push(connection);
        heard.push(rotated ? "up rotated" : "up");
      },
      onText: (bytes, start, end, _at, connection) => {
        const from = ups.indexOf(connection) + 1;
        heard.push(`#${from} ${decoder.decode(bytes.subarray(start, end))}`);
      },
      onDown: (reason) => heard.push(`down ${reason}`),
      onAttemptFailed: (reason) => heard.push(`failed ${reason}`),
    },
    ...options,
  });
  function accept(): void {
    transport.last.open();
    transport.last.acceptUpgrade();
  }
  function say(text: string, link = transport.last): void {
    link.say(serverFrame(FIN_TEXT, text), clock.now());
  }
  return { clock, transport, heard, kept, accept, say };
}

Deno.test("WebSocketSession connects, delivers, sends, and connects again after a loss", () => {
  const { clock, transport, heard, kept, accept, say } = session();
  assertEquals(kept.send("early"), false);
  kept.start();
  kept.start();
  assertEquals(transport.links.length, 1);
  accept();
  assert(kept.up);
  assert(kept.send("subscribe"));
  assertEquals(readClientFrame(transport.last.takeWritten()).text, "subscribe");
  say("a");
  transport.last.end("reset by peer");
  assertEquals([kept.up, kept.send("x")], [false, false]);
  assertEquals(heard, ["up", "#1 a", "down books: closed with 1006: reset by peer"]);
  clock.advance(49);
  assertEquals(transport.links.length, 1);
  clock.advance(51);
  assertEquals(transport.links.length, 2);
  accept();
  say("b");
  assertEquals(heard.slice(3), ["up", "#2 b"]);
  assertEquals(kept.reconnects, 1);
});

Deno.test("WebSocketSession waits longer after each failure, anew when stable", () => {
  const { clock, transport, kept, accept, heard } = session();
  kept.start();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    transport.last.end("refused");
    const links = transport.links.length;
    let waited = 0;
    while (transport.links.length === links) {
      clock.advance(1);
      waited++;
    }
    waits.push(waited);
  }
  waits.forEach((waited, attempt) => {
    const step = Math.min(1_000, 100 * 2 ** attempt);
    assert(waited >= step / 2 && waited <= step + 1, `attempt ${attempt} waited ${waited} ms`);
  });
  assertEquals(heard.filter((line) => line.startsWith("failed")).length, 8);
  accept();
  clock.advance(10_000);
  transport.last.end("reset");
  const links = transport.links.length;
  clock.advance(101);
  assertEquals(transport.links.length, links + 1);
});

Deno.test("WebSocketSession drops a connection without any sign of life", () => {
  const { clock, transport, heard, kept, accept, say } = session({
    heartbeat: { idleTimeoutMs: 1_000, pingIntervalMs: 400 },
  });
  kept.start();
  accept();
  clock.advance(400);
  assertEquals(readClientFrame(transport.last.takeWritten()).opcode, 9);
  clock.advance(500);
  transport.last.say(serverFrame(FIN_PONG, ""), clock.now());
  clock.advance(900);
  say("x");
  clock.advance(900);
  transport.last.say(serverFrame(0x89, "p"), clock.now());
  clock.advance(999);
  assertEquals(heard, ["up", "#1 x"]);
  clock.advance(1);
  assertEquals(heard[2], "down books: silent for 1000 ms");
  say("ghost", transport.links[0]!);
  assertEquals(heard.length, 3);
});

Deno.test("WebSocketSession sends its ping as text where the venue wants that", () => {
  let count = 0;
  const { clock, transport, kept, accept } = session({
    heartbeat: { pingIntervalMs: 100, pingText: () => `ping ${++count}` },
  });
  kept.start();
  accept();
  clock.advance(200);
  const first = readClientFrame(transport.last.takeWritten());
  assertEquals([first.opcode, first.text], [1, "ping 1"]);
  assertEquals(readClientFrame(first.rest).text, "ping 2");
});

Deno.test("WebSocketSession rotates before it breaks; both deliver meanwhile", () => {
  const { clock, transport, heard, kept, accept, say } = session({
    rotateAfterMs: 60_000,
    rotateOverlapMs: 500,
  });
  kept.start();
  accept();
  const old = transport.last;
  clock.advance(60_000);
  assertEquals(transport.links.length, 2);
  say("still", old);
  accept();
  old.takeWritten();
  say("new");
  say("old", old);
  assert(kept.send("to the new one"));
  assertEquals(old.written.length, 0);
  assertEquals(heard, ["up", "#1 still", "up rotated", "#2 new", "#1 old"]);
  clock.advance(500);
  assertEquals(readClientFrame(old.takeWritten()).opcode, 8);
  say("too late", old);
  old.end("closed by the peer");
  assertEquals(heard.length, 5);
  assertEquals([kept.up, kept.reconnects], [true, 0]);
  clock.advance(59_500);
  assertEquals(transport.links.length, 3);
});

Deno.test("WebSocketSession takes a rotation under way as the reconnect after a loss", () => {
  const { clock, transport, heard, kept, accept } = session({ rotateAfterMs: 1_000 });
  kept.start();
  accept();
  clock.advance(1_000);
  transport.links[0]!.end("cut");
  assertEquals(heard, ["up", "down books: closed with 1006: cut"]);
  accept();
  assertEquals([heard[2], transport.links.length, kept.reconnects], ["up", 2, 1]);
});

Deno.test("WebSocketSession goes on with the old connection when a rotation fails", () => {
  const { clock, transport, heard, kept, accept, say } = session({ rotateAfterMs: 1_000 });
  kept.start();
  accept();
  clock.advance(1_000);
  transport.last.end("refused");
  say("alive", transport.links[0]!);
  assertEquals(heard, ["up", "failed books: closed with 1006: refused", "#1 alive"]);
  clock.advance(100);
  assertEquals(transport.links.length, 3);
  accept();
  assertEquals(heard[3], "up rotated");
});

Deno.test("WebSocketSession asks for its address before each attempt", () => {
  const asked: ((url: Result<string>) => void)[] = [];
  const { clock, transport, heard, kept, accept } = session({ urlFor: (done) => asked.push(done) });
  kept.start();
  assertEquals([asked.length, transport.links.length], [1, 0]);
  asked[0]!(err("Cannot get a listen key: wanted 200, found 502"));
  assertStringIncludes(heard[0]!, "found 502");
  clock.advance(100);
  asked[1]!(ok("ws://venue.test/k1"));
  asked[1]!(ok("ws://venue.test/twice"));
  assertEquals(transport.links.length, 1);
  accept();
  transport.last.end("cut");
  clock.advance(1_000);
  clock.advance(30_000);
  assertStringIncludes(heard[heard.length - 1]!, "no address was given");
  asked[2]!(ok("ws://venue.test/late"));
  assertEquals(transport.links.length, 1);
});

Deno.test("WebSocketSession.restart() drops what is there; stop() ends all without a word", () => {
  const { clock, transport, heard, kept, accept, say } = session({ rotateAfterMs: 5_000 });
  kept.restart("not running yet");
  assertEquals(transport.links.length, 0);
  kept.start();
  kept.restart("changed while connecting");
  clock.advance(100);
  assertEquals(transport.links.length, 2);
  accept();
  kept.restart("first message never came");
  assertEquals(heard, ["up", "down books: first message never came"]);
  clock.advance(1_000);
  accept();
  clock.advance(5_000);
  kept.stop();
  say("late", transport.links[2]!);
  for (const link of transport.links) link.end("gone");
  clock.advance(100_000);
  assertEquals(heard, ["up", "down books: first message never came", "up"]);
  assertEquals([kept.up, clock.pendingCount], [false, 0]);
});

Deno.test("WebSocketSession.renew() opens another connection before the old one goes", () => {
  const ended: WebSocketConnection[] = [];
  const ups: WebSocketConnection[] = [];
  const handler = {
    onUp: (connection: WebSocketConnection) => void ups.push(connection),
    onText: () => {},
    onDown: () => assert(false, "never down"),
    onEnd: (connection: WebSocketConnection) => void ended.push(connection),
  };
  const { clock, transport, kept, accept } = session({ handler, rotateOverlapMs: 500 });
  kept.renew();
  assertEquals(transport.links.length, 0, "it does not run");
  kept.start();
  accept();
  kept.renew();
  kept.renew();
  assertEquals(transport.links.length, 2, "one renewal at a time");
  accept();
  assert(kept.connection === ups[1]);
  clock.advance(499);
  assertEquals(ended.length, 0);
  clock.advance(2);
  assertEquals(ended.map((connection) => ups.indexOf(connection)), [0]);
  kept.renew();
  transport.last.end("refused");
  clock.advance(200);
  assertEquals(transport.links.length, 4, "a renewal that fails is tried again");
  assertEquals(kept.reconnects, 0);
});

Deno.test("WebSocketSession rotates first when told so, and waits while it may not", () => {
  let may = true;
  const { clock, transport, kept, accept } = session({
    rotateAfterMs: 100_000,
    rotateFirstAfterMs: 50_000,
    mayRotate: () => may,
  });
  kept.start();
  accept();
  clock.advance(50_000);
  assertEquals(transport.links.length, 2);
  accept();
  may = false;
  clock.advance(159_999);
  assertEquals(transport.links.length, 2, "due after 100 s, and again after 160 s");
  may = true;
  clock.advance(1);
  assertEquals(transport.links.length, 3);
});
