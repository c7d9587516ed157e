/**
 * Text to `Config`: what is refused, and with which words.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";
import { loadConfig, type LoadOptions, riskParameters } from "@/engine/config/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const FILE: LoadOptions = { source: "file" };
const INPUT: LoadOptions = { source: "standard_input" };

const SMALL = `
venues:
  binance:
    instruments: [BTC-USDT-PERP]
strategies:
  - id: a
    kind: market_making
    instruments: ["binance:BTC-USDT-PERP"]
    parameters: { order_size: 0.01, inventory_max: 0.05 }
`;

function load(text: string, options: LoadOptions = FILE) {
  const loaded = loadConfig(text, options);
  assert(loaded.ok, loaded.ok ? "" : loaded.error.join("\n"));
  return loaded.value;
}

function complaints(text: string, options: LoadOptions = FILE): string[] {
  const loaded = loadConfig(text, options);
  return loaded.ok ? [] : loaded.error;
}

/** The one complaint about a text. */
function complaint(text: string, options: LoadOptions = FILE): string {
  const found = complaints(text, options);
  assertEquals(found.length, 1, `wanted one complaint, found:\n${found.join("\n")}`);
  return found[0]!;
}

Deno.test("loadConfig() fills in every default", () => {
  const { config, secrets } = load(SMALL);
  assertEquals(config.instance_id, "paper");
  assertEquals(config.control, { enabled: true, listen: "127.0.0.1:8787" });
  assertEquals(config.feed, {
    buffer_deltas: 5_000,
    checksum: "sampled",
    audit_every_s: 60,
    instruments_every_s: 60,
  });
  assertEquals(config.venues.binance?.paper.balances, { USDT: "100000" });
  assertEquals(config.venues.binance?.fees, { maker_bp: "0", taker_bp: "3" });
  assertEquals(config.simulation.latency_ms, { from_venue: 2, to_venue: 2 });
  assertEquals(config.strategies[0]!.enabled, true);
  assertEquals(config.risk, { instruments: {} });
  assertEquals(secrets.control_token, undefined);
});

Deno.test("loadConfig() gives simulated wallets what the venue's instruments are bought with", () => {
  const { config } = load(SMALL.replace(
    "strategies:",
    "  dydx: { instruments: [BTC-USD-PERP] }\n  okx: { instruments: [BTC-USDT, BTC-USDC] }\nstrategies:",
  ));
  assertEquals(config.venues.dydx?.paper.balances, { USDC: "100000" });
  assertEquals(config.venues.okx?.paper.balances, { USDT: "100000", USDC: "100000" });
});

Deno.test("loadConfig() takes amounts as text or number and stores plain text", () => {
  const { config } = load(`${SMALL}
risk: { order_value_max: 1e4, loss_max: "250.50", drawdown_max: none, open_orders_max: 6 }
conversion_rates: { EUR: 1.10 }
`);
  assertEquals(config.risk.order_value_max, "10000");
  assertEquals(config.risk.loss_max, "250.5");
  assertEquals(config.risk.drawdown_max, "none");
  assertEquals(config.risk.open_orders_max, "6");
  assertEquals(config.conversion_rates, { EUR: "1.1" });
  assertEquals(config.strategies[0]!.parameters, { order_size: "0.01", inventory_max: "0.05" });
});

Deno.test("loadConfig() refuses a number that YAML may not have kept exactly", () => {
  const text = SMALL.replace("0.05", "0.12345678901234567");
  assertStringIncludes(complaint(text), "strategies[0].parameters.inventory_max: wanted text");
});

Deno.test("loadConfig() names every fault, not just the first", () => {
  const found = complaints(`
timer_ms: soon
timr_ms: 5
feed: { stale: 1, quiet: 2 }
venues: { binance: { instruments: [BTC/USDT] } }
strategies: [{ id: A, kind: gambling, instruments: [] }]
`);
  const wanted = [
    'timr_ms: unknown key; wanted "timer_ms", found "timr_ms"',
    'feed.stale: unknown key; wanted "stale_after_ms"',
    "feed.quiet: unknown key",
    'timer_ms: wanted a whole number (ms) from 1 to 250, found "soon"',
    "venues.binance.instruments[0]: wanted an instrument like BTC-USDT",
    "strategies[0].id: wanted a name of 1 to 32 of a-z, 0-9 and _",
    'strategies[0].kind: wanted one of market_making, found "gambling"',
    "strategies[0].instruments: wanted a list of at least one VENUE:INSTRUMENT",
  ];
  for (const part of wanted) assert(found.some((text) => text.includes(part)), part);
  assertEquals(found.length, wanted.length);
});

