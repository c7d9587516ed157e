/**
 * The HTTP client against a peer that answers oddly, late, twice, half, or not at all.
 * @module
 */
import { type HttpAnswer, HttpClient, type HttpLimits } from "@/exchanges/shared/mod.ts";
import type { HttpRequest } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals, assertStringIncludes, fail } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeTransport } from "./_fake_transport.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const ORDER: HttpRequest = {
  method: "POST",
  url: "https://api.venue.test/v1/order?b=2&a=%20x",
  headers: { "X-KEY": "k" },
  body: "symbol=ü",
};
const LIST: HttpRequest = { method: "GET", url: "https://api.venue.test/v1/list" };

function client(limits: Partial<HttpLimits> = {}) {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  const http = new HttpClient({ transport, clock, scheduler: clock, limits });
  function ask(request: HttpRequest): HttpAnswer[] {
    const answers: HttpAnswer[] = [];
    http.request(request, (answer) => answers.push(answer));
    assertEquals(answers.length, 0);
    return answers;
  }
  return { clock, transport, http, ask };
}

/** A client with one open connection whose first request is on the wire. */
function asked(request: HttpRequest, limits: Partial<HttpLimits> = {}) {
  const all = client(limits);
  const answers = all.ask(request);
  const link = all.transport.last;
  link.open();
  return { ...all, answers, link };
}

function shown(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return "nothing";
  if (answer.kind === "failed") return `failed sent=${answer.sent} ${answer.reason}`;
  return `${answer.status} ${decoder.decode(answer.body)}`;
}

Deno.test("HttpClient writes one whole request with host, length and the query as given", () => {
  const { transport, ask } = client();
  ask(ORDER);
  assertEquals(transport.last.written.length, 0);
  transport.last.open();
  assertEquals(
    transport.last.takeText(),
    "POST /v1/order?b=2&a=%20x HTTP/1.1\r\nHost: api.venue.test\r\nX-KEY: k\r\n" +
      "Content-Length: 9\r\n\r\nsymbol=ü",
  );
});

