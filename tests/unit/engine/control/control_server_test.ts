/**
 * The listener: a free port, a taken one, and an end that waits for nobody.
 * @module
 */
import { type ControlOptions, startControlServer } from "@/engine/control/mod.ts";
import { ok, unwrap } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@/tests/support/assert.ts";
import { statusOf } from "./status_fixture.ts";

const OPTIONS: ControlOptions = {
  view: { status: statusOf, isReady: () => true, isHealthy: () => true },
  metrics: () => "",
  command: () => ok({}),
  token: "0123456789abcdef",
};

Deno.test("startControlServer() serves on a free port and tells its address", async () => {
  const server = unwrap(startControlServer("127.0.0.1:0", OPTIONS));
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const response = await fetch(`${server.url}/health`);
  assertEquals(await response.json(), { healthy: true });
  await server.stop();
});

Deno.test("startControlServer() says which address is taken", async () => {
  const server = unwrap(startControlServer("127.0.0.1:0", OPTIONS));
  const second = startControlServer(server.url.slice("http://".length), OPTIONS);
  assert(!second.ok);
  assertStringIncludes(second.error, "Cannot listen on 127.0.0.1:");
  assertStringIncludes(second.error, "control.listen");
  await server.stop();
});

Deno.test("stop() ends open update streams and commands that hang", async () => {
  const server = unwrap(startControlServer("127.0.0.1:0", {
    ...OPTIONS,
    command: () => new Promise(() => {}),
    stopPatienceMs: 10,
  }));
  const updates = await fetch(`${server.url}/updates`);
  const reader = updates.body!.getReader();
  await reader.read();
  const hanging = fetch(`${server.url}/commands/halt`, {
    method: "POST",
    headers: { "content-type": "application/json", "authorization": `Bearer ${OPTIONS.token}` },
    body: "{}",
  });
  await fetch(`${server.url}/health`).then((response) => response.text());
  await server.stop();
  const response = await hanging;
  assertEquals(response.status, 503);
  await response.body?.cancel();
  let rest = await reader.read();
  while (!rest.done) rest = await reader.read();
});
