/**
 * The verbs' bodies inside this process: what they read, refuse, write and answer.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { HouseEdges } from "@/engine/program/mod.ts";
import { buildEngine, buildHouse } from "@/main.ts";
import { venueFacts } from "@/exchanges/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@/tests/support/assert.ts";
import { PROGRAM_CONFIG, TOKEN, TOKEN_DOCUMENT } from "@/tests/program/_program.ts";
import { type Opened, runInProcess, until } from "@/tests/program/_in_process.ts";

const CONFIG = PROGRAM_CONFIG.replace("level: info", "level: error");
const QUIET = CONFIG.replace("enabled: true,", "enabled: false,");

Deno.test("version, help and refusals need no house", async () => {
  assertMatch((await runInProcess(["--version"], "")).stdout, /^touchline \d/);
  assertMatch((await runInProcess(["help"], "")).stdout, /simulate/);
  assertMatch((await runInProcess(["help", "replay"], "")).stdout, /JOURNAL/);
  const refused = await runInProcess(["tarde"], "");
  assertEquals([refused.code, refused.stdout], [2, ""]);
});

Deno.test("trade refuses what cannot be, before anything is started", async () => {
  const cases: [string[], string, RegExp][] = [
    [["trade", "--mode", "live"], QUIET, /doctor/],
    [["trade", "--json", "--journal", "-"], QUIET, /found both/],
    [["trade"], "venues: 3", /config.yaml: /],
    [["trade", "--config", "/no/such/file"], QUIET, /Cannot read \/no\/such\/file/],
    [["trade", "--recording", "/no/such/file.gz"], QUIET, /Cannot read \/no\/such\/file.gz/],
  ];
  for (const [args, config, wanted] of cases) {
    const opened: Opened = { worlds: [], houses: [] };
    const { code, stdout, stderr } = await runInProcess(args, config, { opened });
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, wanted);
    assertEquals([opened.worlds.length, opened.houses.length], [0, 0]);
  }
});

Deno.test("trade closes its world when the journal or the house cannot be", async () => {
  let closed = 0;
  const openWorld = () =>
    Promise.resolve(ok({ connectors: [], close: () => closed++, notes: () => [] } as never));
  const journal = await runInProcess(["trade", "--journal", "/no/such/folder/x"], QUIET, {
    parts: { openWorld },
  });
  assertEquals([journal.code, closed], [2, 1], journal.stderr);
  assertMatch(journal.stderr, /Cannot open journal/);
  const house = await runInProcess(["trade"], QUIET, {
    parts: { openWorld, buildHouse: () => err("Cannot build strategy x") },
  });
  assertEquals([house.code, closed], [2, 2]);
  assertMatch(house.stderr, /Cannot build strategy x/);
  const world = await runInProcess(["trade"], QUIET, {
    parts: { openWorld: () => Promise.resolve(err("NotCapable: Requires net access")) },
  });
  assertEquals(world.code, 2);
  assertMatch(world.stderr, /touchline-desk may read and write files/);
});

Deno.test("trade writes a journal that replay matches, with text and with --json", async () => {
  const folder = await Deno.makeTempDir();
  const journal = `${folder}/a.journal`;
  const traded = await runInProcess(["trade", "--for", "2s", "--journal", journal], QUIET);
  assertEquals(traded.code, 0, traded.stderr);
  assertEquals(traded.stdout, "");
  assertMatch(traded.stderr, /placed/i);
  const replayed = await runInProcess(["replay", journal, "--json"], QUIET);
  assertEquals(replayed.code, 0, replayed.stderr);
  const outcome = JSON.parse(replayed.stdout);
  assertEquals([outcome.first_difference, outcome.torn_at], [null, null]);
  assertEquals(outcome.matched, outcome.outputs);
  assert(outcome.matched > 5, replayed.stdout);
  const text = await runInProcess(["replay", journal], QUIET);
  assertMatch(text.stderr, /first_difference: null/);
  // A flipped byte is a difference; a torn tail is none.
  const bytes = await Deno.readFile(journal);
  await Deno.writeFile(`${folder}/torn`, bytes.slice(0, bytes.length - 100));
  assertEquals((await runInProcess(["replay", `${folder}/torn`, "--json"], QUIET)).code, 0);
  bytes[bytes.length >> 1]! ^= 1;
  await Deno.writeFile(`${folder}/bad`, bytes);
  const bad = await runInProcess(["replay", `${folder}/bad`, "--json"], QUIET);
  assertEquals(bad.code, 1);
  assert(JSON.parse(bad.stdout).first_difference !== null);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("replay refuses what is no journal, and a config of another program", async () => {
  const missing = await runInProcess(["replay", "/no/such/journal"], QUIET);
  assertEquals(missing.code, 2);
  const stdin = await runInProcess(["replay", "-"], QUIET, { stdin: "hello" });
  assertEquals(stdin.code, 1);
  assertMatch(stdin.stderr, /wanted a journal's header/);
});

Deno.test("replay builds the core with the venues of the journal's own config, and no other", async () => {
  const folder = await Deno.makeTempDir();
  const journal = `${folder}/a.journal`;
  await runInProcess(["trade", "--for", "1s", "--journal", journal], QUIET);
  const orders: string[][] = [];
  const facts = await venueFacts("binance");
  assert(facts.ok);
  await runInProcess(["replay", journal, "--json"], QUIET, {
    parts: {
      venueFacts: (venue) => Promise.resolve(ok({ ...facts.value, venue } as never)),
      buildEngine: (config, venues) => {
        orders.push(venues.map((one) => one.venue), Object.keys(config.venues));
        return err("enough");
      },
    },
  });
  assertEquals(orders, [["binance"], ["binance"]]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("check prints text and JSON, and what it complains of", async () => {
  const text = await runInProcess(["check"], QUIET);
  assertEquals(text.code, 0);
  assertStringIncludes(text.stdout, "mm_btc");
  assertEquals(JSON.parse((await runInProcess(["check", "--json"], QUIET)).stdout).timer_ms, 50);
  const bad = await runInProcess(["check", "--config", "-"], QUIET, { stdin: "venues: 3" });
  assertEquals(bad.code, 2);
  assertMatch(bad.stderr, /venues/);
});

Deno.test("simulate prints a summary, and tells a violation with the command that replays it", async () => {
  const args = ["simulate", "--hours", "0.003", "--seed", "4", "--faults", "mild"];
  const text = await runInProcess(args, QUIET);
  assertEquals(text.code, 0, text.stderr);
  assertMatch(text.stderr, /seed 4 {2}log_hash [0-9a-f]{64}/);
  const breaking = (loaded: Parameters<typeof buildHouse>[0], edges: HouseEdges) => {
    const house = buildHouse(loaded, edges);
    // Planted: an order that the counters lose.
    if (house.ok) house.value.engine.orders.counters.placed++;
    return house;
  };
  const json = await runInProcess([...args, "--json"], QUIET, { parts: { buildHouse: breaking } });
  assertEquals(json.code, 1);
  assert(JSON.parse(json.stdout).violations[0].startsWith("orders: "));
  assertMatch(json.stderr, /Violated with seed 4: orders: /);
  assertMatch(json.stderr, /touchline simulate --seed 4 --hours 0.003 --faults mild/);
  const unbuilt = await runInProcess(args, QUIET, {
    parts: { buildHouse: () => err("no house") },
  });
  assertEquals([unbuilt.code, unbuilt.stderr], [2, "no house\n"]);
  const noWorld = await runInProcess(args, QUIET, {
    parts: { openWorld: () => Promise.resolve(err("no world")) },
  });
  assertEquals([noWorld.code, noWorld.stderr], [2, "no world\n"]);
  assertEquals((await runInProcess(args, "venues: 3")).code, 2);
});

Deno.test("The control API answers status, commands and a whole reload", async () => {
  const opened: Opened = { worlds: [], houses: [] };
  const config = CONFIG.replace("level: error", "level: info").replace(
    "status_every_s: 0",
    "status_every_s: 1",
  );
  const ending = runInProcess(["trade", "--for", "5s", "--json", "--config", "-"], "", {
    opened,
    stdin: config + TOKEN_DOCUMENT,
  });
  await until(() => opened.houses[0]?.status.isReady() === true, "a ready house");
  const port = await controlPort();
  const post = async (name: string, body: unknown, token = TOKEN) => {
    const answer = await fetch(`http://127.0.0.1:${port}/commands/${name}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
  assertEquals((await post("pause", {}, "wrong-token-wrong")).status, 401);
  assertEquals((await post("pause", { reason: "lunch" })).body.mode, "paused");
  assertEquals((await post("resume", {})).body.mode, "normal");
  const set = await post("set", { values: { "strategies.mm_btc.half_spread_bp": "3" } });
  assertEquals(set.body.changed, 1);
  const fixed = await post("set", { values: { timer_ms: "10" } });
  assertMatch(JSON.stringify(fixed.body), /needs a restart/);
  const unknown = await post("set", { values: { "strategies.mm_btc.nothing": "1" } });
  assertMatch(JSON.stringify(unknown.body), /nothing was changed/);
  const halted = await post("halt", {});
  assertEquals(halted.body.mode, "halted");
  const released = await post("resume", { release_kill_switch: true });
  assertEquals(released.body.mode, "normal");
  const live = config.replace('half_spread_bp: "0.5"', 'half_spread_bp: "0.7"');
  assertEquals((await post("reload", { config: live })).body.changed, 1);
  const restart = await post("reload", {
    config: config.replace("status_every_s: 1", "status_every_s: 9"),
  });
  assertMatch(JSON.stringify(restart.body), /status_every_s.*may change while running/);
  const broken = await post("reload", { config: "venues: [" });
  assertEquals(broken.body.ok ?? false, false);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assertMatch(metrics, /touchline_ready/);
  const { code, stdout, stderr } = await ending;
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout).orders.open_at_end, 0);
  // The status block was shown meanwhile.
  assertMatch(stderr, /BTC-USDT-PERP/);

  /** The port is told on standard error; a test inside the process finds it by asking. */
  async function controlPort(): Promise<string> {
    let found: string | undefined;
    await until(() => {
      found = /control API at http:\/\/127\.0\.0\.1:(\d+)/.exec(opened.stderr?.() ?? "")?.[1];
      return found !== undefined;
    }, "the control address");
    return found!;
  }
});

