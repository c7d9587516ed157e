/**
 * Order entry: login, receipts that are not acceptance, every way an answer can go missing, REST in
 * place of the socket, conditional orders, limits.
 * @module
 */
import { type Price, price, venueOrderId } from "@/engine/domain/mod.ts";
import { OrderGateway } from "@/exchanges/gate/order_gateway.ts";
import type { Approved, PlaceOrder } from "@/engine/messages/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { amendOrder, cancelOrder, placeOrder } from "@/tests/support/builders.ts";
import { FakeProduct, type FakeSession, orderObject } from "./fake_product.ts";

class Desk extends FakeProduct {
  readonly gateway: OrderGateway;
  readonly socket: FakeSession;
  ask: Price | undefined = undefined;
  readonly #product: "spot" | "perpetual";

  constructor(product: "spot" | "perpetual" = "perpetual", isReady = true) {
    super(product);
    this.#product = product;
    this.gateway = new OrderGateway(
      this.context,
      this.signer,
      this.rest,
      this.lookup,
      () => this.ask,
    );
    this.socket = this.sessions[0]!;
    this.gateway.start();
    if (isReady) this.logIn();
  }

  logIn(): void {
    this.socket.open();
    const { payload, channel } = this.socket.last();
    const header = { status: "200", channel, event: "api" };
    const data = { result: { api_key: "k", uid: "110284739" } };
    this.socket.say({ request_id: payload["req_id"], header, data });
    this.socket.sent.length = 0;
    this.drain();
  }

  place(changes: Parameters<typeof placeOrder>[0] = {}) {
    const request = placeOrder({ instrument: this.instrument.index, ...changes });
    // Only the risk gate approves; this test stands where the core would.
    return this.gateway.send(request as PlaceOrder & Approved<PlaceOrder>);
  }

  /** Answers the frame sent last. */
  reply(data: unknown, header: Record<string, unknown> = {}, ack?: boolean): void {
    const { payload, channel } = this.socket.last();
    this.socket.say({
      request_id: payload["req_id"],
      ...(ack === undefined ? {} : { ack }),
      header: { status: "200", channel, event: "api", ...header },
      data,
    });
  }

