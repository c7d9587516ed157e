/**
 * The house as a whole: status, metrics, and the last resort around a broken core.
 * @module
 */
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { LastResort, symbolTextOf } from "@/engine/loop/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import {
  accountReport,
  balanceUpdate,
  fillOf,
  lots,
  moneyOf,
  START,
  ticks,
} from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { ack, deltaOf, link, snapshotOf } from "@/tests/unit/engine/core/_core_world.ts";
import { FakeLog, HouseWorld } from "./_fakes.ts";

/** A house that quotes a buy at 99.0 and a sell at 102.0, both resting. */
function quotingHouse(): HouseWorld {
  const world = new HouseWorld();
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.house.session.start();
  world.deliver(link("market", "up"));
  world.deliver(link("account", "up"));
  world.deliver(
    accountReport({ askedAt: world.clock.now(), balances: [balanceUpdate("USDT", "5")] }),
  );
  world.deliver(snapshotOf(100, [[1_000, 50]], [[1_010, 40]]));
  for (const order of world.house.engine.orders.unsettled()) {
    world.deliver(ack(order.clientOrderId));
  }
  return world;
}

function idsOf(world: HouseWorld): string[] {
  return world.connector.sent.flatMap((one) =>
    one.kind === "place_order" ? [one.clientOrderId] : []
  );
}

Deno.test("House.status shows book, own quotes, orders, parameters and readiness", () => {
  const world = new HouseWorld();
  assertEquals(world.house.status.isReady(), false);
  assertEquals(world.house.status.summary().uptime_s, 0);
  const quoting = quotingHouse();
  quoting.clock.advance(1_250);
  quoting.connector.counters.messages = 12;
  const status = quoting.house.status.status();
  assertEquals(status.version, "1.2.3");
  assertEquals(status.instance_id, "test");
  assertEquals([status.mode, status.mode_reason, status.kill_switch], ["normal", "", false]);
  assertEquals(status.ready, true);
  assertEquals(status.uptime_s, 1.3);
  assertEquals(status.memory, { rss_mb: 50, heap_mb: 10 });
  assertEquals(status.venues, [{
    venue: "binance",
    connected: true,
    messages: 12,
    gaps: 0,
    resyncs: 0,
    reconnects: 0,
    rate_limited: 0,
    unusable_ms: 0,
    feed_latency_us: { p50: 0, p99: 0, max: 0 },
    decode_us: null,
  }]);
  assertEquals(status.instruments, [{
    venue: "binance",
    instrument: "BTC-USDT-PERP",
    feed_state: "synchronised",
    usable: true,
    bid: "100",
    bid_size: "0.05",
    ask: "101",
    ask_size: "0.04",
    own_bid: "99",
    own_ask: "102",
    position: "0",
    average_price: null,
    open_orders: 2,
    messages: 1,
    applied: 1,
    gaps: 0,
    resyncs: 0,
    unusable_ms: 0,
  }]);
  const [buy] = status.open_orders;
  assertEquals(buy, {
    venue: "binance",
    instrument: "BTC-USDT-PERP",
    client_order_id: idsOf(quoting)[0]!,
    order_id: null,
    strategy: "maker",
    side: "buy",
    price: "99",
    size: "0.01",
    filled_size: "0",
    state: "new",
  });
  assertEquals(status.strategies, [{ id: "maker", parameters: { half_spread_bp: "1" } }]);
  assertEquals(status.risk_parameters, { order_size_max: "1" });
  assertEquals(status.orders.placed, 2);
  assertEquals(status.orders.open_at_end, 2);
  assertEquals(quoting.house.status.isHealthy(), true);
  quoting.house.session.abort();
});

Deno.test("House.status.summary() accounts for fills, volume, fees and positions exactly", () => {
  const world = quotingHouse();
  const [buy] = idsOf(world);
  world.deliver(fillOf({
    clientOrderId: buy as never,
    price: ticks(990),
    size: lots(10),
    fee: moneyOf("0.0004"),
    feeAsset: "USDT",
  }));
  const summary = world.house.status.summary();
  assertEquals(summary.fills, 1);
  assertEquals(summary.orders.filled, 1);
  assertEquals(summary.volume, { USDT: "0.99" });
  assertEquals(summary.positions, [{
    venue: "binance",
    instrument: "BTC-USDT-PERP",
    size: "0.01",
    average_price: "99",
  }]);
  assertEquals(summary.pnl, {
    currency: "USDT",
    realised: "0",
    unrealised: "0.015",
    fees: "0.0004",
    funding: "0",
    total: "0.0146",
  });
  assertEquals(summary.pnl_by_currency["USDT"]!.total, "0.0146");
  assertEquals(summary.ledger.breaks, 0);
  world.house.session.abort();
});

