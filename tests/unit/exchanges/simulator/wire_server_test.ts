/**
 * Dialects served by hand: well-formed and hostile clients, and the faults of the wire underneath.
 * Over the memory wire on virtual time; `socket_server_test.ts` does the same with independent
 * clients.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { InvariantError, micros } from "@/engine/domain/mod.ts";
import { VirtualClock } from "@/engine/simulation/virtual_clock.ts";
import {
  type HttpAnswer,
  HttpClient,
  type HttpRequest,
  openWebSocket,
} from "@/exchanges/shared/mod.ts";
import { MemoryWire } from "@/exchanges/simulator/memory_wire.ts";
import { type Fate, serveDialect } from "@/exchanges/simulator/wire_server.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@/tests/support/assert.ts";
import { EchoDialect } from "./_echo_dialect.ts";

const decoder = new TextDecoder();
const latin1 = new TextDecoder("latin1");
const encoder = new TextEncoder();
const PASS: Fate = { kind: "pass" };
type Where = "in http" | "out http" | "in ws" | "out ws";

function house() {
  const clock = new VirtualClock(micros(1_700_000_000_000_000));
  const wire = new MemoryWire({ clock, scheduler: clock, random: new SeededRandom(9) });
  const dialect = new EchoDialect();
  /** What happens to the next messages of one kind. */
  const fates: Record<Where, Fate[]> = { "in http": [], "out http": [], "in ws": [], "out ws": [] };
  const seen: string[] = [];
  const server = serveDialect({
    transport: wire,
    host: "sim",
    port: 0,
    dialect,
    clock,
    scheduler: clock,
    faults: {
      fate(direction, channel, path, size) {
        seen.push(`${direction} ${channel} ${path} ${size}`);
        return fates[`${direction} ${channel}`].shift() ?? PASS;
      },
    },
  });
  const base = `http://sim:${server.port}`;
  const http = new HttpClient({ transport: wire, clock, scheduler: clock });
  function ask(request: Partial<HttpRequest> & { path: string }): HttpAnswer[] {
    const answers: HttpAnswer[] = [];
    const { path, ...rest } = request;
    http.request({ method: "GET", url: base + path, ...rest }, (answer) => answers.push(answer));
    return answers;
  }
  /** A link on which the test writes its own bytes. */
  function raw() {
    const heard = { text: "", closed: "" };
    const link = wire.connect({ host: "sim", port: server.port, tls: false }, {
      onOpen: () => {},
      onBytes: (bytes, start, end) => heard.text += latin1.decode(bytes.subarray(start, end)),
      onClose: (reason) => heard.closed = reason,
    });
    clock.runFor(5);
    return {
      heard,
      close: () => link.close("test done"),
      say: (text: string | Uint8Array) => {
        link.write(typeof text === "string" ? encoder.encode(text) : text);
        clock.runFor(10);
      },
    };
  }
  function socket(path = "/ws?streams=a") {
    const heard: string[] = [];
    const connection = openWebSocket({
      transport: wire,
      clock,
      scheduler: clock,
      random: new SeededRandom(2),
      url: `ws://sim:${server.port}${path}`,
      handler: {
        onOpen: () => heard.push("open"),
        onText: (bytes, start, end) => heard.push(decoder.decode(bytes.subarray(start, end))),
        onPing: () => heard.push("ping"),
        onPong: (bytes, start, end) =>
          heard.push(`pong ${decoder.decode(bytes.slice(start, end))}`),
        onClose: (code, reason) => heard.push(`close ${code} ${reason}`),
      },
    });
    clock.runFor(20);
    return { heard, connection };
  }
  return { clock, wire, dialect, server, fates, seen, http, ask, raw, socket };
}

function shown(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return "nothing";
  if (answer.kind === "failed") return `failed sent=${answer.sent} ${answer.reason}`;
  return `${answer.status} ${decoder.decode(answer.body)}`;
}

Deno.test("serveDialect() hands whole requests over and answers with length and type", () => {
  const { clock, dialect, ask, server, http } = house();
  const order = ask({ path: "/api/v3/order?a=%20b&c", method: "POST", body: "symbol=ü" });
  clock.runFor(50);
  assertEquals(shown(order[0]), '200 "POST /api/v3/order a=%20b&c symbol=ü"');
  const headers = order[0]!.kind === "answer" ? order[0]!.headers : new Map();
  assertEquals(headers.get("content-type"), "application/json");
  const others = [
    ask({ path: "/none" }),
    ask({ path: "/teapot" }),
    ask({ path: "/", method: "HEAD" }),
  ];
  clock.runFor(50);
  assertEquals(others.map((each) => shown(each[0])), ["204 ", "418 GET /teapot  ", "200 "]);
  assertEquals(dialect.requests[3]!.method, "GET");
  const options = ask({ path: "/x", method: "OPTIONS" });
  clock.runFor(50);
  assertEquals([shown(options[0]), dialect.requests.length], ["204 ", 4]);
  assert(server.connections > 0);
  http.close();
  clock.runFor(50);
  assertEquals(server.connections, 0);
});

