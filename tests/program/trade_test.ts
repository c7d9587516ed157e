/**
 * `trade` and `venues` as processes, on loopback, on the real clock.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@/tests/support/assert.ts";
import {
  PROGRAM_CONFIG,
  run,
  type RunningProgram,
  start,
  TOKEN,
  TOKEN_DOCUMENT,
} from "./_program.ts";

interface Summary {
  venues: { connected: boolean; messages: number; reconnects: number; gaps: number }[];
  orders: Record<string, number>;
  fills: number;
  positions: { instrument: string; size: string }[];
  ledger: { breaks: number };
  [key: string]: unknown;
}

/** Every order that was placed ended, and nothing is left. */
function assertClosed({ orders, ledger }: Summary, text: string): void {
  assertEquals([orders["in_flight"], orders["open_at_end"]], [0, 0], text);
  const { placed, filled, cancelled, rejected, expired } = orders as Record<string, number>;
  assertEquals(placed, filled! + cancelled! + rejected! + expired!, text);
  assert(placed! > 0, text);
  assertEquals(ledger.breaks, 0, text);
}

async function controlOf(program: RunningProgram): Promise<string> {
  return (await program.match(/Status page and control API at (http:\S+)/))[1]!;
}

Deno.test("trade --for --json prints one summary of the contract's shape, and leaves nothing", async () => {
  const { code, stdout, stderr } = await run(
    ["trade", "--for", "3s", "--json", "--config", "-"],
    PROGRAM_CONFIG,
  );
  assertEquals(code, 0, stderr);
  assertEquals(stdout.trim().split("\n").length, 1);
  const summary: Summary = JSON.parse(stdout);
  assertClosed(summary, stdout);
  assertEquals(Object.keys(summary).sort(), [
    "fills",
    "latency_us",
    "ledger",
    "memory",
    "orders",
    "pnl",
    "pnl_by_currency",
    "positions",
    "uptime_s",
    "venues",
    "violations",
    "volume",
  ]);
  // The contract lets keys be added, none removed.
  const missing = [
    "connected",
    "gaps",
    "messages",
    "rate_limited",
    "reconnects",
    "resyncs",
    "venue",
  ].filter((key) => !(key in summary.venues[0]!));
  assertEquals(missing, []);
  const pnl = summary["pnl"] as Record<string, string>;
  assertEquals(Object.keys(pnl).sort(), [
    "currency",
    "fees",
    "funding",
    "realised",
    "total",
    "unrealised",
  ]);
  const total = Number(pnl["realised"]) + Number(pnl["unrealised"]) - Number(pnl["fees"]) +
    Number(pnl["funding"]);
  assert(Math.abs(total - Number(pnl["total"])) < 1e-9, JSON.stringify(pnl));
  const latency = summary["latency_us"] as Record<string, Record<string, number>>;
  assertEquals(Object.keys(latency["tick_to_order"]!).sort(), [
    "count",
    "max",
    "p50",
    "p99",
    "p999",
  ]);
  assertEquals(summary["violations"], []);
});

Deno.test("SIGINT cancels own orders, prints the summary and exits 130", async () => {
  const program = await start(["trade", "--json", "--config", "-"], PROGRAM_CONFIG);
  const control = await controlOf(program);
  await untilTrading(control);
  program.signal("SIGINT");
  const { code, stdout, stderr } = await program.finished();
  assertEquals(code, 130, stderr);
  assertClosed(JSON.parse(stdout), stdout);
});

Deno.test("status, pause, set and resume talk to a running instance, with its token", async () => {
  const program = await start(
    ["trade", "--for", "40s", "--json", "--config", "-"],
    PROGRAM_CONFIG + TOKEN_DOCUMENT,
  );
  const control = await controlOf(program);
  await untilTrading(control);
  const at = ["--control", control];
  const withToken = [...at, "--token-file", "-"];
  const status = await run(["status", ...at, "--json"]);
  assertEquals(status.code, 0, status.stderr);
  assertEquals(JSON.parse(status.stdout).mode, "normal");
  const refused = await run(["pause", ...at]);
  assertEquals(refused.code, 1, refused.stdout);
  const paused = await run(["pause", ...withToken, "--reason", "lunch"], TOKEN);
  assertEquals(paused.code, 0, paused.stderr);
  assertEquals(JSON.parse(paused.stdout).mode, "paused");
  const shown = await run(["status", ...at]);
  assertMatch(shown.stdout, /paused/);
  const set = await run(
    ["set", "strategies.mm_btc.half_spread_bp=2", ...withToken],
    TOKEN,
  );
  assertEquals(set.code, 0, set.stderr);
  const wrong = await run(["set", "strategies.mm_btc.half_spread_bp=x", ...withToken], TOKEN);
  assertEquals(wrong.code, 1);
  assertMatch(wrong.stderr, /half_spread_bp/);
  const resumed = await run(["resume", ...withToken], TOKEN);
  assertEquals(JSON.parse(resumed.stdout).mode, "normal");
  const now = await (await fetch(`${control}/status`)).json();
  assertEquals(now.strategies[0].parameters.half_spread_bp, "2");
  const reloaded = await run(["reload", "--config", "-", "--control", control], PROGRAM_CONFIG);
  assertEquals(reloaded.code, 1, "a reload needs the token too");
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.finished();
  assertEquals(code, 130, stderr);
  assertClosed(JSON.parse(stdout), stdout);
  assertEquals((stdout + stderr).includes(TOKEN), false);
});