  result(changes: Readonly<Record<string, unknown>> = {}): void {
    this.reply({ result: orderObject(this.#product, changes) });
  }

  refuse(status: string, label: string, message = ""): void {
    this.reply({ errs: { label, message } }, { status });
  }
}

const CANCEL = { ...cancelOrder(), instrument: 0 as never };

Deno.test("OrderGateway logs in with a signature over the channel and carries nothing before", () => {
  const desk = new Desk("spot", false);
  desk.socket.open();
  const { channel, event, payload, time } = desk.socket.last();
  assertEquals([channel, event, payload["api_key"]], ["spot.login", "api", "k"]);
  assertEquals(payload["timestamp"], String(time));
  assertEquals(payload["signature"], desk.signer.sign(`api\nspot.login\n\n${time}`));
  assertEquals(desk.place(), "sent");
  assertEquals(desk.asked.length, 1, "not logged in: over REST");
  desk.reply({ result: { uid: "1" } });
  assertEquals(desk.links(), ["orders up"]);
  desk.place();
  assertEquals(desk.socket.last().channel, "spot.order_place");
});

Deno.test("OrderGateway takes a receipt for no more than it is", () => {
  const desk = new Desk();
  assertEquals(desk.place(), "sent");
  desk.reply({ result: { req_id: "p1", req_param: {} } }, {}, true);
  assertEquals(desk.drain(), [], "ack moves nothing");
  desk.result();
  assertEquals(desk.orders(), ["order a1 new"]);
  assertEquals(desk.gateway.pendingCount, 0);
  assertEquals(desk.context.counters.ordersSent, 1);
});

Deno.test("OrderGateway reports a request lost that got a receipt and no result", () => {
  const desk = new Desk();
  desk.place();
  desk.reply({ result: {} }, {}, true);
  desk.clock.advance(4_000);
  assertEquals(desk.drain(), []);
  desk.clock.advance(3_000);
  const [lost] = desk.drain();
  assert(lost?.kind === "request_lost");
  assertEquals([lost.outcome, lost.text], ["unknown", "acknowledged, no result in time"]);
  desk.result();
  assertEquals(desk.drain(), [], "a late result finds nobody waiting; the order is asked for");
});

Deno.test("OrderGateway reports what is pending lost when its socket goes, and sends nothing again", () => {
  const desk = new Desk();
  desk.place();
  desk.gateway.send(CANCEL);
  desk.socket.drop("reset");
  assertEquals(desk.events.map((event) => event.kind), [
    "connection",
    "request_lost",
    "request_lost",
  ]);
  assertEquals(desk.orders(), ["lost place a1 unknown", "lost cancel a1 unknown"]);
  desk.logIn();
  desk.clock.advance(60_000);
  assertEquals(desk.socket.sent, []);
});

Deno.test("OrderGateway maps refusals to our reasons", () => {
  const desk = new Desk();
  const cases = [
    ["400", "ORDER_POC_IMMEDIATE", "refused place a1 post_only_would_take"],
    ["400", "INSUFFICIENT_AVAILABLE", "refused place a1 insufficient_balance"],
    ["401", "INVALID_KEY", "refused place a1 authentication"],
    ["400", "SOMETHING_NEW", "refused place a1 other"],
    ["500", "SERVER_ERROR", "lost place a1 unknown"],
    ["400", "INTERNAL", "lost place a1 unknown"],
    ["403", "REQUEST_EXPIRED", "refused place a1 timestamp"],
  ] as const;
  for (const [status, label, wanted] of cases) {
    desk.place();
    desk.refuse(status, label);
    assertEquals(desk.orders(), [wanted]);
  }
  desk.place();
  desk.refuse("400", "", "label: ORDER_FOK, message: not filled");
  assertEquals(desk.orders(), ["refused place a1 not_filled"]);
  desk.answer("GET /spot/time", { server_time: 1_767_225_700_000 });
  assert(desk.rest.clockOffset.known, "an expired request measures the clock");
});

Deno.test("OrderGateway obeys a 429 until the reset instant, in either spelling", () => {
  for (const key of ["x_gate_ratelimit_reset_timestamp", "x_gat_ratelimit_reset_timestamp"]) {
    const desk = new Desk();
    desk.place();
    const reset = Math.floor(desk.clock.now() / 1_000) + 5_000;
    desk.reply({ errs: { label: "TOO_MANY_REQUESTS", message: "311" } }, {
      status: "429",
      [key]: reset,
    });
    const [limit, refused] = desk.drain();
    assert(limit?.kind === "rate_limit");
    assertEquals([limit.rule, limit.blockedUntil], ["perpetual_orders_1s", reset * 1_000]);
    assert(refused?.kind === "request_refused" && refused.reason === "rate_limited");
  }
});

Deno.test("OrderGateway tells how much of the limit is used", () => {
  const desk = new Desk();
  desk.place();
  desk.reply({ result: orderObject("perpetual") }, {
    x_gate_ratelimit_requests_remain: 97,
    x_gate_ratelimit_limit: 100,
  });
  const [limit] = desk.drain();
  assert(limit?.kind === "rate_limit");
  assertEquals([limit.rule, limit.used], ["perpetual_orders_1s", 3]);
});

Deno.test("OrderGateway treats an amend to the same values as done", () => {
  const desk = new Desk();
  const amend = { ...amendOrder(), instrument: desk.instrument.index };
  desk.gateway.send(amend);
  desk.refuse("400", "NO_CHANGE");
  assertEquals(desk.orders(), ["order a1 new"]);
  desk.gateway.send(amend);
  desk.result({ left: "4", price: "100.1" });
  assertEquals(desk.orders(), ["order a1 partially_filled"]);
  desk.gateway.send(amend);
  desk.refuse("400", "ORDER_NOT_FOUND");
  assertEquals(desk.orders(), ["refused amend a1 unknown_order"]);
});

Deno.test("OrderGateway cancels, and names a cancelled order that has lost its text", () => {
  const desk = new Desk();
  desk.gateway.send(CANCEL);
  assertEquals(desk.socket.last().payload["req_param"], { order_id: "t-a1" });
  desk.result({ status: "finished", finish_as: "cancelled", text: "", id: 99 });
  assertEquals(desk.orders(), ["order a1 cancelled"]);
  desk.gateway.send(CANCEL);
  desk.reply({ result: { odd: true } });
  assertEquals(desk.orders(), ["lost cancel a1 unknown"], "a yes without an order says nothing");
});

Deno.test("OrderGateway goes over REST while the socket is down, signed and with an expiry", () => {
  const desk = new Desk("perpetual", false);
  assertEquals(desk.place(), "sent");
  const request = desk.answer("POST /futures/usdt/orders", orderObject("perpetual"), 201, {
    "x-gate-ratelimit-limit": "100",
    "x-gate-ratelimit-requests-remain": "99",
  });
  const headers = request.headers!;
  assertEquals(headers["KEY"], "k");
  assertEquals(headers["X-Gate-Size-Decimal"], "1");
  assertEquals(Number(headers["x-gate-exptime"]), desk.clock.now() / 1_000 + 5_000);
  assertEquals(headers["SIGN"]!.length, 128);
  const [limit] = desk.events;
  assert(limit?.kind === "rate_limit" && limit.used === 1);
  assertEquals(desk.orders(), ["order a1 new"]);
});

Deno.test("OrderGateway tells a request that never left from one whose fate is unknown", () => {
  const desk = new Desk("spot", false);
  desk.place();
  desk.fail("POST /spot/orders", true);
  assertEquals(desk.orders(), ["lost place a1 unknown"]);
  desk.place();
  desk.fail("POST /spot/orders", false);
  assertEquals(desk.orders(), ["lost place a1 not_sent"]);
  assertEquals(desk.place(), "not_connected", "REST rests for a moment");
  desk.clock.advance(1_001);
  assertEquals(desk.place(), "sent");
  desk.answer("POST /spot/orders", "<html>502</html>", 502);
  assertEquals(desk.orders(), ["lost place a1 unknown"]);
  desk.place();
  desk.answer("POST /spot/orders", "not json", 201);
  assertEquals(desk.orders(), ["lost place a1 unknown"]);
  desk.place();
  desk.answer("POST /spot/orders", { label: "BALANCE_NOT_ENOUGH", message: "x" }, 400);
  assertEquals(desk.orders(), ["refused place a1 insufficient_balance"]);
});

Deno.test("OrderGateway keeps conditional orders apart and cancels them by their own id", () => {
  const desk = new Desk();
  const stop = {
    type: "stop_loss",
    side: "sell",
    price: undefined,
    triggerPrice: price(640_000),
    postOnly: false,
  } as const;
  desk.place(stop);
  assertEquals(
    desk.gateway.isStop({ clientOrderId: "a1" as never, venueOrderId: undefined }),
    true,
  );
  assertEquals(desk.gateway.send(CANCEL), "not_supported", "its id is not known yet");
  desk.answer("POST /futures/usdt/price_orders", { id: 55 }, 201);
  const [placed] = desk.drain();
  assert(placed?.kind === "order" && placed.status === "new");
  assertEquals(placed.venueOrderId, venueOrderId("stop-55"));
  desk.gateway.send(CANCEL);
  desk.answer("DELETE /futures/usdt/price_orders/55", { id: 55, status: "finished" });
  assertEquals(desk.orders(), ["order a1 cancelled"]);
  desk.place(stop);
  desk.answer("POST /futures/usdt/price_orders", { odd: 1 }, 201);
  assertEquals(desk.orders(), ["lost place a1 unknown"]);
});

Deno.test("OrderGateway cancels ordinary and conditional orders of an instrument", () => {
  const desk = new Desk("spot");
  desk.gateway.send({ kind: "cancel_all", instrument: desk.instrument.index });
  assertEquals(desk.socket.last().payload["req_param"], { currency_pair: "BTC_USDT" });
  const gone = orderObject("spot", { status: "cancelled", finish_as: "cancelled" });
  desk.reply({ result: [gone, { ...gone, id: "78", text: "t-a2" }] });
  assertEquals(desk.orders(), ["order a1 cancelled", "order a2 cancelled"]);
  desk.answer("DELETE /spot/price_orders?market=BTC_USDT", { label: "SERVER_ERROR" }, 500);
  assertEquals(desk.logged, ["warn: cancel-all was not confirmed"]);
});

Deno.test("OrderGateway reads what a cancel-all did to conditional orders as conditional orders", () => {
  const desk = new Desk();
  desk.gateway.send({ kind: "cancel_all", instrument: desk.instrument.index });
  desk.reply({ result: [] });
  const stop = {
    id: 55,
    trigger: { price: "60000", rule: 2 },
    initial: { contract: "BTC_USDT", size: -3, price: "0", tif: "ioc", text: "t-a1" },
    status: "finished",
    finish_as: "cancelled",
  };
  const foreign = { ...stop, id: 56, initial: { ...stop.initial, text: "web" } };
  desk.answer("DELETE /futures/usdt/price_orders?contract=BTC_USDT", [stop, foreign]);
  const [update, ...others] = desk.drain();
  assert(update?.kind === "order");
  assertEquals(
    [update.clientOrderId, update.venueOrderId, update.status, update.type, update.side],
    [
      "a1" as never,
      venueOrderId("stop-55"),
      "cancelled",
      "stop_loss",
      "sell",
    ],
  );
  assertEquals(others, []);
});

Deno.test("OrderGateway buys spot at market only when it knows the ask", () => {
  const desk = new Desk("spot");
  const market = { type: "market", price: undefined, postOnly: false } as const;
  assertEquals(desk.place(market), "not_supported");
  desk.ask = price(6_500_000);
  assertEquals(desk.place(market), "sent");
  const param = desk.socket.last().payload["req_param"] as Record<string, string>;
  assertEquals([param["type"], param["price"], param["time_in_force"]], ["limit", "65000", "ioc"]);
});

Deno.test("OrderGateway arms the countdown in whole seconds, at least five", () => {
  const desk = new Desk();
  const arm = (timeoutMs: number) =>
    desk.gateway.armDeadMan({
      kind: "arm_dead_man",
      instrument: desk.instrument.index,
      timeoutMs,
    });
  assertEquals(arm(1_000), "sent");
  const asked = desk.answer("POST /futures/usdt/countdown_cancel_all", { triggerTime: 1 });
  assertEquals(asked.body, '{"timeout":5,"contract":"BTC_USDT"}');
  arm(30_500);
  assertEquals(
    desk.answer("POST /futures", { label: "X" }, 400).body,
    '{"timeout":31,"contract":"BTC_USDT"}',
  );
  assertEquals(desk.logged, ["warn: dead-man switch was not armed"]);
  arm(0);
  assertEquals(desk.answer("POST /futures", {}).body, '{"timeout":0,"contract":"BTC_USDT"}');
});

Deno.test("OrderGateway connects anew when its login is refused or not answered", () => {
  const desk = new Desk("perpetual", false);
  desk.socket.open();
  desk.reply({ errs: { label: "INVALID_SIGNATURE", message: "x" } }, { status: "401" });
  desk.answer("GET /spot/time", { server_time: 1 });
  assertEquals(desk.socket.restarts, ["login refused"]);
  assertEquals(desk.logged, ["error: order socket login refused"]);
  desk.socket.open();
  desk.clock.advance(10_001);
  assertEquals(desk.socket.restarts.at(-1), "login was not answered");
  assertEquals(desk.drain(), [], "never up");
});

Deno.test("OrderGateway moves when the venue announces a close, and bears noise", () => {
  const desk = new Desk();
  desk.socket.say({ channel: "futures.system", event: "update", result: { type: "upgrade" } });
  assertEquals(desk.socket.renewals, 1);
  desk.socket.say({ channel: "futures.pong", event: "" });
  desk.socket.say("<html>");
  desk.socket.say({ request_id: "nobody", header: { status: "200" }, data: {} });
  assertEquals(desk.context.counters.refusedFrames, 1);
  assertEquals(desk.context.counters.ignoredFrames, 3);
  assertEquals(desk.drain(), []);
});

Deno.test("OrderGateway pushes back when too much is pending or the socket takes no more", () => {
  const desk = new Desk();
  for (let count = 0; count < 1_024; count++) assertEquals(desk.place(), "sent");
  assertEquals(desk.place(), "back_pressured");
  const full = new Desk();
  full.socket.accepts = false;
  assertEquals(full.place(), "back_pressured");
  full.gateway.stop();
  assertEquals(full.place(), "not_connected");
});