Deno.test("loadConfig() names the key that is missing", () => {
  const found = complaints("timer_ms: 5");
  assertStringIncludes(found.join("\n"), "venues: is missing; wanted a block of VENUE");
  assertStringIncludes(found.join("\n"), "strategies: is missing; wanted a list of strategies");
  const noOrderSize = complaint(SMALL.replace("order_size: 0.01, ", ""));
  assertStringIncludes(noOrderSize, "strategies[0].parameters.order_size: is missing");
});

Deno.test("loadConfig() finds an unknown key inside a list and names the nearest", () => {
  assertEquals(
    complaint(SMALL.replace("kind: market_making", "kind: market_making\n    enable: true")),
    'strategies[0].enable: unknown key; wanted "enabled", found "enable"',
  );
  assertStringIncludes(
    complaint(SMALL.replace("instruments: [BTC", "paper: { balance: {} }\n    instruments: [BTC")),
    'venues.binance.paper.balance: unknown key; wanted "balances"',
  );
});

Deno.test("loadConfig() refuses what is not a block of YAML", () => {
  assertStringIncludes(complaint(""), "wanted a block of keys, found none");
  assertStringIncludes(complaint("- a\n- b"), "wanted a block of keys");
  assertStringIncludes(complaint("a: ["), "wanted YAML, found: Cannot read flow collection");
  assertStringIncludes(complaint("a: 1\na: 2"), "at line 2, column 1");
  assertStringIncludes(complaint(" ".repeat(1_048_577)), "wanted at most 1048576 characters");
  assertStringIncludes(complaint(`${SMALL}---\nsecrets: {}\n---\na: 1`, INPUT), "two documents");
  assertStringIncludes(complaints("venues: 5\nstrategies: x").join(), "found 5");
});