Deno.test("HttpClient keeps its connection for the next request", () => {
  const { answers, link, ask, transport } = asked(ORDER);
  link.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\n{}", 42);
  const first = answers[0]!;
  assertEquals(shown(first), "200 {}");
  if (first.kind !== "answer") fail("wanted an answer");
  assertEquals([first.headers.get("x-a"), first.at], ["1, 2", 42]);
  link.takeText();
  const second = ask(LIST);
  assertStringIncludes(link.takeText(), "GET /v1/list HTTP/1.1\r\n");
  link.say("HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
  assertEquals(shown(second[0]), "429 ");
  assertEquals(transport.links.length, 1);
});

Deno.test("HttpClient reads chunks however they are cut, with extensions and trailers", () => {
  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
    '5;name="v"\r\nhello\r\n0A\r\n, world!!!\r\n000\r\nX-Trailer: 1\r\n\r\n';
  const bytes = encoder.encode(answer);
  for (let cut = 1; cut < bytes.length; cut++) {
    const { answers, link } = asked(LIST);
    link.say(bytes.slice(0, cut));
    link.say(bytes.slice(cut));
    assertEquals(shown(answers[0]), "200 hello, world!!!", `cut at ${cut}`);
  }
  const dripped = asked(LIST);
  dripped.link.drip(bytes);
  assertEquals(shown(dripped.answers[0]), "200 hello, world!!!");
});

Deno.test("HttpClient takes 204, 304, HEAD and interim answers as having no body", () => {
  const none = asked(LIST);
  none.link.say("HTTP/1.1 204 No Content\r\n\r\n");
  assertEquals(shown(none.answers[0]), "204 ");
  const same = none.ask(LIST);
  none.link.say("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n");
  assertEquals(shown(same[0]), "304 ");
  const head = none.ask({ ...LIST, method: "HEAD" });
  none.link.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  assertEquals(shown(head[0]), "200 ");
  const interim = none.ask(ORDER);
  none.link.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx");
  assertEquals(shown(interim[0]), "201 x");
  assertEquals(none.transport.links.length, 1);
});

Deno.test("HttpClient passes HTML and half a JSON through as the body they are", () => {
  const { answers, link } = asked(ORDER);
  link.say(
    "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
  );
  assertEquals(shown(answers[0]), "502 <html>");
});

Deno.test("HttpClient takes a body without length until the link ends", () => {
  const { answers, link, http } = asked(LIST);
  link.say("HTTP/1.1 200 OK\r\n\r\nall ");
  link.say("of it");
  assertEquals(answers.length, 0);
  link.end("closed by the peer");
  assertEquals(shown(answers[0]), "200 all of it");
  assertEquals(http.connections, 0);
});

Deno.test("HttpClient drops a connection that says close, or that speaks HTTP/1.0", () => {
  for (const head of ["HTTP/1.1 200 OK\r\nConnection: Close", "HTTP/1.0 200 OK"]) {
    const { answers, link, http, ask, transport } = asked(LIST);
    link.say(`${head}\r\nContent-Length: 1\r\n\r\nx`);
    assertEquals(shown(answers[0]), "200 x");
    assert(link.closedWith !== undefined);
    assertEquals(http.connections, 0);
    ask(LIST);
    assertEquals(transport.links.length, 2);
  }
});

Deno.test("HttpClient never writes an order twice: a dying connection means sent", () => {
  const { answers, link, ask, transport } = asked(LIST);
  link.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  assertEquals(answers.length, 1);
  const order = ask(ORDER);
  link.end("reset by peer");
  assertEquals(
    shown(order[0]),
    "failed sent=true Cannot POST api.venue.test/v1/order: reset by peer",
  );
  assertEquals(transport.links.length, 1);
});

Deno.test("HttpClient writes a GET again, once, when a kept connection dies", () => {
  const { link, ask, transport, clock } = asked(LIST);
  link.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const again = ask(LIST);
  link.end("reset by peer");
  assertEquals([again.length, transport.links.length], [0, 2]);
  transport.last.open();
  assertStringIncludes(transport.last.takeText(), "GET /v1/list");
  transport.last.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  assertEquals(shown(again[0]), "200 2");

  const half = ask(LIST);
  transport.last.say("HTTP/1.1 2");
  transport.last.end("reset by peer");
  assertStringIncludes(shown(half[0]), "failed sent=true");
  assertEquals(transport.links.length, 2);

  const fresh = ask(LIST);
  transport.last.open();
  transport.last.end("reset by peer");
  assertStringIncludes(shown(fresh[0]), "failed sent=true");
  assertEquals(clock.pendingCount, 0);
});

Deno.test("HttpClient says not sent when no connection could be had", () => {
  const { transport, ask, clock } = client();
  const one = ask(ORDER);
  transport.last.end("cannot connect: refused");
  assertEquals(
    shown(one[0]),
    "failed sent=false Cannot POST api.venue.test/v1/order: cannot connect: refused",
  );
  const strange = ask({ ...LIST, url: "ftp://x/y?secret=1" });
  clock.advance(0);
  assertStringIncludes(shown(strange[0]), 'found "ftp://x/y"');
  const full = ask(ORDER);
  transport.last.full = true;
  transport.last.open();
  assertStringIncludes(shown(full[0]), "failed sent=false");
});

Deno.test("HttpClient fails a request after its time, whether waiting, connecting or sent", () => {
  const { transport, ask, clock, http } = client({ connectionsPerHostMax: 1 });
  const sent = ask({ ...ORDER, timeoutMs: 100 });
  const waiting = ask({ ...ORDER, timeoutMs: 50 });
  transport.last.open();
  clock.advance(50);
  assertStringIncludes(shown(waiting[0]), "failed sent=false");
  assertStringIncludes(shown(waiting[0]), "no answer after 50 ms");
  clock.advance(50);
  assertStringIncludes(shown(sent[0]), "failed sent=true");
  assert(transport.last.closedWith !== undefined);
  assertEquals(http.connections, 0);
  transport.last.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  assertEquals([sent.length, clock.pendingCount], [1, 0]);
});

Deno.test("HttpClient opens no more connections than allowed", () => {
  const { transport, ask, clock } = client({ connectionsPerHostMax: 2, waitingMax: 2 });
  const [a, b, c, d] = [ask(LIST), ask(LIST), ask(LIST), ask(ORDER)];
  clock.advance(0);
  assertEquals(transport.links.length, 2);
  assertStringIncludes(shown(c[0]), "more than 2 requests wait");
  assertStringIncludes(shown(d[0]), "failed sent=false");
  const e = ask({ ...LIST, url: "http://other.test:8080/" });
  assertEquals(transport.links.length, 3);
  for (const link of transport.links) link.open();
  for (const link of transport.links) link.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  assertEquals([a, b, e].map((each) => shown(each[0])), ["200 x", "200 x", "200 x"]);
});

Deno.test("HttpClient hands a freed connection to who waits first", () => {
  const { transport, ask, http } = client({ connectionsPerHostMax: 1 });
  const [a, b, c] = [ask(LIST), ask(ORDER), ask(LIST)];
  transport.last.open();
  for (const [body, answers] of [["1", a], ["2", b], ["3", c]] as const) {
    assertEquals(answers.length, 0);
    transport.last.say(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${body}`);
    assertEquals(shown(answers[0]), `200 ${body}`);
  }
  assertEquals(http.connections, 1);
});

Deno.test("HttpClient closes what is unused and opens ahead of need", () => {
  const { transport, ask, clock, http } = client({ keepIdleMs: 1_000 });
  http.warm(LIST.url);
  http.warm(LIST.url);
  assertEquals(transport.links.length, 1);
  transport.last.open();
  const order = ask(ORDER);
  assertStringIncludes(transport.last.takeText(), "POST");
  clock.advance(2_000);
  transport.last.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  assertEquals(shown(order[0]), "200 ");
  clock.advance(999);
  assertEquals(http.connections, 1);
  clock.advance(1);
  assertEquals([http.connections, transport.last.closedWith], [0, "unused"]);
  const open = ask(ORDER);
  transport.last.open();
  http.close();
  assertStringIncludes(shown(open[0]), "failed sent=true");
  const late = ask(LIST);
  clock.advance(0);
  assertStringIncludes(shown(late[0]), "the client is closed");
});

const MALFORMED: readonly (readonly [string, string])[] = [
  ["no HTTP at all", "<html>oops</html>\r\n\r\n"],
  ["a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ["a field without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
  ["a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx"],
  ["a folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
  ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
  ["a body over the bound", "HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n"],
  ["a chunk over the bound", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n"],
  ["a chunk size that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
  ["a chunk longer than said", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"],
  ["an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"],
  ["an endless head", `HTTP/1.1 200 OK\r\nA: ${"a".repeat(70_000)}`],
];

for (const [name, answer] of MALFORMED) {
  Deno.test(`HttpClient fails with sent=true when the answer has ${name}`, () => {
    const { answers, link, http } = asked(ORDER, { bodyBytesMax: 10_000 });
    link.say(answer);
    assertStringIncludes(shown(answers[0]), "failed sent=true");
    assertStringIncludes(shown(answers[0]), "cannot be read");
    assertEquals(http.connections, 0);
  });
}

Deno.test("HttpClient drops a connection on which bytes come that nobody asked for", () => {
  const { answers, link, http } = asked(LIST);
  link.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  assertEquals(shown(answers[0]), "200 ");
  assertEquals(http.connections, 0);
});
