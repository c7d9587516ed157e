/**
 * REST: what is signed is what is sent, codes before statuses, the clock, limits and the bar.
 * @module
 */
import type { Outcome } from "@/exchanges/bybit/_rest.ts";
import { BybitRest } from "@/exchanges/bybit/_rest.ts";
import { BYBIT_RATE_LIMITS } from "@/exchanges/bybit/mod.ts";
import { withConnectionBudget } from "@/exchanges/bybit/rate_limits.ts";
import type { LinkHandler } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeVenue } from "./fake_venue.ts";

function world() {
  const venue = new FakeVenue();
  const outcomes: string[] = [];
  const done = (outcome: Outcome) => {
    outcomes.push(
      outcome.kind === "error"
        ? `${outcome.meaning} ${outcome.code}`
        : outcome.kind === "lost"
        ? `lost ${outcome.sent} ${outcome.reason}`
        : "ok",
    );
  };
  return { venue, outcomes, done };
}

Deno.test("BybitRest signs the very text it sends", () => {
  const { venue, done } = world();
  const query = [["category", "linear"], ["cursor", "a%3Db c"]] as const;
  venue.rest.get("/v5/order/realtime", query, "signed", done);
  const asked = venue.take("GET /v5/order/realtime?");
  const sent = asked.url.search.slice(1);
  assertEquals(sent, "category=linear&cursor=a%253Db%20c");
  const headers = asked.request.headers!;
  const time = venue.rest.timestampMs();
  assertEquals(headers["X-BAPI-TIMESTAMP"], String(time));
  assertEquals(headers["X-BAPI-SIGN"], venue.signer.sign(`${time}k5000${sent}`));
  assertEquals(headers["Content-Type"], undefined);
  venue.rest.post("/v5/order/create", { b: 1, a: "x" }, done);
  const posted = venue.take("POST /v5/order/create");
  assertEquals(posted.request.body, '{"b":1,"a":"x"}');
  const signature = venue.signer.sign(`${time}k5000{"b":1,"a":"x"}`);
  assertEquals(posted.request.headers!["X-BAPI-SIGN"], signature);
  assertEquals(posted.request.headers!["Content-Type"], "application/json");
});

Deno.test("BybitRest reads retCode before the status, and believes no HTML", () => {
  const { venue, outcomes, done } = world();
  const ask = () => venue.rest.get("/v5/order/realtime", [], "signed", done);
  ask();
  venue.answer("GET", {});
  ask();
  venue.refuse("GET", 110001);
  ask();
  venue.answerRaw("GET", "<html>", 200);
  ask();
  venue.answerRaw("GET", "<html>", 503);
  ask();
  venue.answerRaw("GET", { retMsg: "no" }, 404);
  ask();
  venue.answerRaw("GET", "", 401);
  ask();
  venue.answerRaw("GET", { retCode: "no" }, 200);
  assertEquals(outcomes, [
    "ok",
    "refused 110001",
    "lost true answer is not readable",
    "unknown 503",
    "refused 404",
    "refused 10004",
    "lost true answer is not readable",
  ]);
});

Deno.test("BybitRest measures the clock and stays a little behind it", () => {
  const { venue } = world();
  const start = venue.clock.now();
  venue.rest.start();
  venue.clock.advance(100);
  const nanos = `${(start + 3_000_000)}123`;
  venue.answer("GET /v5/market/time", { timeSecond: "1", timeNano: nanos });
  assertEquals(venue.rest.clockOffset.offsetMicros, 2_950_000);
  assertEquals(venue.rest.timestampMs(), (venue.clock.now() + 2_950_000) / 1_000 - 50);
  venue.clock.advance(300_000);
  venue.answer("GET /v5/market/time", { timeNano: "odd" });
  assertEquals(venue.rest.clockOffset.offsetMicros, 2_950_000);
  venue.rest.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("BybitRest signs once more after a refused time, with the clock measured", () => {
  const { venue, outcomes, done } = world();
  venue.rest.post("/v5/order/cancel", { x: 1 }, done);
  venue.refuse("POST /v5/order/cancel", 10002);
  venue.fail("GET /v5/market/time", false);
  venue.refuse("POST /v5/order/cancel", 10002);
  assertEquals(venue.asked.length, 0);
  assertEquals(outcomes, ["resync 10002"]);
});

Deno.test("BybitRest is silent for ten minutes after 403", () => {
  const { venue, outcomes, done } = world();
  const ask = () => venue.rest.get("/v5/market/time", [], "public", done);
  ask();
  venue.answerRaw("GET", "access too frequent", 403);
  assertEquals(venue.lines(), ["limit address_requests_5s -1 blocked"]);
  ask();
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(1);
  assertEquals(outcomes, ["rate_limited 403", "lost false this address is barred from REST"]);
  venue.clock.advance(600_000);
  ask();
  assertEquals(venue.asked.length, 1);
});

Deno.test("BybitRest reports limits from headers of either case", () => {
  const { venue, outcomes, done } = world();
  venue.rest.post("/v5/order/create", {}, done);
  venue.answer("POST", {}, { "x-bapi-limit": "10", "x-bapi-limit-status": "8" });
  venue.rest.post("/v5/order/create", {}, done);
  venue.answer("POST", {}, { "x-bapi-limit": "60", "x-bapi-limit-status": "58" });
  venue.rest.get("/v5/market/time", [], "public", done);
  venue.answer("GET", {}, { "x-bapi-limit-status": "8" });
  venue.rest.post("/v5/order/amend", {}, done);
  venue.refuse("POST", 10006);
  venue.rest.post("/v5/other", {}, done);
  venue.answerRaw("POST", { retCode: 10429 }, 429);
  assertEquals(venue.lines(), [
    "limit create_1s 2 open",
    "limit create_1s 0 open",
    "limit amend_1s -1 blocked",
    "limit  -1 blocked",
  ]);
  assertEquals(outcomes.slice(-2), ["rate_limited 10006", "rate_limited 10429"]);
  assertEquals(venue.context.counters.rateLimited, 2);
});

Deno.test("BybitRest sends nothing signed without credentials", () => {
  const { venue, outcomes, done } = world();
  const rest = new BybitRest(venue.context, undefined);
  rest.post("/v5/order/create", {}, done);
  assertEquals([venue.asked.length, outcomes.length], [0, 0]);
  venue.clock.advance(1);
  assertEquals(outcomes, ["lost false no credentials"]);
});

Deno.test("BYBIT_RATE_LIMITS name each rule once, with room for its own weights", () => {
  const ids = BYBIT_RATE_LIMITS.map(({ id }) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const { capacity, weights, cancelReserve } of BYBIT_RATE_LIMITS) {
    for (const weight of Object.values(weights)) assert(weight <= capacity - cancelReserve);
  }
});

Deno.test("withConnectionBudget() lets 500 connections be attempted in five minutes", () => {
  const clock = new ManualClock();
  let connected = 0;
  const closed: string[] = [];
  const handler: LinkHandler = {
    onOpen: () => {},
    onBytes: () => {},
    onClose: (reason) => closed.push(reason),
  };
  const link = { write: () => true, pendingBytes: 0, close: () => {} };
  const transport = withConnectionBudget({ connect: () => (connected++, link) }, clock, clock);
  const address = { host: "h", port: 1, tls: false };
  for (let attempt = 0; attempt < 501; attempt++) transport.connect(address, handler);
  clock.advance(1);
  assertEquals([connected, closed], [500, ["connection budget of five minutes is spent"]]);
  clock.advance(300_000);
  transport.connect(address, handler);
  assertEquals(connected, 501);
});
