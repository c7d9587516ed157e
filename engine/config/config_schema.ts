/**
 * The schema of `config.yaml`: which keys there are, what each may be, what it is when left out.
 *
 * Only keys are checked here; what one key says of another is `config_checks.ts`.
 * @module
 */
import * as v from "valibot";
import { symbolParts, VENUE_IDS } from "@/engine/domain/mod.ts";
import { type Config, STRATEGY_KINDS } from "./config.ts";
import {
  amount,
  choice,
  count,
  countText,
  flag,
  measure,
  plainValue,
  text,
} from "./config_values.ts";

const DAY_S = 86_400;

/** A block in which every key is known, and which may be left out where all its keys may be. */
function block<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.strictObject(entries, "a block of keys");
}

const INSTRUMENT_ID = "an instrument like BTC-USDT (spot) or BTC-USDT-PERP (perpetual)";
const symbol = v.pipe(
  text(INSTRUMENT_ID, /^[A-Z0-9]{1,20}-[A-Z0-9]{1,10}(-PERP)?$/),
  v.check((found) => symbolParts(found) !== undefined, INSTRUMENT_ID),
);
const KEY_SHAPE = new RegExp(`^(${VENUE_IDS.join("|")}):[A-Z0-9]{1,20}-[A-Z0-9]{1,10}(-PERP)?$`);
const key = text("VENUE:INSTRUMENT like binance:BTC-USDT-PERP", KEY_SHAPE);
const currency = text("a currency like USDT", /^[A-Z0-9]{1,10}$/);
// Keys of a record are texts from the start.
const keyName = name("VENUE:INSTRUMENT like binance:BTC-USDT-PERP", KEY_SHAPE);
const currencyName = name("a currency like USDT", /^[A-Z0-9]{1,10}$/);
const parameterName = name("a parameter's name of a-z, 0-9 and _", /^[a-z][a-z0-9_]{0,63}$/);
const venueName = v.picklist(VENUE_IDS, `a venue: one of ${VENUE_IDS.join(", ")}`);

function name(wanted: string, shape: RegExp) {
  return v.pipe(v.string(wanted), v.regex(shape, wanted));
}

const log = block({
  level: v.optional(choice(["error", "warn", "info", "debug"]), "info"),
  format: v.optional(choice(["text", "json"]), "text"),
});

const LISTEN = "HOST:PORT like 127.0.0.1:8787 (port 0: a free one)";
const LISTEN_SHAPE = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;
const control = block({
  enabled: v.optional(flag(), true),
  listen: v.optional(
    v.pipe(
      text(LISTEN, LISTEN_SHAPE),
      v.check((found) => Number(LISTEN_SHAPE.exec(found)![1]) <= 65_535, LISTEN),
    ),
    "127.0.0.1:8787",
  ),
});

/** Silence of a stream. */
function silence() {
  return count("ms, 0 is never", 0, 3_600_000);
}

const staleAfter = block({
  book: v.exactOptional(silence()),
  best_bid_ask: v.exactOptional(silence()),
  mark_price: v.exactOptional(silence()),
  funding: v.exactOptional(silence()),
  trades: v.exactOptional(silence()),
});

const feed = block({
  stale_after_ms: v.exactOptional(silence()),
  buffer_deltas: v.optional(count("deltas", 100, 1_000_000), 5_000),
  checksum: v.optional(choice(["sampled", "every", "never"]), "sampled"),
  audit_every_s: v.optional(count("s, 0 is never", 0, DAY_S), 60),
  instruments_every_s: v.optional(count("s, 0 is only on doubt", 0, DAY_S), 60),
});

const orders = block({
  ack_timeout_ms: v.optional(count("ms", 50, 60_000), 2_000),
  reconcile_every_s: v.optional(count("s, 0 is never", 0, DAY_S), 10),
});

const bp = { min: "-1000", max: "1000" };
const fees = block({
  maker_bp: v.optional(amount("bp, below 0 is a rebate", bp), "0"),
  taker_bp: v.optional(amount("bp", bp), "3"),
});

const paper = block({
  balances: v.exactOptional(
    v.record(currencyName, amount("of the asset", { min: "0" }), "a block of ASSET: AMOUNT"),
  ),
});

const connections = v.pipe(
  count("connections per market stream", 1, 2),
  v.transform((found): 1 | 2 => found === 2 ? 2 : 1),
);

const venueBlock = block({
  network: v.optional(choice(["live", "testnet", "demo"]), "live"),
  instruments: v.pipe(
    v.array(symbol, "a list of instruments"),
    v.minLength(1, "a list of at least one instrument"),
    v.maxLength(500, "a list of at most 500 instruments"),
  ),
  market_connections: v.optional(connections, 1),
  fees: v.optional(fees, {}),
  paper: v.optional(paper, {}),
  stale_after_ms: v.optional(staleAfter, {}),
});

