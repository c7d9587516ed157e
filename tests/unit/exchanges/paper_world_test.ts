/**
 * Paper worlds, the registry of venues, their control address, and what checkers are told of them.
 * @module
 */
import {
  createInstrument,
  err,
  instrumentIndex,
  micros,
  ok,
  unwrap,
  VENUE_IDS,
} from "@/engine/domain/mod.ts";
import { LiveClock } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { PaperWorld, PaperWorldSetup } from "@/engine/ports/mod.ts";
import { VirtualClock } from "@/engine/simulation/mod.ts";
import { loadTools, openWorld, venueFacts } from "@/exchanges/mod.ts";
import { createConnector, feesOf, venueEntry } from "@/exchanges/registry.ts";
import type { ServerResponse } from "@/exchanges/simulator/mod.ts";
import { VenuesControl } from "@/exchanges/venues_control.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeLog } from "@/tests/unit/engine/loop/_fakes.ts";

const NOW = micros(1_760_000_000_000_000);
const PERP = { symbol: "BTC-USDT-PERP", index: instrumentIndex(3) };

interface Setup {
  readonly clock: VirtualClock;
  readonly setup: PaperWorldSetup;
}

function setupOf(changes: Partial<PaperWorldSetup> = {}): Setup {
  const clock = new VirtualClock(NOW);
  return {
    clock,
    setup: {
      clock,
      scheduler: clock,
      log: new FakeLog(),
      wire: "memory",
      venues: [{
        venue: "binance",
        instruments: [PERP],
        balances: { USDT: "1000" },
        fees: { makerBp: "0", takerBp: "3" },
      }],
      seed: 1,
      updatesPerSecond: 10,
      latencyMs: { from_venue: 2, to_venue: 2 },
      ...changes,
    },
  };
}

/** Opens a world and connects to it; events are counted by kind. */
async function connected(
  changes: Partial<PaperWorldSetup> = {},
): Promise<
  { clock: VirtualClock; world: PaperWorld; seen: Map<string, number>; last: EngineEvent[] }
> {
  const { clock, setup } = setupOf(changes);
  const world = unwrap(await openWorld(setup));
  const seen = new Map<string, number>();
  const last: EngineEvent[] = [];
  const [connector] = world.connectors;
  connector!.loadInstruments([PERP.symbol], (listed) => {
    const [one] = unwrap(listed);
    connector!.start([unwrap(createInstrument(PERP.index, one!.terms))], {
      deliver: (event) => {
        seen.set(event.kind, (seen.get(event.kind) ?? 0) + 1);
        if (event.kind === "book_delta") last[0] = { ...event };
      },
    });
  });
  clock.runFor(5_000);
  return { clock, world, seen, last };
}

Deno.test("openWorld() in memory serves venues that a connector trades on, on virtual time", async () => {
  const { world, seen } = await connected();
  assert((seen.get("book_delta") ?? 0) > 10, JSON.stringify([...seen]));
  assert((seen.get("connection") ?? 0) >= 2);
  assertEquals([world.ended, world.hasEnded()], [undefined, false]);
  assertEquals(world.notes(), ["binance: simulated fees maker 0 bp, taker 3 bp"]);
  assertEquals(world.faultCounts(), {});
  world.close();
});

Deno.test("The truth of a venue: account, touches by book number, forgotten ones undefined", async () => {
  const { world, last } = await connected();
  const truth = world.truths[0]!;
  const account = truth.account();
  assertEquals([account.openOrders, account.positions, account.sentTwice], [[], [], []]);
  assertEquals(account.imbalances, []);
  assertEquals(account.balances.map((one) => [one.asset, one.total]), [
    ["USDT", "1000"],
    ["USDT", "1000"],
  ]);
  const delta = last[0];
  assert(delta?.kind === "book_delta");
  const touch = truth.touchAt(PERP.index, delta.sequence);
  assert(touch !== undefined && touch.bid < touch.ask && touch.bidSize > 0, JSON.stringify(touch));
  assertEquals(truth.touchAt(PERP.index, 1), undefined);
  assertEquals(truth.touchAt(instrumentIndex(99), delta.sequence), undefined);
  world.close();
});

Deno.test("A truth that need not remember touches does not, and knows the account all the same", async () => {
  const { world, last } = await connected({ remembersTruth: false });
  const delta = last[0];
  assert(delta?.kind === "book_delta");
  assertEquals(world.truths[0]!.touchAt(PERP.index, delta.sequence), undefined);
  assertEquals(world.truths[0]!.account().balances.length, 2);
  world.close();
});

