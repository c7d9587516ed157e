/**
 * The control API: what may be read, who may command, and what the page is.
 * @module
 */
import { isLoopbackHost, isSameSecret } from "@/engine/control/access.ts";
import {
  type CommandRequest,
  type ControlOptions,
  createControlApp,
  REMOTE_COMMANDS,
} from "@/engine/control/mod.ts";
import { err, ok } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@/tests/support/assert.ts";
import { statusOf } from "./status_fixture.ts";

const TOKEN = "0123456789abcdef";

interface Setup {
  readonly taken: CommandRequest[];
  readonly failures: unknown[];
  readonly ticks: (() => void)[];
  stopped: number;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(name: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  readonly updates: ReturnType<typeof createControlApp>["updates"];
}

function setup(change: Partial<ControlOptions> = {}): Setup {
  const taken: CommandRequest[] = [];
  const failures: unknown[] = [];
  const ticks: (() => void)[] = [];
  const { app, updates } = createControlApp({
    view: { status: statusOf, isReady: () => true, isHealthy: () => true },
    metrics: () => "# TYPE up gauge\nup 1\n",
    command: (request) => {
      taken.push(request);
      return ok({});
    },
    token: TOKEN,
    onFailure: (error) => failures.push(error),
    repeat: (run) => {
      ticks.push(run);
      return () => made.stopped++;
    },
    ...change,
  });
  const ask = (path: string, init: RequestInit) =>
    Promise.resolve(app.request(`http://127.0.0.1:8787${path}`, init));
  const made: Setup = {
    taken,
    failures,
    ticks,
    stopped: 0,
    updates,
    get: (path, headers = {}) => ask(path, { headers: { host: "127.0.0.1:8787", ...headers } }),
    post: (name, body, headers = {}) =>
      ask(`/commands/${name}`, {
        method: "POST",
        headers: {
          "host": "127.0.0.1:8787",
          "content-type": "application/json",
          "authorization": `Bearer ${TOKEN}`,
          ...headers,
        },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
  return made;
}

async function errorOf(response: Response): Promise<string> {
  return String((await response.json() as { error: unknown }).error);
}

Deno.test("GET /health, /ready, /status and /metrics need no token on loopback", async () => {
  const { get } = setup();
  assertEquals(await (await get("/health")).json(), { healthy: true });
  assertEquals(await (await get("/ready")).json(), { ready: true });
  assertEquals(await (await get("/status")).json(), { ...statusOf() });
  const metrics = await get("/metrics");
  assertEquals(metrics.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertStringIncludes(await metrics.text(), "up 1");
});

Deno.test("GET /health and /ready answer 503 when it is so", async () => {
  const { get } = setup({
    view: { status: statusOf, isReady: () => false, isHealthy: () => false },
  });
  assertEquals((await get("/health")).status, 503);
  assertEquals((await get("/ready")).status, 503);
});

Deno.test("every answer forbids sniffing, framing and caching", async () => {
  const { get } = setup();
  for (const path of ["/", "/status", "/nowhere"]) {
    const { headers } = await get(path);
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-frame-options"), "DENY");
  }
});

Deno.test("pages of other sites can neither read nor command", async () => {
  const { get, post, taken } = setup();
  const foreign: Record<string, string>[] = [
    { host: "evil.example:8787" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:9999" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    const name = Object.keys(headers)[0]!;
    for (const response of [await get("/status", headers), await post("halt", {}, headers)]) {
      assertEquals(response.status, 403);
      assertStringIncludes((await errorOf(response)).toLowerCase(), name);
    }
  }
  assertEquals(taken, []);
  const own = { origin: "http://127.0.0.1:8787", "sec-fetch-site": "same-origin" };
  assertEquals((await post("pause", {}, own)).status, 200);
});

Deno.test("isLoopbackHost() knows this machine's names and no look-alikes", () => {
  const own = ["localhost", "LOCALHOST:1", "127.0.0.1:8787", "127.9.9.9", "[::1]:8787", "[::1]"];
  const others = ["", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1", "[::2]", "0.0.0.0:1"];
  assertEquals(own.filter(isLoopbackHost), own);
  assertEquals(others.filter(isLoopbackHost), []);
});

Deno.test("POST /commands needs the token", async () => {
  const { post, taken } = setup();
  const wrong = ["", "Bearer", "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, TOKEN];
  for (const authorization of wrong) {
    const response = await post("pause", {}, { authorization });
    assertEquals(response.status, 401, authorization);
    assertEquals(response.headers.get("www-authenticate"), "Bearer");
    assert(!(await response.text()).includes(TOKEN), "The token is shown");
  }
  assertEquals(taken, []);
  assertEquals((await post("pause", {}, { authorization: `bearer ${TOKEN}` })).status, 200);
});

Deno.test("POST /commands is off where no token is configured", async () => {
  const { post } = setup({ token: undefined });
  const response = await post("pause", {});
  assertEquals(response.status, 403);
  assertStringIncludes(await errorOf(response), "no control token is configured");
});

Deno.test("isSameSecret() compares texts of any length", () => {
  assert(isSameSecret(TOKEN, TOKEN));
  assert(!isSameSecret("", TOKEN));
  assert(!isSameSecret(`${TOKEN}0`, TOKEN));
});

Deno.test("POST /commands takes JSON only, of bounded length", async () => {
  const { post } = setup();
  assertEquals((await post("pause", "", { "content-type": "text/plain" })).status, 415);
  assertEquals((await post("pause", "", { "content-type": "" })).status, 415);
  const long = "x".repeat(1_100_000);
  const length = { "content-length": String(long.length) };
  assertEquals((await post("pause", long, length)).status, 413);
  const charset = { "content-type": "Application/JSON; charset=utf-8" };
  assertEquals((await post("pause", {}, charset)).status, 200);
});

Deno.test("every remote command reaches the taker once; a shutdown is none", async () => {
  const { post, taken, get } = setup();
  for (const name of REMOTE_COMMANDS) {
    const body = name === "set" ? { values: { "risk.loss_max": 5 } } : {};
    const response = await post(name, body);
    assertEquals(await response.json(), { accepted: true, command: name });
  }
  assertEquals(taken.map((request) => request.name), [...REMOTE_COMMANDS]);
  const unknown = await post("shutdown", {});
  assertEquals(unknown.status, 404);
  assertStringIncludes(await errorOf(unknown), 'unknown command "shutdown"; wanted one of pause');
  const read = await get("/commands/pause");
  assertEquals([read.status, read.headers.get("allow")], [405, "POST"]);
  assertEquals((await get("/elsewhere")).status, 404);
});

Deno.test("a command carries its reason, values and release", async () => {
  const { post, taken } = setup();
  await post("set", { reason: "why", values: { "strategies.a.skew": 0.5, b: true, c: "x" } });
  await post("resume", { release_kill_switch: true });
  await post("reload", { config: "venues: {}" });
  await post("halt", "");
  assertEquals(taken[0], {
    name: "set",
    reason: "why",
    releaseKillSwitch: false,
    values: [["strategies.a.skew", "0.5"], ["b", "true"], ["c", "x"]],
    config: undefined,
  });
  assertEquals(taken[1]!.releaseKillSwitch, true);
  assertEquals(taken[2]!.config, "venues: {}");
  assertEquals(taken[3]!.reason, "");
});

const BAD_BODIES: [name: string, body: unknown, wanted: string][] = [
  ["pause", "{", "body: wanted a JSON object"],
  ["pause", "[]", "body: wanted a JSON object"],
  ["pause", { why: 1 }, '"why": unknown key; wanted one of reason'],
  ["pause", { reason: 5 }, '"reason": wanted text'],
  ["pause", { reason: "x".repeat(501) }, '"reason": wanted text of at most 500'],
  ["pause", { values: { a: 1 } }, '"values": wanted with set only'],
  ["pause", { release_kill_switch: true }, "wanted with resume only"],
  ["resume", { release_kill_switch: "yes" }, "wanted true or false"],
  ["halt", { config: "x" }, "with reload only"],
  ["reload", { config: 5 }, "wanted the text of a config"],
  ["set", {}, "wanted at least one key"],
  ["set", { values: ["a"] }, "wanted an object of key: value"],
  ["set", { values: { a: {} } }, 'wanted text, a number, true or false for "a"'],
  ["set", { values: { a: null } }, 'for "a"'],
  [
    "set",
    { values: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`k${i}`, 1])) },
    "at most 200 keys",
  ],
];
for (const [name, body, wanted] of BAD_BODIES) {
  Deno.test(`POST /commands/${name} refuses ${JSON.stringify(body).slice(0, 50)}`, async () => {
    const { post, taken } = setup();
    const response = await post(name, body);
    assertEquals(response.status, 400);
    assertStringIncludes(await errorOf(response), wanted);
    assertEquals(taken, []);
  });
}

Deno.test("the taker's no is 400 about values and 409 about the state", async () => {
  const { post } = setup({ command: () => Promise.resolve(err("cause stands")) });
  const values = await post("set", { values: { a: 1 } });
  assertEquals([values.status, await errorOf(values)], [400, "cause stands"]);
  assertEquals((await post("resume", {})).status, 409);
});

Deno.test("a failure inside tells the client nothing and the log everything", async () => {
  const broken = new Error("secret detail");
  const { get, failures } = setup({
    metrics: () => {
      throw broken;
    },
  });
  const response = await get("/metrics");
  assertEquals(response.status, 500);
  assertEquals(await errorOf(response), "failed inside; the log says why");
  assertEquals(failures, [broken]);
});

Deno.test("beyond loopback any host is served, but reading needs the token", async () => {
  const { get } = setup({ beyondLoopback: true });
  const host = { host: "desk.example:8787" };
  assertEquals((await get("/health", host)).status, 200);
  assertEquals((await get("/", host)).status, 200);
  for (const path of ["/status", "/metrics", "/ready", "/updates"]) {
    assertEquals((await get(path, host)).status, 401, path);
  }
  const bearing = { ...host, authorization: `Bearer ${TOKEN}` };
  assertEquals((await get("/status", bearing)).status, 200);
  const none = setup({ beyondLoopback: true, token: undefined });
  assertEquals((await none.get("/status", host)).status, 403);
});

Deno.test("GET / is one page whose policy allows its own script and style only", async () => {
  const response = await setup().get("/");
  const page = await response.text();
  const policy = response.headers.get("content-security-policy")!;
  assertStringIncludes(policy, "default-src 'none'");
  assert(!policy.includes("unsafe"), policy);
  for (const [tag, directive] of [["script", "script-src"], ["style", "style-src"]] as const) {
    const parts = [...page.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))];
    assertEquals(parts.length, 1);
    const bytes = new TextEncoder().encode(parts[0]![1]!);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hash = btoa(String.fromCharCode(...digest));
    assertStringIncludes(policy, `${directive} 'sha256-${hash}'`);
  }
  assert(!/\b(?:src|href)="(?!data:,|\/status)/.test(page), "The page fetches from elsewhere");
  assert(!/innerHTML|insertAdjacentHTML|document\.write|eval\(/.test(page), "Markup from text");
  assert(!/\son\w+="|style="/.test(page), "Inline handlers or styles would be blocked");
});

Deno.test("the page's script is JavaScript and uses only ids that the page has", async () => {
  const page = await (await setup().get("/")).text();
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)![1]!;
  new Function(script);
  const ids = new Set([...page.matchAll(/ id="(\w+)"/g)].map((match) => match[1]));
  for (const [, id] of script.matchAll(/(?:\bat|table)\("(\w+)"/g)) assert(ids.has(id!), id!);
});

Deno.test("GET /updates sends the picture at once and then with every tick", async () => {
  const made = setup();
  const response = await made.get("/updates");
  assertMatch(response.headers.get("content-type")!, /^text\/event-stream/);
  const reader = response.body!.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  assertEquals(first, `data: ${JSON.stringify(statusOf())}\n\n`);
  assertEquals(made.ticks.length, 1);
  made.ticks[0]!();
  assertEquals((await reader.read()).done, false);
  await reader.cancel();
  assertEquals([made.stopped, made.updates.listenerCount], [1, 0]);
});

Deno.test("GET /updates conflates for a listener that does not read", async () => {
  let pictures = 0;
  const made = setup({
    view: {
      status: () => {
        pictures++;
        return statusOf();
      },
      isReady: () => true,
      isHealthy: () => true,
    },
  });
  const response = await made.get("/updates");
  for (let i = 0; i < 50; i++) made.ticks[0]!();
  made.updates.close();
  let frames = 0;
  for await (const chunk of response.body!) {
    if (chunk.length > 0) frames++;
  }
  assert(frames <= 4, `wanted few waiting frames, found ${frames}`);
  assertEquals(pictures, 51);
});

Deno.test("GET /updates makes one picture for all listeners, and has a limit", async () => {
  const made = setup();
  const open: Response[] = [];
  for (let i = 0; i < 16; i++) open.push(await made.get("/updates"));
  assertEquals(made.ticks.length, 1);
  assertEquals((await made.get("/updates")).status, 503);
  made.updates.close();
  assertEquals(made.updates.listenerCount, 0);
  assertEquals((await made.get("/updates")).status, 503);
  for (const response of open) await response.text();
});