Deno.test("House.status says gaps and that it is not ready when no book can be used", () => {
  const world = quotingHouse();
  world.deliver(deltaOf(150, [[1_001, 1]]));
  const status = world.house.status.status();
  assertEquals(status.ready, false);
  assertEquals(status.venues[0]!.gaps, 1);
  assertEquals(status.instruments[0]!.bid, null);
  world.house.session.command("pause", "operator", "lunch");
  assertEquals(world.house.status.isReady(), false);
  world.house.session.abort();
});

Deno.test("House.status remembers the last 50 alerts and mode changes with their time", () => {
  const world = quotingHouse();
  world.house.session.command("pause", "operator", "lunch");
  const last = world.house.status.status().alerts.at(-1)!;
  assertEquals(last, {
    at: "2026-01-01T00:00:00.000000Z",
    severity: "warning",
    code: "mode",
    text: "Trading mode normal -> paused: lunch",
  });
  for (let number = 0; number < 60; number++) {
    const alert = { kind: "alert", severity: "info", code: "x", text: `${number}` } as const;
    world.house.status.noteAlert(alert, micros(START));
  }
  const { alerts } = world.house.status.status();
  assertEquals([alerts.length, alerts[0]!.text, alerts.at(-1)!.text], [50, "10", "59"]);
  world.house.session.abort();
});

Deno.test("House logs alerts by severity, a halt as an error, refusals for debugging", () => {
  const world = quotingHouse();
  assert(world.log.at("info").some((text) => text.includes("taken over")));
  world.deliver(link("orders", "down"));
  assert(world.log.at("warn").some((text) => text.includes("orders link is down")));
  world.gate.refuse = () => ({ kind: "refused", code: "collar", text: "too far" });
  world.maker.wishes = [["buy", 995, 10]];
  world.deliver(deltaOf(101, [[1_000, 51]]));
  assert(world.log.at("debug").some((text) => text === "Refused by collar: too far"));
  world.house.session.command("halt", "operator", "stop it");
  assert(world.log.at("error").some((text) => text.includes("normal -> halted: stop it")));
  world.house.session.command("resume", "operator", "", [], true);
  assert(world.log.at("info").some((text) => text.includes("halted -> normal")));
  world.gate.isReleasable = false;
  world.house.session.command("resume", "operator", "", [], true);
  assert(world.log.at("error").some((text) => text.includes("the cause stands")));
  world.house.session.abort();
});

Deno.test("House.metrics renders what runs: books, orders, mode, latency, volume", () => {
  const world = quotingHouse();
  const [buy] = idsOf(world);
  world.deliver(fillOf({ clientOrderId: buy as never, price: ticks(990), size: lots(10) }));
  world.clock.advance(2_000);
  const text = world.house.metrics.render();
  const perp = 'instrument="BTC-USDT-PERP"';
  const venue = 'venue="binance"';
  for (
    const line of [
      'touchline_build_info{mode="paper",version="1.2.3"} 1',
      "touchline_uptime_seconds 2",
      "touchline_ready 1",
      'touchline_trading_mode{mode="normal"} 1',
      'touchline_trading_mode{mode="halted"} 0',
      "touchline_kill_switch 0",
      "touchline_ledger_breaks_total 0",
      "touchline_resident_bytes 52428800",
      "touchline_heap_bytes 10485760",
      "touchline_journal_records_total 5",
      "touchline_journal_bytes_total 600",
      'touchline_orders_total{outcome="filled"} 1',
      "touchline_fills_total 1",
      'touchline_venue_connected{venue="binance"} 1',
      `touchline_book_usable{${perp},${venue}} 1`,
      `touchline_best_price{${perp},side="buy",${venue}} 100`,
      `touchline_own_price{${perp},side="sell",${venue}} 102`,
      `touchline_position_base{${perp},${venue}} 0.01`,
      `touchline_open_orders{${perp},${venue}} 2`,
      `touchline_book_gaps_total{${perp},${venue}} 0`,
      'touchline_volume_total{asset="USDT"} 0.99',
    ]
  ) {
    assert(text.includes(`\n${line}\n`), `wanted "${line}" in\n${text}`);
  }
  assertMatch(text, /touchline_latency_seconds.*stage="tick_to_order"/);
  // A second scrape adds nothing twice, and shows what happened since.
  const { clientOrderId } = world.house.engine.orders.unsettled().at(-1)!;
  const more = fillOf({ clientOrderId, price: ticks(990), size: lots(10), fillId: "f2" as never });
  world.deliver(more);
  const later = world.house.metrics.render();
  assertEquals(later.split("\n").length, text.split("\n").length);
  assert(later.includes('\ntouchline_volume_total{asset="USDT"} 1.98\n'), later);
  world.house.session.abort();
});