const IMPOSSIBLE: [name: string, text: string, wanted: string][] = [
  [
    "an unknown venue",
    SMALL.replace("  binance:", "  binnance:"),
    "venues.binnance: wanted a venue",
  ],
  ["no venue", "venues: {}\nstrategies: []", "venues: wanted at least one venue"],
  [
    "an instrument twice",
    SMALL.replace("[BTC-USDT-PERP]", "[BTC-USDT-PERP, BTC-USDT-PERP]"),
    'venues.binance.instruments: wanted each instrument once, found "BTC-USDT-PERP" twice',
  ],
  [
    "a strategy's instrument twice",
    SMALL.replace(
      '["binance:BTC-USDT-PERP"]',
      '["binance:BTC-USDT-PERP", "binance:BTC-USDT-PERP"]',
    ),
    "strategies[0].instruments: wanted each instrument once",
  ],
  [
    "an instrument that no venue lists",
    SMALL.replace('"binance:BTC-USDT-PERP"', '"binance:ETH-USDT-PERP"'),
    'strategies[0].instruments: wanted one of binance:BTC-USDT-PERP, found "binance:ETH-USDT-PERP"',
  ],
  [
    "a negative half-spread",
    SMALL.replace("order_size", "half_spread_bp: -1, order_size"),
    'half_spread_bp: wanted a decimal number (bp) at least 0 and at most 1000, found "-1"',
  ],
  [
    "half a level",
    SMALL.replace("order_size", "levels: 1.5, order_size"),
    "levels: wanted a whole number of levels from 1 to 10",
  ],
  [
    "an unknown fair value",
    SMALL.replace("order_size", "fair_value: guess, order_size"),
    "fair_value: wanted one of microprice, mid",
  ],
  [
    "an unknown parameter",
    SMALL.replace("order_size", "requote: 1, order_size"),
    'parameters.requote: unknown parameter; wanted "requote_bp"',
  ],
  [
    "a word for a number",
    SMALL.replace("order_size", "requote_bp: never, order_size"),
    "requote_bp: wanted a decimal number (bp) at least 0 and at most 1000 or auto",
  ],
  [
    "an order beyond the inventory",
    SMALL.replace("0.01", "0.1"),
    "order_size: wanted at most inventory_max (0.05), found 0.1",
  ],
  [
    "a limit below the order size",
    `${SMALL}risk: { order_size_max: 0.005 }`,
    'risk.order_size_max: wanted at least the order size of strategy "a" (0.01), found 0.005',
  ],
  [
    "an own limit below the order size",
    `${SMALL}risk: { instruments: { "binance:BTC-USDT-PERP": { position_max: 0.005 } } }`,
    "risk.instruments.binance:BTC-USDT-PERP.position_max: wanted at least the order size",
  ],
  [
    "too few open orders for the quotes",
    `${SMALL.replace("order_size", "levels: 3, order_size")}risk: { open_orders_max: 5 }`,
    `risk.open_orders_max: wanted at least both sides' quotes of strategy "a" (6), found 5`,
  ],
  [
    "an order limit above the position limit",
    `${SMALL}risk: { order_value_max: 10, position_value_max: 5 }`,
    "risk.order_value_max: wanted at most position_value_max (5), found 10",
  ],
  [
    "an unlimited order within a limited position",
    `${SMALL}risk: { order_size_max: none, position_max: 5 }`,
    "risk.order_size_max: wanted at most position_max (5), found none",
  ],
  [
    "limits of an instrument that no venue lists",
    `${SMALL}risk: { instruments: { "okx:BTC-USDT-PERP": {} } }`,
    'risk.instruments: wanted one of binance:BTC-USDT-PERP, found "okx:BTC-USDT-PERP"',
  ],
  [
    "a maker fee above the taker fee",
    SMALL.replace("instruments: [BTC", "fees: { maker_bp: 5 }\n    instruments: [BTC"),
    "venues.binance.fees.maker_bp: wanted at most taker_bp (3), found 5",
  ],
  [
    "more than two connections of a market stream",
    SMALL.replace("instruments: [BTC", "market_connections: 3\n    instruments: [BTC"),
    "venues.binance.market_connections: wanted a whole number (connections per market stream)",
  ],
  [
    "a book that is stale between two timers",
    `${SMALL}timer_ms: 250\nfeed: { stale_after_ms: 400 }`,
    "feed.stale_after_ms: wanted 0 or at least twice timer_ms (250), found 400",
  ],
  [
    "a venue's stream that is stale between two timers",
    `${SMALL.replace("instruments: [BTC", "stale_after_ms: { book: 60 }\n    instruments: [BTC")}`,
    "venues.binance.stale_after_ms.book: wanted 0 or at least twice timer_ms (50), found 60",
  ],
  [
    "a port that does not exist",
    `${SMALL}control: { listen: "127.0.0.1:70000" }`,
    "control.listen: wanted HOST:PORT like 127.0.0.1:8787",
  ],
  [
    "control beyond loopback without a token",
    `${SMALL}control: { listen: "0.0.0.0:8787" }`,
    "control.listen: wanted a loopback address",
  ],
  ["a journal of no kind", `${SMALL}journal: "tcp://nowhere"`, "journal: wanted none, -"],
];
for (const [name, text, wanted] of IMPOSSIBLE) {
  Deno.test(`loadConfig() refuses ${name}`, () => assertStringIncludes(complaint(text), wanted));
}

Deno.test("loadConfig() refuses two strategies of one id, and two that quote one instrument", () => {
  const strategies = SMALL.slice(SMALL.indexOf("  - id"));
  assertStringIncludes(complaint(SMALL + strategies), 'wanted each id once, found "a" twice');
  const other = strategies.replace("id: a", "id: b");
  assertStringIncludes(complaint(SMALL + other), 'found "binance:BTC-USDT-PERP" in "a" too');
  load(SMALL + other.replace("kind:", "enabled: false\n    kind:"));
});

Deno.test("loadConfig() wants an own instance_id for live trading", () => {
  const live: LoadOptions = { source: "file", mode: "live" };
  assertStringIncludes(complaint(SMALL, live), "instance_id: mode live wanted a name");
  assertStringIncludes(complaint(`${SMALL}instance_id: paper`, live), 'found "paper"');
  assertEquals(load(`${SMALL}instance_id: 7`, live).config.instance_id, "7");
});

Deno.test("loadConfig() refuses secrets in a plain document and never shows them", () => {
  const hidden = "abcdefghijklmnop0123";
  const places = [
    `${SMALL}secrets: { control_token: ${hidden} }`,
    `${SMALL}control: { token: ${hidden} }`,
    SMALL.replace("instruments: [BTC", `api_key: ${hidden}\n    instruments: [BTC`),
    SMALL.replace("order_size", `private_key: ${hidden}, order_size`),
    `${SMALL}journal: 0x${"ab".repeat(32)}`,
  ];
  for (const text of places) {
    for (const options of [FILE, INPUT]) {
      const found = complaints(text, options).join("\n");
      assertStringIncludes(found, "a secret may not stand in a config");
      assert(!found.includes(hidden), "The secret is shown");
      assert(!found.includes("abababab"), "The secret is shown");
    }
  }
});

