/**
 * Heartbeats of the seven simulated venues, seen by a client that shares no code with ours: who
 * keeps to the venue's rule stays, who does not is dropped when the venue's sheet says so.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FaultyVenue } from "./_faulty_venues.ts";

/** A venue's rule: what a client says how often, or that it answers pings; and its end otherwise. */
interface Heartbeat {
  readonly ping: string | undefined;
  readonly everyMs: number;
  /** Seconds after which one who says and answers nothing is gone: at least and at most. */
  readonly goneAfterS: readonly [number, number];
  readonly closeCode: number;
}

const BY_PING = { ping: undefined, everyMs: 0 } as const;
const HEARTBEATS: Readonly<Record<VenueId, Heartbeat>> = {
  binance: { ...BY_PING, goneAfterS: [600, 1_020], closeCode: 1_008 },
  aster: { ...BY_PING, goneAfterS: [900, 1_320], closeCode: 1_008 },
  dydx: { ...BY_PING, goneAfterS: [35, 45], closeCode: 1_011 },
  okx: { ping: "ping", everyMs: 20_000, goneAfterS: [29, 35], closeCode: 4_004 },
  gate: {
    ping: '{"time":1760000000,"channel":"futures.ping"}',
    everyMs: 20_000,
    goneAfterS: [55, 70],
    closeCode: 1_000,
  },
  bybit: { ping: '{"op":"ping"}', everyMs: 20_000, goneAfterS: [595, 640], closeCode: 1_001 },
  hyperliquid: {
    ping: '{"method":"ping"}',
    everyMs: 30_000,
    goneAfterS: [55, 65],
    closeCode: 1_000,
  },
};

for (const id of VENUE_IDS) {
  const { ping, everyMs, goneAfterS, closeCode } = HEARTBEATS[id];
  Deno.test(`${id}: a client that is silent is dropped, one that keeps the heartbeat is not`, async () => {
    const venue = await FaultyVenue.open(id);
    const { clock } = venue;
    const [silent, good] = [venue.socket([]), venue.socket([])];
    silent.answersPings = false;
    let goneAt = 0;
    for (let second = 1; second <= goneAfterS[1] + 60; second++) {
      clock.runFor(1_000);
      if (ping !== undefined && (second * 1_000) % everyMs === 0) good.say(ping);
      if (silent.closed !== "" && goneAt === 0) goneAt = second;
    }
    venue.close();
    assert(goneAt >= goneAfterS[0] && goneAt <= goneAfterS[1], `gone after ${goneAt} s`);
    assertEquals(silent.closeCode, closeCode);
    assertEquals([good.closed, good.closeCode], ["", 0]);
    assert(ping === undefined ? good.pings > 0 : good.frames.length > 0, "it was answered");
  });
}
