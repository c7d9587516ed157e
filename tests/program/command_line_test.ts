/**
 * The command line as a user meets it: versions, help, refusals, configs and signatures.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@/tests/support/assert.ts";
import { PROGRAM_CONFIG, run } from "./_program.ts";

Deno.test("--version prints the version on standard output", async () => {
  const { code, stdout } = await run(["--version"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^touchline \d+\.\d+\.\d+\n$/);
});

Deno.test("help lists every verb, help VERB its options, and --help does the same", async () => {
  const [overview, verb, flag] = await Promise.all([
    run(["help"]),
    run(["help", "trade"]),
    run(["trade", "--help"]),
  ]);
  assertEquals([overview.code, verb.code, flag.code], [0, 0, 0]);
  for (const name of ["trade", "venues", "simulate", "replay", "check", "sign", "status"]) {
    assertMatch(overview.stdout, new RegExp(`^\\s+${name}\\b`, "m"));
  }
  assertStringIncludes(verb.stdout, "--journal none|-|FILE|tcp://HOST:PORT");
  assertEquals(verb.stdout, flag.stdout);
});

Deno.test("Bad arguments exit 2, say what was wanted, and start nothing", async () => {
  const cases: [string[], RegExp][] = [
    [["trad"], /unknown verb "trad".*trade/s],
    [["trade", "--fro", "3s"], /--fro/],
    [["trade", "--for", "soon"], /--for.*"soon"/s],
    [["trade", "--mode", "live"], /doctor/],
    [["trade", "--json", "--journal", "-"], /journal/],
    [["simulate", "--faults", "wild"], /none.*mild.*harsh.*wild/s],
    [["book", "--venue", "nyse", "--instrument", "BTC-USDT"], /nyse/],
    [["replay"], /JOURNAL/],
  ];
  const ended = await Promise.all(cases.map(([args]) => run(args)));
  for (const [index, { code, stdout, stderr }] of ended.entries()) {
    const [args, wanted] = cases[index]!;
    assertEquals([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    assertMatch(stderr, wanted);
  }
});

Deno.test("check prints the resolved config, and the embedded one is right", async () => {
  const [embedded, given] = await Promise.all([
    run(["check", "--json"]),
    run(["check", "--config", "-", "--json"], PROGRAM_CONFIG),
  ]);
  assertEquals([embedded.code, given.code], [0, 0], embedded.stderr + given.stderr);
  assertEquals(Object.keys(JSON.parse(embedded.stdout).venues).length, 7);
  assertEquals(JSON.parse(given.stdout).control.listen, "127.0.0.1:0");
});

Deno.test("check masks secrets and never shows them", async () => {
  const secret = "do-not-show-this-secret";
  const document = `---\nsecrets:\n  venues: { binance: { key: k1234567, secret: ${secret} } }\n`;
  const { code, stdout, stderr } = await run(["check", "--config", "-"], PROGRAM_CONFIG + document);
  assertEquals(code, 0, stderr);
  assertEquals((stdout + stderr).includes(secret), false);
});

Deno.test("A bad config is refused with the key, what was found and what was wanted", async () => {
  const cases: [string, string[]][] = [
    [`${PROGRAM_CONFIG}\ntimer_sm: 50\n`, ["timer_sm", "timer_ms"]],
    [`${PROGRAM_CONFIG}\ntimer_ms: fast\n`, ["timer_ms", "fast"]],
    [
      PROGRAM_CONFIG.replace("binance:ETH-USDT-PERP", "binance:SOL-USDT-PERP"),
      ["strategies[1].instruments", "binance:SOL-USDT-PERP"],
    ],
    [PROGRAM_CONFIG.replace("market_making", "magic"), ["strategies[0].kind", "magic"]],
    [
      PROGRAM_CONFIG.replace('half_spread_bp: "0.5"', 'half_spread_bp: "-1"'),
      ["half_spread_bp", "-1"],
    ],
    ["venues: [", ["line"]],
  ];
  const ended = await Promise.all(cases.map(([config]) => run(["check", "--config", "-"], config)));
  for (const [index, { code, stdout, stderr }] of ended.entries()) {
    assertEquals([code, stdout], [2, ""], stderr);
    for (const part of cases[index]![1]) assertStringIncludes(stderr, part);
  }
});

Deno.test("A secret in the config's own document is refused without showing it", async () => {
  const secret = "do-not-show-this-secret";
  const inVenue = PROGRAM_CONFIG.replace(
    "binance: { instruments",
    `binance: { secret: ${secret}, instruments`,
  );
  const inDocument = `${PROGRAM_CONFIG}\nsecrets:\n  control_token: ${secret}\n`;
  for (const config of [inVenue, inDocument]) {
    const { code, stdout, stderr } = await run(["check", "--config", "-"], config);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, /secret/);
    assertEquals(stderr.includes(secret), false, stderr);
  }
});

Deno.test("trade with a bad config starts nothing and exits 2", async () => {
  const bad = `${PROGRAM_CONFIG}\nunknown_key: 1\n`;
  const { code, stdout, stderr } = await run(["trade", "--config", "-", "--json"], bad);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "unknown_key");
});

Deno.test("A config file that is not there is refused by name", async () => {
  const { code, stderr } = await run(["check", "--config", "no_such_file.yaml"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "no_such_file.yaml");
});

const CREDENTIALS = { key: "dummyKeyBinanceSheet01", secret: "dummySecretBinanceSheet01" };
const LISTED = [
  ["symbol", "BTCUSDT"],
  ["side", "BUY"],
  ["type", "LIMIT"],
  ["timeInForce", "GTC"],
  ["quantity", "0.01"],
  ["price", "64000.5"],
  ["newClientOrderId", "mm-000001"],
  ["recvWindow", "5000"],
  ["timestamp", "1760000000123"],
];

Deno.test("sign gives the signatures of the venue's sheet, line by line, in order", async () => {
  const lines = [
    { venue: "binance", kind: "rest", params: LISTED, credentials: CREDENTIALS },
    {
      venue: "binance",
      kind: "rest",
      params: [["timestamp", "1760000002789"], ["symbol", "BTCUSDT"], ["recvWindow", "5000"]],
      credentials: {
        key: "dummyKeyBinanceSheet01",
        ed25519_pem: "-----BEGIN PRIVATE KEY-----\n" +
          "MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n" +
          "-----END PRIVATE KEY-----\n",
      },
    },
    {
      venue: "binance",
      kind: "ws",
      params: {
        symbol: "BTCUSDT",
        side: "SELL",
        positionSide: "BOTH",
        type: "LIMIT",
        timeInForce: "GTX",
        price: "64100.10",
        quantity: "0.002",
        newClientOrderId: "mm-000002",
        recvWindow: 5000,
        timestamp: 1760000003000,
        apiKey: "dummyKeyBinanceSheet01",
      },
      credentials: CREDENTIALS,
    },
  ];
  const { code, stdout, stderr } = await run(
    ["sign"],
    lines.map((line) => JSON.stringify(line)).join("\n") + "\n",
  );
  assertEquals(code, 0, stderr);
  const [hmac, ed25519, socket] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(hmac, {
    payload: LISTED.map(([name, value]) => `${name}=${value}`).join("&"),
    signature: "744438519599419f41afce7b1d3fb03eb26518acab474330f8706e1b771ccf94",
  });
  assertEquals(
    ed25519.signature,
    "Un2Eqd5HFUul9e8JJG3NR/CkYaar7urBSGZpI0QOpB1g1zgY6vBW1LyMENBciPuhonSy7PGrv2Q1asYQ5T4vCQ==",
  );
  assertEquals(
    socket.signature,
    "5dd455474be5395e9905f58ed771ad2b0dcbc53ba225c609e328285e2fac1e2a",
  );
});

Deno.test("simulate prints one summary per seed, and the same seed twice the same hash", async () => {
  const args = ["simulate", "--config", "-", "--hours", "0.005", "--faults", "mild", "--json"];
  const [two, one] = await Promise.all([
    run([...args, "--seed", "7", "--seeds", "2"], PROGRAM_CONFIG),
    run([...args, "--seed", "8"], PROGRAM_CONFIG),
  ]);
  assertEquals([two.code, one.code], [0, 0], two.stderr + one.stderr);
  const [seven, eight] = two.stdout.trim().split("\n").map((line) => JSON.parse(line));
  const again = JSON.parse(one.stdout);
  assertEquals([seven.seed, eight.seed, again.seed], [7, 8, 8]);
  assertEquals(eight.log_hash, again.log_hash);
  assert(seven.log_hash !== eight.log_hash);
  assertEquals([again.violations, again.orders.in_flight, again.orders.open_at_end], [[], 0, 0]);
  assertMatch(again.log_hash, /^[0-9a-f]{64}$/);
  assert(again.invariants_checked > 100);
  assert(again.simulated_s >= 18);
});
