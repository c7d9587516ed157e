/**
 * A venue halts, closes for maintenance or delists an instrument while the house quotes on it: the
 * core hears of it in seconds, pulls its quotes, places none, and quotes again afterwards. A venue
 * that takes no cancel meanwhile is asked again and again.
 * @module
 */
import { type InstrumentTradingStatus, VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { openVenue } from "./_one_venue.ts";

/** Where no channel tells, a refused order makes the house look: within this. */
const HEARD_WITHIN_S = 5;
type Closing = Exclude<InstrumentTradingStatus, "trading">;
const CLOSINGS: readonly Closing[] = ["halted", "maintenance", "delisted"];
/** Single coins of it are never halted. */
const UNKNOWN: readonly (readonly [VenueId, Closing])[] = [["hyperliquid", "halted"]];

interface Closed {
  /** Seconds until the core knew; undefined: never. */
  readonly heardAfterS: number | undefined;
  readonly ordersBefore: number;
  /** Orders placed on the instrument from half a second after the core knew, while closed. */
  readonly placed: number;
  /** Orders that rest from then on until the end of the closure. */
  readonly resting: number;
  /** Cancels that the venue refused or did not answer in the last ten seconds of it. */
  readonly cancelsFailed: number;
  readonly ordersAfter: number;
}

async function closed(venue: VenueId, status: Closing, isDeaf = false): Promise<Closed> {
  let from = 0;
  let heardAt = 0;
  let cancelsFailed = 0;
  const world = await openVenue({
    venue,
    seed: 41,
    ...(isDeaf ? { drops: (event) => event.kind === "instrument_status" } : {}),
    onProcessed: (event) => {
      const isClosed = house.engine.state.instruments[0]?.status !== "trading";
      if (from > 0 && heardAt === 0 && isClosed) heardAt = event.at;
      const isFailure = event.kind === "request_refused" || event.kind === "request_lost";
      if (isFailure && event.request === "cancel") cancelsFailed++;
    },
  });
  const { house, clock, exchange } = world;
  house.session.start();
  clock.runFor(30_000);
  const slot = house.engine.state.instruments[0]!;
  const ordersBefore = house.engine.orders.openOrderCount(slot.index);
  const sim = exchange.instruments.find(({ instrument }) =>
    instrument.terms.symbol === slot.instrument.terms.symbol
  )!;
  // Only this one: what other instruments place must not count.
  for (const other of exchange.instruments) if (other !== sim) exchange.setStatus(other, "halted");
  clock.runFor(10_000);
  from = clock.now();
  exchange.setStatus(sim, status);
  clock.runFor((HEARD_WITHIN_S + 1) * 1_000);
  const before = house.engine.orders.counters.placed;
  clock.runFor(10_000);
  cancelsFailed = 0;
  clock.runFor(10_000);
  const failed = cancelsFailed;
  const resting = house.engine.orders.openOrderCount(slot.index);
  const placed = house.engine.orders.counters.placed - before;
  for (const one of exchange.instruments) exchange.setStatus(one, "trading");
  clock.runFor(130_000);
  const ordersAfter = house.engine.orders.openOrderCount(slot.index);
  world.stop();
  const heardAfterS = heardAt === 0 ? undefined : (heardAt - from) / 1e6;
  return { heardAfterS, ordersBefore, placed, resting, cancelsFailed: failed, ordersAfter };
}

for (const venue of VENUE_IDS) {
  for (const status of CLOSINGS) {
    if (UNKNOWN.some(([where, what]) => where === venue && what === status)) continue;
    Deno.test(`${venue}: ${status} reaches the core in seconds, pulls quotes and lets none stand`, async () => {
      const found = await closed(venue, status);
      const { heardAfterS, ordersBefore, placed, resting, cancelsFailed, ordersAfter } = found;
      assert(ordersBefore > 0, "there was something to pull");
      assert(
        heardAfterS !== undefined && heardAfterS <= HEARD_WITHIN_S,
        `heard after ${heardAfterS} s`,
      );
      assertEquals(placed, 0);
      if (status === "maintenance" && resting > 0) assert(cancelsFailed >= 2, "asked again");
      else assertEquals(resting, 0);
      assert(ordersAfter > 0, "quotes stand again");
    });
  }
}

Deno.test("Planted: a house that is deaf to what a venue says of status is found out", async () => {
  const { heardAfterS } = await closed("binance", "halted", true);
  assertEquals(heardAfterS, undefined);
});