Deno.test("A halted instance stays up, and exits 3 when it ends halted", async () => {
  const program = await start(
    ["trade", "--for", "6s", "--json", "--config", "-"],
    PROGRAM_CONFIG + TOKEN_DOCUMENT,
  );
  const control = await controlOf(program);
  await untilTrading(control);
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${control}/commands/halt`, {
    method: "POST",
    headers,
    body: JSON.stringify({ reason: "enough" }),
  });
  assertEquals(answer.status, 200, await answer.text());
  const ready = await fetch(`${control}/ready`);
  await ready.body?.cancel();
  assertEquals(ready.status, 503);
  const { code, stdout, stderr } = await program.finished();
  assertEquals(code, 3, stderr);
  assertClosed(JSON.parse(stdout), stdout);
});

Deno.test("An instance that is not there fails with 1 and names the address", async () => {
  const { code, stderr } = await run(["status", "--control", "http://127.0.0.1:1"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "127.0.0.1:1");
});

Deno.test("trade --venues-at without venues there is refused", async () => {
  const { code, stderr } = await run(
    ["trade", "--config", "-", "--venues-at", "http://127.0.0.1:1"],
    PROGRAM_CONFIG,
  );
  assertEquals(code, 2);
  assertMatch(stderr, /wanted a running "touchline venues"/);
});

Deno.test("Cutting every socket of a running venue costs no order and no position", async () => {
  const venues = await start(["venues", "--port", "0", "--seed", "5"]);
  const { control, venues: served } = JSON.parse((await venues.match(/^\{.*\}$/m))[0]);
  const program = await start(
    ["trade", "--for", "9s", "--json", "--config", "-", "--venues-at", control],
    PROGRAM_CONFIG,
  );
  const status = await controlOf(program);
  await untilTrading(status);
  for (let cut = 0; cut < 2; cut++) {
    const answer = await fetch(`${control}/faults`, {
      method: "POST",
      body: JSON.stringify({ venue: "binance", kind: "cut_all" }),
    });
    assertEquals(await answer.json(), { venue: "binance", cut: true });
    await untilTrading(status);
  }
  const { code, stdout, stderr } = await program.finished();
  assertEquals(code, 0, stderr);
  const summary: Summary = JSON.parse(stdout);
  assertClosed(summary, stdout);
  assert(summary.venues[0]!.reconnects >= 2, stdout);
  // What the venue itself holds afterwards is what we say we hold.
  const { perp, credentials } = served.binance;
  const open = await ask(perp.rest, "/fapi/v1/openOrders", credentials) as unknown[];
  assertEquals(open, []);
  const held = await ask(perp.rest, "/fapi/v3/positionRisk", credentials) as {
    symbol: string;
    positionAmt: string;
  }[];
  const theirs = held.filter((one) => Number(one.positionAmt) !== 0)
    .map((one) => `${one.symbol} ${Number(one.positionAmt)}`).sort();
  const ours = summary.positions
    .map((one) => `${one.instrument.replaceAll("-", "").replace("PERP", "")} ${Number(one.size)}`)
    .sort();
  assertEquals(ours, theirs);
  venues.signal("SIGINT");
  assertEquals((await venues.finished()).code, 0);
});

/** Waits until the instance is ready and has an order at the venue. */
async function untilTrading(control: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const status = await (await fetch(`${control}/status`)).json();
    if (status.ready && status.open_orders.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("wanted an instance with orders at the venue, found none within 5 s");
}

/** A signed question to a simulated Binance, by its own rules. */
async function ask(
  rest: string,
  path: string,
  credentials: { key: string; secret: string },
): Promise<unknown> {
  const query = `timestamp=${Date.now()}&recvWindow=5000`;
  const encode = (text: string) => new TextEncoder().encode(text);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(credentials.secret), algorithm, false, [
    "sign",
  ]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, encode(query)));
  const hex = [...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = await fetch(`${rest}${path}?${query}&signature=${hex}`, {
    headers: { "X-MBX-APIKEY": credentials.key },
  });
  return await answer.json();
}
