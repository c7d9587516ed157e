/**
 * A venue changes ticks, lots, least values and status while the house quotes: no burst of refused
 * orders, quotes on the new steps, positions and ledgers as before, and a journal that replays.
 * @module
 */
import { ok, unwrap } from "@/engine/domain/mod.ts";
import { JournalReader, replayJournal } from "@/engine/journal/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import { venueFacts } from "@/exchanges/mod.ts";
import { buildEngine } from "@/main.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Changing, changing, type Seen } from "./_changing.ts";

/** Requests on their way when a change strikes, or made before it is learned: one a side. */
const REFUSED_PER_CHANGE_MAX = 2;

const NO_LEAST_VALUE = { "least value up": undefined, "least value down": undefined };

const INSTRUMENTS: readonly Changing[] = [
  { venue: "binance", symbol: "BTC-USDT-PERP", tick: "0.1", lot: "0.001", orderSize: "0.05" },
  { venue: "binance", symbol: "ETH-USDT", tick: "0.01", lot: "0.0001", orderSize: "0.05" },
  {
    venue: "okx",
    symbol: "BTC-USDT-PERP",
    tick: "0.1",
    lot: "0.01",
    orderSize: "0.05",
    otherwise: NO_LEAST_VALUE,
  },
  {
    venue: "okx",
    symbol: "ETH-USDT",
    tick: "0.01",
    lot: "0.000001",
    orderSize: "0.05",
    otherwise: NO_LEAST_VALUE,
  },
  {
    venue: "gate",
    symbol: "BTC-USDT-PERP",
    tick: "0.1",
    lot: "1",
    orderSize: "0.05",
    // Contracts are whole, and have no least value.
    otherwise: { ...NO_LEAST_VALUE, "lot x10": undefined, "lot / 10": undefined },
    spareDecimals: { tick: 1, lot: 0 },
  },
  { venue: "gate", symbol: "ETH-USDT", tick: "0.01", lot: "0.0001", orderSize: "0.05" },
  { venue: "bybit", symbol: "BTC-USDT-PERP", tick: "0.1", lot: "0.001", orderSize: "0.05" },
  { venue: "bybit", symbol: "ETH-USDT", tick: "0.01", lot: "0.00001", orderSize: "0.05" },
  {
    venue: "hyperliquid",
    symbol: "ETH-USDC-PERP",
    tick: "0.01",
    lot: "0.0001",
    orderSize: "0.05",
    // One number gives both steps; the least value is the same for all.
    otherwise: {
      ...NO_LEAST_VALUE,
      // Single coins are never halted.
      "halted": undefined,
      "trading": undefined,
      "tick x10": undefined,
      "lot x10": { lot: "0.001", tick: "0.001" },
      "tick / 10": undefined,
      "lot / 10": { lot: "0.00001", tick: "0.1", min_size: "0.00001" },
    },
  },
  {
    venue: "dydx",
    symbol: "BTC-USD-PERP",
    tick: "1",
    lot: "0.0001",
    orderSize: "0.05",
    otherwise: NO_LEAST_VALUE,
    settledS: 35,
  },
  { venue: "aster", symbol: "BTC-USDT-PERP", tick: "0.1", lot: "0.001", orderSize: "0.05" },
  { venue: "aster", symbol: "ETH-USDT", tick: "0.01", lot: "0.0001", orderSize: "0.05" },
];

async function assertHolds(plan: Changing, seen: Seen): Promise<void> {
  const { end, wrong, refused, redefined } = seen;
  assertEquals(wrong, []);
  assertEquals(end.outcome.violations, []);
  assert(redefined >= 2, `terms changed only ${redefined} times`);
  assert(redefined <= 10, `terms changed ${redefined} times, though nothing else was listed`);
  for (const [step, count] of Object.entries(refused)) {
    assert(count <= REFUSED_PER_CHANGE_MAX, `${count} orders refused after ${step}`);
  }
  assertEquals(end.house.status.status().ledger.breaks, 0);
  const core = buildEngine(end.loaded.config, [unwrap(await venueFacts(plan.venue))]);
  const replay = unwrap(replayJournal(JournalReader.of(end.journal), () => core));
  assertEquals([replay.first_difference, replay.log_hash], [null, end.logHash]);
}

for (const plan of INSTRUMENTS) {
  Deno.test(`${plan.venue}:${plan.symbol} is quoted through every change of its terms`, async () => {
    await assertHolds(plan, await changing(plan));
  });
}

Deno.test("canary: a house that learns everything but the tick is found out", async () => {
  const plan = INSTRUMENTS[0]!;
  const seen = await changing({
    ...plan,
    plant: ({ connectors }) => {
      for (const connector of connectors) {
        const ask = connector.refreshInstruments.bind(connector);
        Object.assign(connector, {
          refreshInstruments: (done: Parameters<typeof ask>[0]) =>
            ask((listed) => {
              done(listed.ok ? ok(listed.value.map((one) => withTick(one, plan.tick))) : listed);
            }),
        });
      }
    },
  });
  assert(seen.refused["tick x10"]! > REFUSED_PER_CHANGE_MAX, JSON.stringify(seen.refused));
});

function withTick(listed: RefreshedInstrument, orderTick: string): RefreshedInstrument {
  return { ...listed, terms: { ...listed.terms, orderTick } };
}

Deno.test("canary: a house that never reads listings again is found out", async () => {
  const seen = await changing({
    ...INSTRUMENTS[0]!,
    plant: (world) => {
      for (const connector of world.connectors) {
        Object.assign(connector, { refreshInstruments: () => {} });
      }
    },
  });
  assert(seen.wrong.length > 0, "quotes stand on old terms, or are refused and missing");
  const most = Math.max(...Object.values(seen.refused));
  assert(most > REFUSED_PER_CHANGE_MAX, `${most} refused orders after one change`);
});