const venue = v.pipe(
  venueBlock,
  v.transform(({ paper: { balances }, ...rest }) => ({
    ...rest,
    paper: { balances: balances ?? defaultBalances(rest.instruments) },
  })),
);

const PAPER_BALANCE = "100000";

/** What the instruments are bought with; whoever quotes in USD settles in USDC. */
function defaultBalances(instruments: readonly string[]): Record<string, string> {
  const assets = instruments.map((symbol) => symbol.split("-")[1] ?? "USDT");
  return Object.fromEntries(
    assets.map((asset) => [asset === "USD" ? "USDC" : asset, PAPER_BALANCE]),
  );
}

const STRATEGY_ID = "a name of 1 to 32 of a-z, 0-9 and _";
const strategy = block({
  id: text(STRATEGY_ID, /^[a-z0-9_]{1,32}$/),
  kind: choice(STRATEGY_KINDS),
  enabled: v.optional(flag(), true),
  instruments: v.pipe(
    v.array(key, "a list of VENUE:INSTRUMENT"),
    v.minLength(1, "a list of at least one VENUE:INSTRUMENT"),
  ),
  parameters: v.optional(
    v.record(parameterName, plainValue(), "a flat block"),
    {},
  ),
});

const base = "base currency";
const quote = "quote currency";
const UP_TO = { min: "0", max: "1000000000000000" };

/** A limit that may be switched off. */
function limit(unit: string) {
  return v.exactOptional(amount(unit, UP_TO, "none"));
}

function wholeLimit(unit: string, max: number) {
  return v.exactOptional(countText(unit, 0, max));
}

const limits = {
  order_size_max: limit(base),
  order_value_max: limit(quote),
  position_max: limit(base),
  position_value_max: limit(quote),
  price_collar_bp: v.exactOptional(amount("bp", { min: "0", max: "10000" })),
  taking_collar_bp: v.exactOptional(amount("bp", { min: "0", max: "10000" })),
  open_orders_max: wholeLimit("orders", 10_000),
  leverage: v.exactOptional(amount("times the margin", { min: "1", max: "200" })),
};

const risk = block({
  ...limits,
  venue_open_orders_max: wholeLimit("orders", 10_000),
  venue_open_value_max: limit(quote),
  gross_exposure_max: limit(quote),
  loss_max: limit("reporting currency"),
  drawdown_max: limit("reporting currency"),
  requests_per_second_max: wholeLimit("requests", 4_096),
  ledger_patience_ms: wholeLimit("ms", 600_000),
  instruments: v.optional(
    v.record(keyName, block(limits), "a block of VENUE:INSTRUMENT: {limits}"),
    {},
  ),
});

const simulation = block({
  seed: v.optional(count("", 0, Number.MAX_SAFE_INTEGER), 1),
  updates_per_second: v.optional(measure("per instrument", 0.1, 1_000), 10),
  latency_ms: v.optional(
    block({
      from_venue: v.optional(measure("ms", 0, 60_000), 2),
      to_venue: v.optional(measure("ms", 0, 60_000), 2),
    }),
    {},
  ),
});

const INSTANCE_ID = "a name of 1 to 8 of a-z and 0-9";
const JOURNAL = "none, - (standard output), a file name, or tcp://HOST:PORT";

/** All of `config.yaml`. */
export const CONFIG_SCHEMA = block({
  instance_id: v.optional(text(INSTANCE_ID, /^[a-z0-9]{1,8}$/), "paper"),
  reporting_currency: v.optional(currency, "USDT"),
  conversion_rates: v.optional(
    v.record(
      currencyName,
      amount("reporting currency per unit", { above: "0" }),
      "a block of CURRENCY: RATE",
    ),
    { USDC: "1", USD: "1" },
  ),
  log: v.optional(log, {}),
  control: v.optional(control, {}),
  journal: v.optional(text(JOURNAL, /^(?!tcp:)\S(?:.*\S)?$|^tcp:\/\/\S+:\d{1,5}$/), "none"),
  timer_ms: v.optional(count("ms", 1, 250), 50),
  status_every_s: v.optional(count("s, 0 is never", 0, 3_600), 5),
  feed: v.optional(feed, {}),
  orders: v.optional(orders, {}),
  venues: v.record(venueName, venue, "a block of VENUE: {…}"),
  strategies: v.pipe(
    v.array(strategy, "a list of strategies"),
    v.maxLength(100, "a list of at most 100 strategies"),
  ),
  risk: v.optional(risk, {}),
  simulation: v.optional(simulation, {}),
});

/** What the schema makes is a `Config`: the compiler checks it here. */
export type SchemaMakesConfig = v.InferOutput<typeof CONFIG_SCHEMA> extends Config ? true : never;
export const SCHEMA_MAKES_CONFIG: SchemaMakesConfig = true;
