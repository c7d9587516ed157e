/**
 * The private socket: its key, its life, and what happens when it says something unreadable.
 * @module
 */
import { AccountStream } from "@/exchanges/aster/account_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

const KEY = "pqia91ma19a5s61cv6a81va65";

function world(product: "spot" | "perpetual" = "perpetual") {
  const venue = new FakeVenue(product);
  const woken: string[] = [];
  const stream = new AccountStream(venue.context, venue.rest, venue.book, () => {
    woken.push(venue.told().join());
  });
  stream.start();
  return { venue, stream, session: venue.sessions[0]!, woken };
}

Deno.test("AccountStream asks for a listen key, signed, and connects with it", () => {
  for (const [product, path] of [["perpetual", "/fapi/v3"], ["spot", "/api/v3"]] as const) {
    const { venue, session, woken } = world(product);
    const urls: string[] = [];
    session.plan.urlFor((url) => urls.push(url.ok ? url.value : url.error));
    const asked = venue.answer(`POST ${path}/listenKey`, { listenKey: KEY });
    assert(asked.text.startsWith("nonce="));
    assertEquals(urls, [`ws://venue/ws/${KEY}`]);
    session.open();
    assertEquals(venue.told(), ["account up"]);
    assertEquals(woken, [""], "the gateway hears of it first");
    session.drop("cut");
    assertEquals(venue.told(), ["account down"]);
  }
});

Deno.test("AccountStream says why it has no listen key", () => {
  const { venue, session } = world();
  const found: string[] = [];
  for (const answer of [{ listenKey: "a/../b" }, { code: -2015 }]) {
    session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
    const status = "code" in answer ? 401 : 200;
    venue.answer("POST /fapi/v3/listenKey", answer, status);
  }
  assertEquals(found.length, 2);
  for (const text of found) assert(text.startsWith("Cannot open the private socket"), text);
});

Deno.test("AccountStream extends its key every half hour and asks anew when it is forgotten", () => {
  const { venue, session, stream } = world();
  venue.clock.advance(30 * 60_000);
  assertEquals(venue.asked.length, 0, "no key yet");
  session.url();
  venue.answer("POST /fapi/v3/listenKey", { listenKey: KEY });
  session.open();
  for (const refusal of [0, -1000, -1125]) {
    venue.clock.advance(30 * 60_000);
    const put = "PUT /fapi/v3/listenKey";
    const asked = refusal === 0 ? venue.answer(put, {}) : venue.refuse(put, 400, refusal);
    assertEquals(asked.params.get("listenKey"), KEY);
  }
  assertEquals(session.restarts, ["listen key unknown"]);
  stream.stop();
  venue.clock.advance(60 * 60_000);
  assertEquals(venue.asked.length, 0);
});

Deno.test("AccountStream makes the core reconcile after a frame it cannot read", () => {
  const { venue, session } = world();
  session.open();
  session.say({
    e: "ORDER_TRADE_UPDATE",
    E: 1,
    T: 1,
    o: { s: "BTCUSDT", X: "NEW", S: "BUY", p: "x" },
  });
  assertEquals(venue.told(), ["account up", "account down", "account up"]);
  assertEquals(venue.context.counters.refusedFrames, 1);
});

Deno.test("AccountStream connects anew when the key expired, and alerts on a margin call", () => {
  const { venue, session } = world();
  session.open();
  session.say({ e: "listenKeyExpired", E: 1 });
  assertEquals(session.restarts, ["listen key expired"]);
  session.say({ e: "MARGIN_CALL", E: 1, p: [] });
  assertEquals(venue.logged, ["error: margin call from the venue"]);
  session.say({ e: "ACCOUNT_CONFIG_UPDATE", E: 1 });
  assertEquals(venue.context.counters.ignoredFrames, 3);
});