const SECRETS = `---
secrets:
  control_token: 0123456789abcdefX
  venues: { binance: { key: "kkk", secret: "sss" } }
`;

Deno.test("loadConfig() takes secrets as the second document of standard input only", () => {
  const { secrets } = load(SMALL + SECRETS, INPUT);
  assertEquals(secrets.control_token, "0123456789abcdefX");
  assertEquals(secrets.venues.binance, { key: "kkk", secret: "sss" });
  for (const source of ["file", "embedded", "control"] as const) {
    const found = complaint(SMALL + SECRETS, { source });
    assertStringIncludes(found, "taken from standard input only");
    assert(!found.includes("0123456789"), "The secret is shown");
  }
  load(`${SMALL}---\n`);
});

Deno.test("loadConfig() lets control listen anywhere once there is a token", () => {
  const text = `${SMALL}control: { listen: "0.0.0.0:8787" }\n`;
  load(text + SECRETS, INPUT);
  load(text, { source: "file", controlTokenGiven: true });
  load(`${SMALL}control: { listen: "0.0.0.0:8787", enabled: false }\n`);
});

Deno.test("loadConfig() refuses secrets that are not whole, and never shows them", () => {
  const wrong: [secrets: string, wanted: string][] = [
    ["secrets: { control_token: shorttoken }", "at least 16 visible characters"],
    ["secrets: { venues: { binance: { key: kkk } } }", "wanted key and secret, or key and ed25519"],
    [
      "secrets: { venues: { okx: { key: kkk, secret: s } } }",
      "wanted key and secret and passphrase",
    ],
    ["secrets: { venues: { binance: {} } }", "found nothing"],
    ["secrets: { venues: { binance: { key: 12345, secret: s } } }", "text in quotes"],
    ["secrets: { venues: { nowhere: { key: kkk } } }", "wanted a venue"],
    ["secrets: { venus: {} }", 'secrets.venus: unknown key; wanted "venues"'],
    ["secrts: {}", 'secrts: unknown key; wanted "secrets"'],
    ["secrets: hunter2hunter2", "secrets: wanted a block"],
  ];
  for (const [text, wanted] of wrong) {
    const found = complaints(`${SMALL}---\n${text}`, INPUT).join("\n");
    assertStringIncludes(found, wanted);
    for (const shown of ["shorttoken", "kkk", "12345", "hunter2"]) {
      assert(!found.includes(shown), `A secret is shown: ${found}`);
    }
  }
});

Deno.test("loadConfig() shows no secret of a YAML error", () => {
  const found = complaints(`${SMALL}---\nsecrets: { control_token: !hunter2hunter2 x }`, INPUT)
    .join();
  assertStringIncludes(found, "wanted YAML");
  assert(!found.includes("hunter2"), found);
});

Deno.test("riskParameters() gives an instrument's own limits behind an @", () => {
  const { config } = load(`${SMALL}
risk:
  order_value_max: 10
  instruments: { "binance:BTC-USDT-PERP": { order_value_max: 20 } }
`);
  assertEquals(riskParameters(config.risk), {
    "order_value_max": "10",
    "order_value_max@binance:BTC-USDT-PERP": "20",
  });
});

Deno.test("loadConfig() survives a block that holds itself", () => {
  assert(complaints(`a: &a { b: *a }`).length > 0);
  assert(complaints(`${SMALL}log: &log { level: *log }`).length > 0);
});

Deno.test("the config.yaml of this repository loads as it is: seven venues, three instruments each", async () => {
  const { config } = load(await Deno.readTextFile("config.yaml"), { source: "embedded" });
  assertEquals(Object.keys(config.venues).sort(), [...VENUE_IDS].sort());
  for (const venue of Object.values(config.venues)) assertEquals(venue.instruments.length, 3);
  const quoted = new Set(config.strategies.flatMap((strategy) => strategy.instruments));
  for (const venue of VENUE_IDS) assert([...quoted].some((key) => key.startsWith(`${venue}:`)));
});
