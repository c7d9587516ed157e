/**
 * Order entry over both wires: items, names, numbers, amendments, limits, the dead man's switch.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { FaultPlan } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { KEY, type Loose, OkxWorld, SPOT_CODE, SWAP_CODE, swapOrder } from "./okx_world.ts";

function codes(answer: Loose): string[] {
  return answer.data.map((each: Loose) => each.sCode);
}

Deno.test("an order over WebSockets is answered by item and told on the orders channel", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const answer = world.ask(socket, "order", swapOrder({ clOrdId: "mm1", ordType: "post_only" }));
  assertEquals(Object.keys(answer), ["id", "op", "data", "code", "msg", "inTime", "outTime"]);
  assertEquals([answer.op, answer.code, codes(answer)], ["order", "0", ["0"]]);
  assertEquals(Object.keys(answer.data[0]), [
    "clOrdId",
    "ordId",
    "tag",
    "ts",
    "sCode",
    "sMsg",
    "subCode",
  ]);
  const [event] = socket.data("orders");
  assertEquals([event.instId, event.ordId, event.clOrdId, event.state], [
    "BTC-USDT-SWAP",
    answer.data[0].ordId,
    "mm1",
    "live",
  ]);
  assertEquals([event.px, event.sz, event.accFillSz, event.avgPx, event.ordType], [
    "63900",
    "1",
    "0",
    "",
    "post_only",
  ]);
  assertEquals([event.fillSz, event.tradeId, event.reduceOnly], ["0", "", "false"]);
});

Deno.test("WebSockets want instIdCode, REST wants instId, and neither takes the other", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const { instIdCode, ...bare } = swapOrder();
  assertEquals(instIdCode, SWAP_CODE);
  const byName = world.ask(socket, "order", { ...bare, instId: "BTC-USDT-SWAP" });
  assertEquals([byName.code, codes(byName)], ["1", ["51000"]]);
  assertEquals(codes(world.ask(socket, "order", swapOrder({ instIdCode: 1 }))), ["51001"]);
  assertEquals(codes(world.ask(socket, "order", swapOrder({ instIdCode: "10462" }))), ["51000"]);
  assertEquals(codes(world.post("trade/order", swapOrder())), ["50014"]);
  const good = world.post("trade/order", { ...bare, instId: "BTC-USDT-SWAP" });
  assertEquals([good.code, codes(good)], ["0", ["0"]]);
  assertEquals(Object.keys(good), ["code", "data", "inTime", "outTime", "msg"]);
});

Deno.test("what is malformed is refused with the venue's codes", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const refused: [Record<string, unknown>, string][] = [
    [{ clOrdId: "with-hyphen" }, "51000"],
    [{ clOrdId: "a".repeat(33) }, "51000"],
    [{ tag: "a_b" }, "51000"],
    [{ px: 63_900 }, "51000"],
    [{ px: "63900.05" }, "51000"],
    [{ px: "" }, "50014"],
    [{ sz: "0.005" }, "51121"],
    [{ sz: "0" }, "51000"],
    [{ side: "long" }, "51000"],
    [{ ordType: "gtc" }, "51000"],
    [{ tdMode: undefined }, "50014"],
    [{ tdMode: "cash" }, "51000"],
    [{ tdMode: "isolated" }, "51010"],
    [{ posSide: "long" }, "51000"],
    [{ reduceOnly: "true" }, "51000"],
    [{ reduceOnly: true }, "51169"],
    [{ stpMode: "none" }, "51000"],
    [{ px: "70000" }, "51137"],
    [{ side: "sell", px: "60000" }, "51138"],
    [{ sz: "100000" }, "51008"],
  ];
  for (const [change, code] of refused) {
    const answer = world.ask(socket, "order", swapOrder(change));
    assertEquals([answer.code, codes(answer)], ["1", [code]], JSON.stringify(change));
    assertEquals(answer.data[0].ordId, "");
  }
  assertEquals(socket.data("orders"), [], "a refused order has no event");
  const spot = { instIdCode: SPOT_CODE, tdMode: "cash", side: "buy", ordType: "limit" };
  assertEquals(codes(world.ask(socket, "order", { ...spot, px: "63000", sz: "0.000001" })), [
    "51020",
  ]);
  assertEquals(codes(world.ask(socket, "order", { ...spot, px: "63000", sz: "50" })), ["51008"]);
  for (const args of [[], Array(2).fill(swapOrder()), ["x"]]) {
    const answer = world.ask(socket, "order", ...args);
    assertEquals([answer.code, answer.data], ["60013", []]);
  }
});

Deno.test("a name is taken while its order is pending, on every instrument", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  assertEquals(codes(world.ask(socket, "order", swapOrder({ clOrdId: "one" }))), ["0"]);
  assertEquals(codes(world.ask(socket, "order", swapOrder({ clOrdId: "one" }))), ["51016"]);
  const spot = {
    instIdCode: SPOT_CODE,
    tdMode: "cash",
    side: "buy",
    ordType: "limit",
    px: "63000",
    sz: "0.01",
    clOrdId: "one",
  };
  assertEquals(codes(world.ask(socket, "order", spot)), ["51016"]);
  const gone = world.ask(socket, "cancel-order", { instIdCode: SWAP_CODE, clOrdId: "one" });
  assertEquals(codes(gone), ["0"]);
  assertEquals(codes(world.ask(socket, "order", spot)), ["0"]);
  const unnamed = [1, 2].map(() => world.ask(socket, "order", swapOrder()));
  assertEquals(unnamed.map((each) => [each.code, each.data[0].clOrdId]), [["0", ""], ["0", ""]]);
});

Deno.test("a post-only that would take is accepted and cancelled with source 31", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.other(world.swap, "sell", "64000", "5");
  const crossing = swapOrder({ ordType: "post_only", px: "64000", clOrdId: "po" });
  const answer = world.ask(socket, "order", crossing);
  assertEquals(codes(answer), ["0"]);
  const events = socket.data("orders");
  assertEquals(events.map((each) => [each.state, each.cancelSource, each.accFillSz]), [
    ["live", "", "0"],
    ["canceled", "31", "0"],
  ]);
  const { ordId } = answer.data[0];
  const query = world.signedGet("trade/order", `instId=BTC-USDT-SWAP&ordId=${ordId}`);
  assertEquals([query.data[0].clOrdId, query.data[0].state], ["po", "canceled"]);
  assertEquals(codes(world.ask(socket, "order", { ...crossing, px: "63999" })), ["0"]);
  assertEquals(world.venue.exchange.truth().openOrders.length, 2);
});

Deno.test("IOC, FOK and self-trades end with their sources", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.other(world.swap, "sell", "64000", "1");
  world.ask(socket, "order", swapOrder({ ordType: "fok", px: "64000", sz: "2" }));
  assertEquals(socket.data("orders").at(-1).cancelSource, "13");
  world.ask(socket, "order", swapOrder({ ordType: "ioc", px: "64000", sz: "2" }));
  const ioc = socket.data("orders").at(-1);
  assertEquals([ioc.state, ioc.cancelSource, ioc.accFillSz, ioc.fillSz], [
    "canceled",
    "14",
    "1",
    "1",
  ]);
  world.ask(socket, "order", swapOrder({ px: "63900", clOrdId: "mine" }));
  world.ask(socket, "order", swapOrder({ side: "sell", px: "63900", clOrdId: "taker" }));
  const events = socket.data("orders").map((each) => [each.clOrdId, each.state, each.cancelSource]);
  assertEquals(events.filter(([, state]) => state === "canceled"), [["mine", "canceled", "32"]]);
  assertEquals(world.imbalances, []);
});

Deno.test("a fill carries its numbers; fees below zero are charged, above a rebate", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.ask(socket, "order", swapOrder({ px: "64000", sz: "3", clOrdId: "maker" }));
  socket.take();
  world.other(world.swap, "sell", "64000", "1");
  world.other(world.swap, "sell", "64000", "2");
  const [part, whole] = socket.data("orders");
  assertEquals([part.state, part.fillSz, part.accFillSz, part.fillPx, part.avgPx], [
    "partially_filled",
    "1",
    "1",
    "64000",
    "64000",
  ]);
  assertEquals([part.execType, part.fillFee, part.fee, part.feeCcy], [
    "M",
    "0.032",
    "0.032",
    "USDT",
  ]);
  assertEquals([whole.state, whole.fillSz, whole.fillFee, whole.fee], [
    "filled",
    "2",
    "0.064",
    "0.096",
  ]);
  assert(part.tradeId !== whole.tradeId);
  world.other(world.spot, "sell", "64000", "1");
  const spot = {
    instIdCode: SPOT_CODE,
    tdMode: "cash",
    side: "buy",
    ordType: "limit",
    px: "64000",
    sz: "0.5",
  };
  world.ask(socket, "order", spot);
  const bought = socket.data("orders").at(-1);
  assertEquals([bought.execType, bought.fillFee, bought.feeCcy], ["T", "-0.0005", "BTC"]);
  assertEquals(world.imbalances, []);
});

Deno.test("a market buy of spot counts quote currency unless told otherwise", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.other(world.spot, "sell", "62500", "1.5");
  world.time.advance(3_000);
  const buy = { instIdCode: SPOT_CODE, tdMode: "cash", side: "buy", ordType: "market" };
  world.ask(socket, "order", { ...buy, sz: "100" });
  const inQuote = socket.data("orders").at(-1);
  assertEquals([inQuote.sz, inQuote.tgtCcy, inQuote.accFillSz, inQuote.px], [
    "100",
    "quote_ccy",
    "0.0016",
    "",
  ]);
  world.ask(socket, "order", { ...buy, sz: "1", tgtCcy: "base_ccy" });
  const inBase = socket.data("orders").at(-1);
  assertEquals([inBase.sz, inBase.tgtCcy, inBase.accFillSz, inBase.state], [
    "1",
    "base_ccy",
    "1",
    "filled",
  ]);
});

Deno.test("a batch answers for each; partial success says 2, none says 1", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const mixed = world.ask(
    socket,
    "batch-orders",
    swapOrder({ clOrdId: "a1" }),
    swapOrder({ clOrdId: "a-2" }),
    swapOrder({ clOrdId: "a3", px: "63800" }),
  );
  assertEquals([mixed.code, codes(mixed)], ["2", ["0", "51000", "0"]]);
  const named = (clOrdId: string) => ({ instIdCode: SWAP_CODE, clOrdId });
  const cancels = world.ask(socket, "batch-cancel-orders", named("a1"), named("none"));
  assertEquals([cancels.code, codes(cancels)], ["2", ["0", "51400"]]);
  const again = world.ask(socket, "batch-cancel-orders", named("a1"), named("none"));
  assertEquals([again.code, codes(again)], ["1", ["51401", "51400"]]);
  assertEquals(world.ask(socket, "batch-orders", ...Array(21).fill(swapOrder())).code, "60013");
  const rest = world.post("trade/batch-orders", [
    { ...swapOrder({ clOrdId: "b1" }), instId: "BTC-USDT-SWAP" },
    { ...swapOrder({ clOrdId: "b2", instId: "ETH-USDT-SWAP", px: "3390" }) },
  ]);
  assertEquals([rest.code, codes(rest)], ["0", ["0", "0"]]);
  const twenty = Array(21).fill({ instId: "BTC-USDT-SWAP", clOrdId: "b1" });
  assertEquals(world.post("trade/cancel-batch-orders", twenty).code, "51000");
});

Deno.test("an amendment is accepted, and its result comes on the orders channel", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const amend = (change: Loose) =>
    world.ask(socket, "amend-order", { instIdCode: SWAP_CODE, clOrdId: "a", ...change });
  world.ask(socket, "order", swapOrder({ clOrdId: "a", sz: "4", ordType: "post_only" }));
  world.other(world.swap, "sell", "63900", "1");
  world.other(world.swap, "sell", "64000", "1");
  socket.take();
  const answer = amend({ newPx: "63901", newSz: "3", reqId: "q1" });
  assertEquals([codes(answer), answer.data[0].reqId], [["0"], "q1"]);
  const [changed] = socket.data("orders");
  assertEquals([changed.px, changed.sz, changed.state], ["63901", "3", "partially_filled"]);
  assertEquals([changed.amendResult, changed.reqId, changed.amendSource], ["0", "q1", "1"]);
  assertEquals(codes(amend({ newPx: "64000", reqId: "q2" })), ["0"]);
  const [failed] = socket.data("orders");
  assertEquals([failed.amendResult, failed.code, failed.px, failed.reqId], [
    "-1",
    "51511",
    "63901",
    "q2",
  ]);
  assertEquals(codes(amend({ newSz: "1", reqId: "q3" })), ["0"]);
  const [completed] = socket.data("orders");
  assertEquals([completed.state, completed.accFillSz, completed.reqId], ["filled", "1", "q3"]);
  assertEquals(codes(amend({ newSz: "2" })), ["51503"]);
  assertEquals(codes(amend({ reqId: "with-hyphen" })), ["51000"]);
});

Deno.test("an amendment that fails may cancel the order", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.ask(socket, "order", swapOrder({ clOrdId: "a" }));
  socket.take();
  const arg = { instIdCode: SWAP_CODE, clOrdId: "a", newSz: "900000", cxlOnFail: true };
  assertEquals(codes(world.ask(socket, "amend-order", arg)), ["0"]);
  const [event] = socket.data("orders");
  assertEquals([event.state, event.amendResult, event.code], ["canceled", "1", "51008"]);
  assertEquals(world.venue.exchange.truth().openOrders, []);
});

Deno.test("a smaller size keeps its place in the queue, a new price does not", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.ask(socket, "order", swapOrder({ clOrdId: "a", sz: "4" }));
  world.other(world.swap, "buy", "63900", "1");
  world.ask(socket, "amend-order", { instIdCode: SWAP_CODE, clOrdId: "a", newSz: "2" });
  socket.take();
  world.other(world.swap, "sell", "63900", "1");
  assertEquals(socket.data("orders").map((each) => each.accFillSz), ["1"]);
});

Deno.test("the fourth amendment on the way to an order is refused", () => {
  const world = new OkxWorld({ matchMs: 5 });
  const socket = world.orders();
  socket.send({ id: "p", op: "order", args: [swapOrder({ clOrdId: "a" })] });
  world.time.advance(5);
  socket.take();
  for (let i = 0; i < 4; i++) {
    const arg = { instIdCode: SWAP_CODE, clOrdId: "a", newPx: `6389${i}` };
    socket.send({ id: `m${i}`, op: "amend-order", args: [arg] });
  }
  assertEquals(socket.take(), [], "the venue takes its time");
  world.time.advance(5);
  const answers = socket.take().filter((each) => each.op === "amend-order");
  assertEquals(answers.map((each) => codes(each)[0]), ["0", "0", "0", "51513"]);
});

Deno.test("expTime keeps late requests from being carried out", () => {
  const world = new OkxWorld({ matchMs: 5 });
  const socket = world.orders();
  const ask = (id: string, expTime: string) =>
    socket.send({ id, op: "order", args: [swapOrder()], expTime });
  ask("late", String(world.nowMs - 1));
  assertEquals(socket.take()[0].code, "50036");
  ask("slow", String(world.nowMs + 2));
  ask("fine", String(world.nowMs + 50));
  ask("odd", "soon");
  world.time.advance(5);
  const answers = socket.take().filter((each) => each.op === "order");
  assertEquals(answers.map((each) => [each.id, each.code, each.data[0]?.sCode]), [
    ["odd", "51000", undefined],
    ["slow", "1", "50037"],
    ["fine", "0", "0"],
  ]);
  let answer = "";
  const body = JSON.stringify({ ...swapOrder(), instId: "BTC-USDT-SWAP" });
  const path = "/api/v5/trade/order";
  const headers = world.headers(`POST${path}${body}`, { exptime: "1" });
  world.venue.dialect.handleHttp(
    { method: "POST", path, query: "", headers, body },
    (response) => answer = response.body,
  );
  assertEquals(JSON.parse(answer).code, "50036");
});

Deno.test("sixty orders of an instrument in two seconds, and three hundred in batches", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const place = (sz = "0.01") => world.ask(socket, "order", swapOrder({ sz }));
  for (let i = 0; i < 60; i++) assertEquals(place().code, "0");
  assertEquals([place().code, place().data], ["50011", []]);
  const rest = world.postRaw("trade/order", { ...swapOrder(), instId: "BTC-USDT-SWAP" });
  assertEquals([rest.status, JSON.parse(rest.body).code], [429, "50011"]);
  const eth = { instIdCode: SWAP_CODE + 1, px: "3390", sz: "0.01" };
  assertEquals(world.ask(socket, "order", swapOrder(eth)).code, "0");
  const twenty = Array(20).fill(swapOrder({ sz: "0.01" }));
  for (let i = 0; i < 15; i++) assertEquals(world.ask(socket, "batch-orders", ...twenty).code, "0");
  assertEquals(world.ask(socket, "batch-orders", ...twenty).code, "50011");
  assertEquals(world.ask(socket, "batch-orders", twenty[0]).code, "50011", "one counts as single");
  const [open] = world.venue.exchange.truth().openOrders;
  const named = { instIdCode: SWAP_CODE, clOrdId: open!.clientOrderId };
  assertEquals(world.ask(socket, "cancel-order", named).data[0].sCode, "0", "a bucket of its own");
  world.time.advance(2_000);
  assertEquals(place().code, "0");
});

Deno.test("a thousand orders and amendments of the account in two seconds", () => {
  const world = new OkxWorld();
  const socket = world.login();
  const batches = [0, 1, 2, 3].map((at) => {
    const arg = { instIdCode: SWAP_CODE + (at % 3), clOrdId: "none", newSz: "1" };
    return () => world.ask(socket, "batch-amend-orders", ...Array(20).fill(arg)).code;
  });
  const order = { instIdCode: SWAP_CODE, px: "bad" };
  for (const amend of batches.slice(0, 3)) for (let i = 0; i < 15; i++) assertEquals(amend(), "1");
  const place = () => world.ask(socket, "batch-orders", ...Array(20).fill(order)).code;
  for (let i = 0; i < 5; i++) assertEquals(place(), "1");
  assertEquals(place(), "50061");
});

Deno.test("the dead man's switch ends the account's orders, or those of its tag", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.ask(socket, "order", swapOrder({ clOrdId: "a", tag: "mm1" }));
  world.ask(socket, "order", swapOrder({ clOrdId: "b" }));
  const arm = (timeOut: string, tag?: string) => {
    world.time.advance(1_000);
    return world.post("trade/cancel-all-after", { timeOut, ...(tag === undefined ? {} : { tag }) });
  };
  const armed = arm("10", "mm1");
  assertEquals(Number(armed.data[0].triggerTime), world.nowMs + 10_000);
  assertEquals(world.postRaw("trade/cancel-all-after", { timeOut: "10" }).status, 429);
  arm("20");
  socket.take();
  world.time.advance(9_500);
  const tagged = socket.data("orders").map((each) => [each.clOrdId, each.cancelSource]);
  assertEquals(tagged, [["a", "20"]]);
  assertEquals(arm("0").data[0].triggerTime, "0");
  socket.send("ping");
  world.time.advance(20_000);
  assertEquals(world.venue.exchange.truth().openOrders.map((each) => each.clientOrderId), ["b"]);
  assertEquals([arm("5").code, arm("121").code, arm("").code], ["51000", "51000", "50014"]);
});

Deno.test("faults on the order path: throttled and closed", () => {
  for (const [kind, code] of [["throttle", "50011"], ["maintenance", "50001"]] as const) {
    const rules = [{ kind, once: true }];
    const faults = new FaultPlan({ randomFor: (name) => new SeededRandom(name) });
    const world = new OkxWorld({ faults });
    const socket = world.orders();
    for (const rule of rules) faults.add(rule);
    assertEquals(world.ask(socket, "order", swapOrder()).code, code);
    assertEquals(world.ask(socket, "order", swapOrder()).code, "0");
  }
});

Deno.test("halted and delisted instruments refuse orders", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const { exchange } = world.venue;
  exchange.setStatus(world.swap, "halted");
  assertEquals(codes(world.ask(socket, "order", swapOrder())), ["51022"]);
  exchange.setStatus(world.swap, "delisted");
  assertEquals(codes(world.ask(socket, "order", swapOrder())), ["51001"]);
  assertEquals(KEY.apiKey.length, 36);
});

Deno.test("an answer goes out before or after the event it caused", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const first = new Set<string>();
  for (let i = 0; i < 20; i++) {
    socket.send({ id: `r${i}`, op: "order", args: [swapOrder()] });
    const [one, two, ...none] = socket.take();
    assertEquals([none, one.op ?? two.op], [[], "order"]);
    first.add(one.op ?? one.arg.channel);
  }
  assertEquals([...first].sort(), ["order", "orders"]);
});