Deno.test("A control address that is taken is refused, and nothing trades", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = CONFIG.replace("127.0.0.1:0", `127.0.0.1:${listener.addr.port}`);
  const { code, stderr } = await runInProcess(["trade", "--for", "3s", "--json"], taken);
  listener.close();
  assertEquals(code, 2, stderr);
});

Deno.test("operate refuses a token file that is not there and fails without an instance", async () => {
  const at = ["--control", "http://127.0.0.1:1"];
  const token = await runInProcess(["pause", ...at, "--token-file", "/no/such/token"], QUIET);
  assertEquals(token.code, 2);
  assertEquals((await runInProcess(["status", ...at, "--json"], QUIET)).code, 1);
  const commands = [
    ["pause"],
    ["resume", "--release-kill-switch"],
    ["set", "risk.order_value_max=5"],
    ["reload"],
    ["flatten", "--reason", "why"],
  ];
  for (const command of commands) {
    assertEquals((await runInProcess([...command, ...at], QUIET)).code, 1);
  }
  assertEquals((await runInProcess(["reload", "--config", "/no/such", ...at], QUIET)).code, 2);
});

Deno.test("venues refuses a bad config and a recording that is not there", async () => {
  assertEquals((await runInProcess(["venues"], "venues: 3")).code, 2);
  assertEquals((await runInProcess(["venues", "--recording", "/no/such"], QUIET)).code, 2);
  const unserved = await runInProcess(["venues"], QUIET, {
    parts: { openWorld: () => Promise.resolve(err("Cannot serve")) },
  });
  assertEquals([unserved.code, unserved.stderr], [2, "Cannot serve\n"]);
});