Deno.test("An orderly stop disarms the dead-man switch before it disconnects", () => {
  const world = new HouseWorld({ capabilities: { deadManSwitch: true } });
  world.house.session.start();
  world.deliver(link("account", "up"));
  world.deliver(accountReport({ askedAt: world.clock.now() }));
  world.clock.advance(50);
  const armed = () =>
    world.connector.sent.flatMap((one) => one.kind === "arm_dead_man" ? [one.timeoutMs] : []);
  assertEquals(armed(), [60_000]);
  let open = -1;
  world.house.session.stop("signal", "SIGINT", (left) => open = left);
  assertEquals(armed(), [60_000, 0]);
  assertEquals([open, world.connector.stoppedAt], [-1, undefined]);
  world.clock.advance(150);
  assertEquals(open, 0);
});

Deno.test("symbolTextOf() names an instrument by its key, an unknown one by its index", () => {
  const world = quotingHouse();
  assertEquals(symbolTextOf(world.house.engine, instrumentIndex(0)), "binance:BTC-USDT-PERP");
  assertEquals(symbolTextOf(world.house.engine, instrumentIndex(4)), "instrument 4");
  world.house.session.abort();
});

Deno.test("The last resort cancels every live order around the core, once, and then ends", () => {
  const world = quotingHouse();
  const ended: string[] = [];
  const lastResort = world.house.createLastResort((failure) => ended.push(failure));
  const before = world.connector.sent.length;
  lastResort.fail(new TypeError("cannot read x"));
  lastResort.fail(new Error("an echo"));
  const cancels = world.connector.sent.slice(before);
  assertEquals(cancels.map((one) => one.kind), ["cancel_order", "cancel_order"]);
  assertEquals(lastResort.failure, "TypeError: cannot read x");
  assertEquals(ended, []);
  world.clock.advance(1_000);
  assertEquals(ended, ["TypeError: cannot read x"]);
  assertEquals(world.house.violations, ["TypeError: cannot read x"]);
  world.house.session.abort();
});

Deno.test("After the last resort no quote is placed again, whatever the market does", () => {
  const world = quotingHouse();
  world.house.createLastResort(() => {}).fail(new Error("from outside the core"));
  const before = world.connector.sent.length;
  for (const id of idsOf(world)) {
    world.deliver({ ...ack(id as never), status: "cancelled", filledSize: lots(0) } as never);
  }
  world.deliver(deltaOf(101, [[1_001, 5]]));
  world.clock.advance(900);
  assertEquals(world.connector.sent.slice(before), []);
  world.house.session.abort();
});

Deno.test("A throw of the core goes to the last resort, and the house remembers it", () => {
  const world = quotingHouse();
  const ended: string[] = [];
  world.house.createLastResort((failure) => ended.push(failure));
  world.gate.onObserve = () => {
    throw new Error("Ledger is broken");
  };
  const before = world.connector.sent.length;
  world.deliver(deltaOf(101, [[1_000, 51]]));
  assertEquals(String(world.house.failure), "Error: Ledger is broken");
  assertEquals(world.connector.sent.slice(before).map((one) => one.kind), [
    "cancel_order",
    "cancel_order",
  ]);
  world.clock.advance(1_000);
  assertEquals(ended, ["Error: Ledger is broken"]);
  world.house.session.abort();
});

Deno.test("Without a last resort a throw of the core is remembered all the same", () => {
  const world = quotingHouse();
  world.gate.onObserve = () => {
    throw new Error("broken");
  };
  world.deliver(deltaOf(101, [[1_000, 51]]));
  assertEquals(String(world.house.failure), "Error: broken");
  world.house.session.abort();
});

Deno.test("The last resort goes on when a connector throws or the order store cannot be read", () => {
  const clock = new ManualClock();
  const log = new FakeLog();
  const world = quotingHouse();
  const orders = world.house.engine.orders.unsettled();
  const ended: string[] = [];
  let tried = 0;
  const throwing = new LastResort({
    log,
    scheduler: clock,
    freeze: () => {},
    orders: () => orders,
    cancel: () => {
      tried++;
      throw new Error("socket is gone");
    },
    done: (failure) => ended.push(failure),
  });
  throwing.fail("a text");
  clock.advance(1_000);
  assertEquals([tried, ended], [2, ["a text"]]);
  const blind = new LastResort({
    log,
    scheduler: clock,
    freeze: () => {},
    orders: () => {
      throw new Error("store is broken");
    },
    cancel: () => true,
    done: (failure) => ended.push(failure),
  });
  blind.fail(new Error("core"));
  clock.advance(1_000);
  assertEquals(ended.at(-1), "Error: core");
  assert(log.at("error").includes("Cannot read the order store"));
  world.house.session.abort();
});