Deno.test("openWorld() describes addresses, credentials and its control", async () => {
  const { world } = await connected();
  const venues = world.description["venues"] as Record<string, unknown>;
  assertMatch(String(world.description["control"]), /^http:\/\/127\.0\.0\.1:\d+$/);
  const { spot, perp, credentials } = venues["binance"] as Record<string, Record<string, string>>;
  for (const product of [spot!, perp!]) {
    assertMatch(product["rest"]!, /^http:/);
    assertMatch(product["public_ws"]!, /^ws:/);
    assertMatch(product["private_ws"]!, /^ws:/);
    assertMatch(product["ws_api"]!, /^ws:/);
  }
  assert(credentials!["key"]!.length > 0);
  assert(credentials!["secret"]!.length > 0);
  world.close();
});

Deno.test("Faults happen and are counted; heal() ends them", async () => {
  const { clock, world } = await connected({ faults: "harsh" });
  clock.runFor(60_000);
  const before = world.faultCounts();
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  assert(sum(before) > 0);
  world.heal();
  clock.runFor(60_000);
  assertEquals(sum(world.faultCounts()), sum(before));
  world.close();
});

Deno.test("A recording is the market and ends; refused lines are told", async () => {
  const lines = ["this is no recording", "nor this"];
  const { clock, setup } = setupOf({ recording: [{ name: "x", lines }] });
  const world = unwrap(await openWorld(setup));
  assert(world.ended !== undefined);
  clock.runFor(1_000);
  assertEquals(world.hasEnded(), true);
  await world.ended;
  const notes = world.notes();
  assertEquals(notes.length, 2);
  assertMatch(notes[1]!, /^binance: 2 of 2 recorded lines are refused: /);
  world.close();
});

Deno.test("openWorld() refuses what it cannot serve or connect to, and leaves nothing open", async () => {
  const unknown = setupOf({
    venues: [{ ...setupOf().setup.venues[0]!, venue: "dydx" }],
  });
  const refused = await openWorld(unknown.setup);
  assert(!refused.ok);
  const odd = setupOf({
    venues: [{
      ...setupOf().setup.venues[0]!,
      instruments: [{ symbol: "XYZ-USDT", index: instrumentIndex(0) }],
    }],
  });
  const missing = await openWorld(odd.setup);
  assert(!missing.ok);
  assertMatch(missing.error, /wanted one of .*BTC-USDT-PERP.*, found "XYZ-USDT"/);
  assertEquals(odd.clock.pending, 0);
  // The second venue cannot be served: the first one is closed again.
  const both = setupOf();
  const two = await openWorld({
    ...both.setup,
    venues: [...both.setup.venues, ...odd.setup.venues],
  });
  assert(!two.ok);
  const timers = both.clock.pending;
  both.clock.runFor(10_000);
  assert(both.clock.pending <= timers, `${both.clock.pending} calls go on without an owner`);
  assertEquals(both.clock.pending, 0);
});

Deno.test("openWorld() joins running venues by their control address", async () => {
  const clock = new LiveClock();
  const served = unwrap(
    await openWorld({ ...setupOf().setup, clock, scheduler: clock, wire: "sockets" }),
  );
  const control = String(served.description["control"]);
  const at = { ...setupOf().setup, clock, scheduler: clock, wire: "sockets" } as const;
  const joined = unwrap(await openWorld({ ...at, venuesAt: `${control}/` }));
  assertEquals(joined.connectors.map((one) => one.venue), ["binance"]);
  assertEquals([joined.truths, joined.ended, joined.hasEnded()], [[], undefined, false]);
  assertEquals([joined.notes(), joined.faultCounts()], [[], {}]);
  assertEquals(joined.description, served.description);
  joined.heal();
  joined.close();
  const elsewhere = await openWorld({ ...at, venuesAt: `${control}/nothing` });
  assert(!elsewhere.ok);
  served.close();
  const gone = await openWorld({ ...at, venuesAt: control });
  assert(!gone.ok);
  assertMatch(gone.error, /wanted a running "touchline venues", found /);
});

Deno.test("openWorld() refuses an address that answers with something else", async () => {
  for (const body of ["<html>", "null", "3"]) {
    const clock = new LiveClock();
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(body),
    );
    const venuesAt = `http://127.0.0.1:${server.addr.port}`;
    const answer = await openWorld({
      ...setupOf().setup,
      clock,
      scheduler: clock,
      wire: "sockets",
      venuesAt,
    });
    assert(!answer.ok);
    assertMatch(answer.error, /found an answer that is not a JSON object \(200\)/);
    await server.shutdown();
  }
});