Deno.test("serveDialect() answers pipelined requests in order, one after the other", () => {
  const { clock, dialect, raw } = house();
  dialect.holdBack = true;
  const { heard, say } = raw();
  const all = "GET /1 HTTP/1.1\r\nHost: s\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi" +
    "GET /3 HTTP/1.1\r\n\r\n";
  for (const byte of all) say(byte);
  assertEquals([dialect.requests.length, heard.text], [1, ""]);
  for (let turn = 0; turn < 3; turn++) dialect.held[turn]!();
  clock.runFor(10);
  const bodies = [...heard.text.matchAll(/"[A-Z]+ \/(\d)/g)].map((match) => match[1]);
  assertEquals(bodies, ["1", "2", "3"]);
});

Deno.test("serveDialect() takes chunked bodies, 100-continue and absolute targets", () => {
  const { raw } = house();
  const { heard, say } = raw();
  say("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  assertEquals(heard.text, "HTTP/1.1 100 Continue\r\n\r\n");
  heard.text = "";
  say("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
  assertStringIncludes(heard.text, '"POST /c  abcde"');
  heard.text = "";
  say("GET http://sim/p?q HTTP/1.1\r\nConnection: close\r\n\r\n");
  assertStringIncludes(heard.text, '"GET /p q "');
  assertStringIncludes(heard.text, "connection: close\r\n");
  assertEquals(heard.closed, "closed by the peer");
});

const HOSTILE: readonly (readonly [name: string, request: string, status: number])[] = [
  ["no HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400],
  ["a wrong version", "GET / HTTP/2.0\r\n\r\n", 400],
  ["a space in the target", "GET /a b HTTP/1.1\r\n\r\n", 400],
  ["a bare line feed", "GET / HTTP/1.1\nHost: x\n\n", 400],
  ["a nameless field", "GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400],
  [
    "a length and chunks",
    "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    400,
  ],
  ["a length that is none", "POST / HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n", 400],
  ["a body over the bound", "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413],
  ["a head over the bound", `GET / HTTP/1.1\r\nA: ${"a".repeat(20_000)}`, 431],
  ["an unknown coding", "POST / HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n", 501],
  [
    "an upgrade of version 8",
    "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n\r\n",
    426,
  ],
  [
    "an upgrade without key",
    "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    400,
  ],
];

for (const [name, request, status] of HOSTILE) {
  Deno.test(`serveDialect() answers ${status} to ${name}, and lives`, () => {
    const { clock, raw, ask, dialect } = house();
    const { heard, say } = raw();
    say(request);
    assertStringIncludes(heard.text, `HTTP/1.1 ${status} `);
    assertEquals(dialect.requests.length, 0);
    const next = ask({ path: "/fine" });
    clock.runFor(20);
    assertEquals(shown(next[0]), '200 "GET /fine  "');
  });
}

Deno.test("serveDialect() bounds what waits for an answer, and closes idle links", () => {
  const { clock, dialect, raw } = house();
  dialect.holdBack = true;
  const greedy = raw();
  greedy.say("GET /1 HTTP/1.1\r\n\r\n");
  for (let part = 0; part < 11; part++) greedy.say("x".repeat(100_000));
  assertStringIncludes(greedy.heard.text, "HTTP/1.1 413 ");
  assert(greedy.heard.closed !== "");
  dialect.held[0]!();
  const idle = raw();
  clock.runFor(80_000);
  assertEquals(idle.heard.closed, "closed by the peer");
});

Deno.test("serveDialect() upgrades, greets first, echoes, pings and closes", () => {
  const { clock, dialect, socket, server } = house();
  const { heard, connection } = socket();
  assertEquals(heard.splice(0), ["open", "welcome to /ws?streams=a"]);
  connection.sendText("grüße");
  connection.ping(encoder.encode("abc"));
  connection.sendText("ping me");
  clock.runFor(20);
  assertEquals(heard.splice(0), ["echo grüße", "pong abc", "ping"]);
  assertEquals(dialect.sockets[0]!.heard, ["grüße", "ping me", "pong p1"]);
  connection.sendText("close me");
  clock.runFor(20);
  assertEquals(heard, ["close 4001 as you wish"]);
  assertEquals([dialect.sockets[0]!.heard.at(-1), server.connections], ["closed", 0]);
  dialect.sockets[0]!.socket.sendText("too late");
  dialect.sockets[0]!.socket.ping("too late");
  dialect.sockets[0]!.socket.close(1000, "too late");
  clock.runFor(20);
  assertEquals(heard.length, 1);
});

Deno.test("serveDialect() refuses an upgrade with the dialect's own answer", () => {
  const { socket, dialect } = house();
  const { heard } = socket("/refused");
  assertEquals(heard.length, 1);
  assertStringIncludes(heard[0]!, 'wanted status 101, found 401 {"code":-2015}');
  assertEquals(dialect.sockets.length, 0);
});

Deno.test("serveDialect() hears a client's close, a cut, and its own cutAll() and close()", () => {
  const { clock, dialect, socket, server } = house();
  const polite = socket();
  polite.connection.close(1000, "done");
  clock.runFor(20);
  assertEquals(polite.heard.at(-1), "close 1000 done");
  const cut = socket();
  cut.connection.sendText("cut me");
  clock.runFor(20);
  assertStringIncludes(cut.heard.at(-1)!, "close 1006 ");
  const swept = socket();
  server.cutAll();
  clock.runFor(20);
  assertStringIncludes(swept.heard.at(-1)!, "close 1006 ");
  const last = socket();
  assertEquals(last.heard[0], "open");
  server.close();
  clock.runFor(20);
  assertStringIncludes(last.heard.at(-1)!, "close 1006 ");
  assertEquals(server.connections, 0);
  for (const each of dialect.sockets) {
    assertEquals(each.heard.filter((line) => line === "closed").length, 1);
  }
  const refused = socket();
  assertStringIncludes(refused.heard[0]!, "connection refused");
});

Deno.test("serveDialect() closes on unmasked or binary frames and on deaf clients", () => {
  const upgrade = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  for (
    const [frame, code] of [[[0x81, 1, 65], 1002], [[0x82, 0x81, 0, 0, 0, 0, 65], 1003]] as const
  ) {
    const { raw, dialect } = house();
    const { heard, say } = raw();
    say(upgrade);
    assertStringIncludes(heard.text, "HTTP/1.1 101 Switching Protocols\r\n");
    heard.text = "";
    say(Uint8Array.from(frame));
    assertEquals(heard.text.charCodeAt(3), code & 0xff);
    assertEquals([heard.closed, dialect.sockets[0]!.heard.join()], [
      "closed by the peer",
      "closed",
    ]);
  }
  const { raw, dialect, clock } = house();
  const deaf = raw();
  deaf.say(upgrade);
  dialect.sockets[0]!.socket.close(1001, "maintenance");
  clock.runFor(1_900);
  assertEquals(deaf.heard.closed, "");
  clock.runFor(200);
  assertEquals(deaf.heard.closed, "closed by the peer");
});

Deno.test("a dialect that answers twice breaks an invariant", () => {
  const { clock, dialect, raw } = house();
  dialect.holdBack = true;
  raw().say("GET /1 HTTP/1.1\r\n\r\n");
  dialect.held[0]!();
  assertThrows(() => dialect.held[0]!(), InvariantError, "once");
  clock.runFor(10);
});

Deno.test("faults: requests and answers are lost, replaced, repeated, late or cut", () => {
  const { clock, dialect, fates, ask, seen } = house();
  const one = (where: Where, fate: Fate, waitMs: number) => {
    fates[where].push(fate);
    const before = dialect.requests.length;
    const answers = ask({ path: "/o", method: "POST", body: "x", timeoutMs: 1_000 });
    clock.runFor(waitMs);
    return [dialect.requests.length - before, shown(answers[0]).slice(0, 70)];
  };
  const fine = '200 "POST /o  x"';
  assertEquals(one("in http", { kind: "drop" }, 1_100), [
    0,
    "failed sent=true Cannot POST sim:20001/o: no answer after 1000 ms",
  ]);
  assertEquals(one("in http", { kind: "replace", status: 503, body: "<html>" }, 50), [
    0,
    "503 <html>",
  ]);
  assertEquals(one("in http", { kind: "repeat" }, 50), [2, fine]);
  assertEquals(one("in http", { kind: "delay", ms: 100 }, 90), [0, "nothing"]);
  clock.runFor(100);
  assertEquals(one("in http", { kind: "cut", atByte: 0 }, 50)[0], 0);
  assertEquals(one("out http", { kind: "drop" }, 1_100), [
    1,
    "failed sent=true Cannot POST sim:20001/o: no answer after 1000 ms",
  ]);
  assertEquals(one("out http", { kind: "replace", status: 502, body: "{}" }, 50), [1, "502 {}"]);
  assertEquals(one("out http", { kind: "repeat" }, 50), [1, fine]);
  assertEquals(one("out http", { kind: "delay", ms: 100 }, 90), [1, "nothing"]);
  clock.runFor(100);
  const cut = one("out http", { kind: "cut", atByte: 30 }, 50);
  assertEquals(cut[0], 1);
  assertStringIncludes(String(cut[1]), "failed sent=true");
  assertEquals(one("out http", { kind: "reorder", ms: 10 }, 60), [1, fine]);
  assertEquals(one("in http", { kind: "freeze", ms: 10 }, 60), [1, fine]);
  assert(seen.includes("in http /o 1"));
});

Deno.test("faults: pushed messages are lost, doubled, late in order, overtaken, replaced", () => {
  const { clock, fates, socket, dialect } = house();
  const { heard, connection } = socket();
  heard.length = 0;
  const push = (fate: Fate) => {
    fates["out ws"].push(fate);
    const { socket: server } = dialect.sockets[0]!;
    server.sendText("1");
    server.sendText("2");
    clock.runFor(50);
    const first = heard.splice(0).join();
    clock.runFor(200);
    return [first, heard.splice(0).join()];
  };
  assertEquals(push({ kind: "drop" }), ["2", ""]);
  assertEquals(push({ kind: "repeat" }), ["1,1,2", ""]);
  assertEquals(push({ kind: "delay", ms: 100 }), ["", "1,2"]);
  assertEquals(push({ kind: "reorder", ms: 100 }), ["2", "1"]);
  assertEquals(push({ kind: "replace", status: 0, body: "{half" }), ["{half,2", ""]);
  assertEquals(push({ kind: "freeze", ms: 100 }), ["", "1,2"]);
  assertEquals(connection.state, "open");
});

Deno.test("faults: messages from the client are lost, doubled, late, overtaken, replaced", () => {
  const { clock, fates, socket, dialect } = house();
  const { connection } = socket();
  const { heard } = dialect.sockets[0]!;
  const send = (fate: Fate) => {
    fates["in ws"].push(fate);
    connection.sendText("1");
    connection.sendText("2");
    clock.runFor(50);
    const first = heard.splice(0).join();
    clock.runFor(200);
    return [first, heard.splice(0).join()];
  };
  assertEquals(send({ kind: "drop" }), ["2", ""]);
  assertEquals(send({ kind: "repeat" }), ["1,1,2", ""]);
  assertEquals(send({ kind: "delay", ms: 100 }), ["", "1,2"]);
  assertEquals(send({ kind: "reorder", ms: 100 }), ["2", "1"]);
  assertEquals(send({ kind: "replace", status: 0, body: "bent" }), ["bent,2", ""]);
  assertEquals(send({ kind: "freeze", ms: 100 }), ["", "1,2"]);
  fates["in ws"].push({ kind: "cut", atByte: 0 });
  connection.sendText("never heard");
  clock.runFor(50);
  assertEquals(heard, ["closed"]);
});

Deno.test("faults: a pushed message is cut at every byte of its frame", () => {
  for (let atByte = 0; atByte <= 12; atByte++) {
    const { clock, fates, socket, dialect } = house();
    const { heard } = socket();
    heard.length = 0;
    fates["out ws"].push({ kind: "cut", atByte });
    dialect.sockets[0]!.socket.sendText("0123456789");
    dialect.sockets[0]!.socket.sendText("never said");
    clock.runFor(50);
    const wanted = ["close 1006 closed by the peer"];
    assertEquals(heard, atByte < 12 ? wanted : ["0123456789", ...wanted], `cut at ${atByte}`);
    assertEquals(dialect.sockets[0]!.heard, ["closed"]);
  }
});

Deno.test("faults: a message held back when its link ends is never let go", () => {
  const { clock, fates, socket, dialect } = house();
  const { connection } = socket();
  fates["in ws"].push({ kind: "delay", ms: 1_000 }, PASS, { kind: "reorder", ms: 500 });
  for (const text of ["late", "behind", "alone"]) connection.sendText(text);
  clock.runFor(50);
  connection.close(1000, "gone");
  clock.runFor(5_000);
  assertEquals(dialect.sockets[0]!.heard, ["closed"]);
});

Deno.test("the same seed and faults give the same bytes at the same times", () => {
  const run = () => {
    const { clock, fates, socket, seen } = house();
    const { heard, connection } = socket();
    const random = new SeededRandom(77);
    for (let index = 0; index < 300; index++) {
      if (random.next() < 0.3) fates["out ws"].push({ kind: "delay", ms: random.next() * 30 });
      if (random.next() < 0.1) fates["in ws"].push({ kind: "reorder", ms: random.next() * 30 });
      connection.sendText(`#${index}`);
      clock.runFor(random.next() * 10);
    }
    clock.runFor(1_000);
    return [heard, seen];
  };
  assertEquals(run(), run());
});
