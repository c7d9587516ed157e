/**
 * Talking to a running instance: what is sent, and what comes of every kind of answer.
 * @module
 */
import { type Fetch, fetchStatus, sendCommand } from "@/engine/cli/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const ADDRESS = { url: "http://127.0.0.1:8787/", token: "0123456789abcdef" };

function answering(body: string, status = 200): { fetcher: Fetch; asked: [string, RequestInit][] } {
  const asked: [string, RequestInit][] = [];
  const fetcher: Fetch = (address, init) => {
    asked.push([address, init]);
    return Promise.resolve(new Response(body, { status }));
  };
  return { fetcher, asked };
}

Deno.test("fetchStatus() asks for /status", async () => {
  const { fetcher, asked } = answering('{"mode":"normal"}');
  const status = await fetchStatus({ ...ADDRESS, token: undefined }, fetcher);
  assert(status.ok);
  assertEquals(status.value.mode, "normal");
  assertEquals(asked[0]![0], "http://127.0.0.1:8787/status");
  assertEquals(asked[0]![1].headers, { accept: "application/json" });
});

Deno.test("sendCommand() bears the token and sends JSON", async () => {
  const { fetcher, asked } = answering('{"accepted":true}');
  const answer = await sendCommand(ADDRESS, "set", { reason: "r", values: { a: "1" } }, fetcher);
  assertEquals(answer, { ok: true, value: { accepted: true } });
  const [address, init] = asked[0]!;
  assertEquals(address, "http://127.0.0.1:8787/commands/set");
  assertEquals([init.method, init.body], ["POST", '{"reason":"r","values":{"a":"1"}}']);
  assertEquals(init.headers, {
    accept: "application/json",
    "content-type": "application/json",
    authorization: "Bearer 0123456789abcdef",
  });
});

Deno.test("sendCommand() sends nothing without a token", async () => {
  const { fetcher, asked } = answering("{}");
  const answer = await sendCommand(
    { ...ADDRESS, token: undefined },
    "halt",
    { reason: "" },
    fetcher,
  );
  assert(!answer.ok);
  assertStringIncludes(answer.error, "Cannot halt: wanted a token (--token-file");
  assertEquals(asked, []);
});

Deno.test("a refused, broken or absent answer is told with its address", async () => {
  const cases: [Fetch, string][] = [
    [answering('{"error":"no token"}', 403).fetcher, "answered 403: no token"],
    [answering("<html>gone</html>", 502).fetcher, "answered 502: <html>gone"],
    [answering("<html>", 200).fetcher, "answered 200: <html>"],
    [answering("[]", 404).fetcher, "answered 404: []"],
    [() => Promise.reject(new Error("connection refused")), "found: connection refused"],
    [() => Promise.reject("cut"), "found: cut"],
  ];
  for (const [fetcher, wanted] of cases) {
    const answer = await fetchStatus(ADDRESS, fetcher);
    assert(!answer.ok);
    assertStringIncludes(answer.error, "http://127.0.0.1:8787/status");
    assertStringIncludes(answer.error, wanted);
    assert(!answer.error.includes(ADDRESS.token), "The token is shown");
  }
});