Deno.test("The registry knows its venues, and says which there are", async () => {
  for (const venue of VENUE_IDS) {
    const entry = venueEntry(venue);
    if (entry.ok) assertEquals(unwrap(await loadTools(venue)).venue, venue);
    else assertMatch(entry.error, /wanted one of .*binance/);
  }
  const nowhere = "nyse" as never;
  assertEquals((await loadTools(nowhere)).ok, false);
  assertEquals((await venueFacts(nowhere)).ok, false);
  assertEquals(
    feesOf({ makerBp: "-0.5", takerBp: "3" }),
    feesOf({ makerBp: "-0.50", takerBp: "3.0" }),
  );
});

Deno.test("venueFacts() gives a connector's facts without clock, wire or key", async () => {
  const facts = unwrap(await venueFacts("binance"));
  assertEquals(facts.venue, "binance");
  assert(facts.rateLimits.length > 0);
  assertEquals(facts.capabilities(facts.accounts[1]!).postOnly, true);
  const clock = new VirtualClock(NOW);
  const keyed = await createConnector("binance", {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: { connect: () => ({ write: () => false, pendingBytes: 0, close: () => {} }) },
    log: new FakeLog(),
    credentials: { key: "k", ed25519_pem: "no key at all" },
    at: "live",
    fees: feesOf({ makerBp: "0", takerBp: "0" }),
  });
  assertEquals(keyed.ok, false);
});

/** Answers of a control address to one request. */
function asked(
  method: string,
  path: string,
  body = "",
): { status: number; body: string; cuts: string[] } {
  const cuts: string[] = [];
  const control = new VenuesControl({
    clock: new ManualClock(),
    venues: new Map([["binance", {
      rareFaults: [],
      addFault: (rule) => rule.kind !== "throttle",
      cutAll: () => cuts.push("binance"),
      changeInstrument: (symbol, change) => {
        cuts.push(`${symbol} ${change["tick"]}`);
        return symbol === "BTC-USDT" ? ok(undefined) : err("not listed");
      },
    }]]),
    describe: () => ({ venues: { binance: {} } }),
  });
  let answer: ServerResponse = { status: 0, body: "" };
  control.handleHttp(
    { method, path, query: "", body, headers: new Map() } as never,
    (response) => answer = response,
  );
  return { status: answer.status, body: String(answer.body), cuts };
}

Deno.test("VenuesControl describes, takes faults, cuts, and refuses the rest with reasons", () => {
  assertEquals(asked("GET", "/").body, '{"venues":{"binance":{}}}');
  assertEquals(asked("GET", "/nothing").status, 404);
  assertEquals(asked("GET", "/faults").status, 405);
  const post = (body: unknown) =>
    asked("POST", "/faults", typeof body === "string" ? body : JSON.stringify(body));
  assertEquals(post("{").status, 400);
  assertEquals(post(null).status, 400);
  assertMatch(post({ venue: "okx", kind: "cut" }).body, /wanted one of binance, found/);
  assertMatch(post({ venue: "binance", kind: "explode" }).body, /must be one of/);
  assertEquals(post({ venue: "binance", kind: "cut", probability: 2 }).status, 400);
  const added = post({ venue: "binance", kind: "cut", probability: 0.5, for_ms: 1_000 });
  assertEquals(added.status, 200);
  assertEquals(JSON.parse(added.body).added.kind, "cut");
  assertEquals(post({ venue: "binance", kind: "throttle", for_ms: 1 }).status, 429);
  const checksum = post({ venue: "binance", kind: "bad_checksum", probability: 1 });
  assertEquals(checksum.status, 400);
  assertMatch(checksum.body, /Cannot do bad_checksum at binance: .* carry no checksum/);
  assertEquals(post({ venue: "binance", kind: "down" }).status, 400);
  assertEquals(post({ venue: "binance", kind: "down", for_ms: 10 }).status, 200);
  const cut = post({ venue: "binance", kind: "cut_all" });
  assertEquals([cut.status, cut.cuts], [200, ["binance"]]);
  const change = { venue: "binance", kind: "instrument_change", tick: "0.5" };
  const changed = post({ ...change, instrument: "BTC-USDT" });
  assertEquals([changed.status, changed.cuts], [200, ["BTC-USDT 0.5"]]);
  assertMatch(post(change).body, /not listed/);
});

Deno.test("VenuesControl speaks HTTP only and says its address", () => {
  const control = new VenuesControl({
    clock: new ManualClock(),
    venues: new Map(),
    describe: () => ({}),
  });
  assertEquals(control.venue, "binance");
  assertEquals((control.acceptSocket() as ServerResponse).status, 400);
  assertEquals(control.endpoints("h:1"), { control: { rest: "http://h:1" } });
});