Deno.test("venues serves until a signal and prints one line of JSON", async () => {
  const handlers: (() => void)[] = [];
  const real = Deno.addSignalListener;
  Deno.addSignalListener = (_signal, handler) => void handlers.push(handler);
  const ending = runInProcess(["venues", "--port", "0", "--venues", "binance"], QUIET);
  await until(() => handlers.length === 2, "signal listeners");
  handlers[0]!();
  const { code, stdout } = await ending;
  Deno.addSignalListener = real;
  assertEquals(code, 0);
  const { venues, control } = JSON.parse(stdout);
  assertMatch(control, /^http:\/\/127\.0\.0\.1:\d+$/);
  assertEquals(Object.keys(venues), ["binance"]);
  assertEquals(Object.keys(venues.binance).sort(), ["credentials", "perp", "spot"]);
});

const INSTRUMENT = ["--instrument", "BTC-USDT-PERP", "--tick", "0.1", "--lot", "0.001"];

Deno.test("book, events and encode read lines and write lines; sign signs", async () => {
  const frame = JSON.stringify({
    source: "ws",
    text: JSON.stringify({
      e: "trade",
      E: 1,
      T: 1,
      s: "BTCUSDT",
      t: 7,
      p: "100.1",
      q: "0.002",
      X: "MARKET",
      m: false,
    }),
  });
  const book = await runInProcess(["book", "--venue", "binance", ...INSTRUMENT], QUIET, {
    stdin: `${frame}\n`,
  });
  assertEquals(book.code, 0, book.stderr);
  assertEquals(JSON.parse(book.stdout).messages, 1);
  const events = await runInProcess(["events", "--venue", "binance"], QUIET, {
    stdin: `${frame}\n`,
  });
  assertEquals(events.code, 0, events.stderr);
  assertEquals(JSON.parse(events.stdout).line, 1);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/none.json`, '{"symbols":[]}');
  const encode = await runInProcess(
    ["encode", "--venue", "binance", "--instruments", `${folder}/none.json`],
    QUIET,
    { stdin: '{"kind":"cancel_all","instrument":"BTC-USDT-PERP"}\n' },
  );
  assertEquals(encode.code === 0 || encode.code === 2, true, encode.stderr);
  await Deno.remove(folder, { recursive: true });
  const sign = await runInProcess(["sign"], QUIET, {
    stdin: '{"venue":"binance","kind":"rest","params":[["a","b"]],' +
      '"credentials":{"key":"k","secret":"s"}}\n{"venue":"okx","kind":"rest"}\n',
  });
  assertEquals(sign.code, 0, sign.stderr);
  const [signed] = sign.stdout.split("\n").map((line) => line === "" ? {} : JSON.parse(line));
  assertEquals(signed.payload, "a=b");
});

Deno.test("Wire tools refuse venues, files and instruments that are not there", async () => {
  const at = ["--venue", "binance"];
  const cases = [
    ["book", ...at, "--instrument", "BTC-USDT-PERP", "--instruments", "/no/such/file"],
    ["book", ...at, "--instrument", "BTC-USDT-PERP", "--tick", "x", "--lot", "1"],
  ];
  for (const args of cases) {
    const { code, stdout, stderr } = await runInProcess(args, QUIET, { stdin: "" });
    assertEquals([code, stdout], [2, ""], stderr);
  }
  const unknown = await runInProcess(["events", ...at], QUIET, {
    stdin: "",
    parts: { loadTools: () => Promise.resolve(err("no such venue")) },
  });
  assertEquals([unknown.code, unknown.stderr], [2, "no such venue\n"]);
});

Deno.test("The core of a config is refused when strategies, limits or rates cannot be", async () => {
  const { loadConfig } = await import("@/engine/config/mod.ts");
  const loaded = loadConfig(QUIET, { source: "file" });
  assert(loaded.ok);
  const facts = await venueFacts("binance");
  assert(facts.ok);
  const { config } = loaded.value;
  const [maker] = config.strategies;
  const odd = (changes: object) => buildEngine({ ...config, ...changes } as never, [facts.value]);
  assertEquals(odd({}).ok, true);
  assertEquals(odd({ strategies: [{ ...maker, kind: "magic" }] }).ok, false);
  assertEquals(odd({ risk: { ...config.risk, loss_max: "x" } }).ok, false);
  assertEquals(odd({ conversion_rates: { USDC: "x" } }).ok, false);
});
