/**
 * The account as a whole: funding, the dead man's switch, settings, conservation.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { moneyToText } from "@/engine/domain/mod.ts";
import {
  createBybitVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
  TRADING_OWNER,
} from "@/exchanges/bybit/dialect/mod.ts";
import { assert, assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { BybitWorld, FakeSocket, type Loose, perpOrder } from "./bybit_world.ts";

Deno.test("funding is an execution of its own kind: a fee above zero was paid", () => {
  const world = new BybitWorld();
  world.other(world.perp, "sell", "64000", "1");
  world.post("order/create", perpOrder({ qty: "1", price: "64000" }));
  const events = world.hears("execution.linear");
  for (let i = 0; i < 8 * 60 && events.texts.length === 0; i++) {
    world.time.advance(60_000);
    events.send({ op: "ping" });
    const pushed = events.texts.filter((text) => text.includes(`"topic"`));
    events.texts.splice(0, Infinity, ...pushed);
  }
  const [funding] = events.data("execution.linear");
  assertEquals([funding.execType, funding.side, funding.execQty], ["Funding", "Buy", "1"]);
  assert(Number(funding.execFee) > 0, funding.execFee);
  const log = world.signedGet("account/transaction-log", "accountType=UNIFIED&type=SETTLEMENT");
  assertEquals(log.result.list[0].funding, `-${funding.execFee}`);
  const query = "category=linear&execType=Funding";
  assertEquals(world.signedGet("execution/list", query).result.list[0].execId, funding.execId);
  const rates = world.get("market/funding/history", "category=linear&symbol=BTCUSDT").result.list;
  assertEquals(rates[0].fundingRate, funding.feeRate);
  assertEquals(world.imbalances, []);
});

Deno.test("the dead man's switch fires when the last socket that asked for it is gone", () => {
  const world = new BybitWorld();
  const set = { product: "DERIVATIVES", timeWindow: 10 };
  assertEquals(world.post("order/disconnected-cancel-all", set).retCode, 0);
  const first = world.hears("dcp.future");
  const second = world.hears("dcp.future");
  const listener = world.hears("order");
  world.time.advance(11_000);
  for (const socket of [first, second]) socket.send({ op: "ping" });
  world.post("order/create", perpOrder());
  world.post("order/create", perpOrder({ category: "spot" }));
  first.cut();
  world.time.advance(9_000);
  second.send({ op: "ping" });
  world.time.advance(9_000);
  assertEquals(world.venue.exchange.truth().openOrders.length, 2);
  second.cut();
  world.time.advance(11_000);
  const [cancelled] = listener.data("order").slice(-1);
  assertEquals([cancelled.category, cancelled.orderStatus, cancelled.cancelType], [
    "linear",
    "Cancelled",
    "CancelByDCP",
  ]);
  assertEquals(world.venue.exchange.truth().openOrders.length, 1);
  const info = world.signedGet("account/query-dcp-info").result.dcpInfos;
  assertEquals(info.map((each: Loose) => each.dcpStatus), ["OFF", "ON"]);
});

Deno.test("an account without the switch is told so", () => {
  const world = new BybitWorld({ mayCancelOnDisconnect: false });
  const set = { product: "DERIVATIVES", timeWindow: 10 };
  assertEquals(world.post("order/disconnected-cancel-all", set).retCode, 10005);
  assertEquals(world.signedGet("account/query-dcp-info").result.dcpInfos, []);
});

Deno.test("settings: leverage, mode, fee rates, topics by category", () => {
  const world = new BybitWorld();
  const leverage = { category: "linear", symbol: "BTCUSDT", buyLeverage: "5", sellLeverage: "5" };
  assertEquals(world.post("position/set-leverage", leverage).retCode, 0);
  assertEquals(world.post("position/set-leverage", leverage).retCode, 110043);
  const mode = { category: "linear", symbol: "BTCUSDT", mode: 0 };
  assertEquals(world.post("position/switch-mode", mode).retCode, 110025);
  const [fee] = world.signedGet("account/fee-rate", "category=linear&symbol=BTCUSDT").result.list;
  assertEquals([fee.makerFeeRate, fee.takerFeeRate], ["-0.00005", "0.00055"]);
  const socket = world.logOn();
  socket.subscribe("order", "order.spot");
  assertEquals(socket.take()[0].success, false);
  socket.subscribe("order.spot", "position.linear", "greeks");
  assertEquals(socket.take()[0].success, true);
  world.post("order/create", perpOrder());
  assertEquals(socket.take().map((each) => each.topic), ["position.linear"]);
  socket.subscribe("nonsense");
  assertEquals(socket.take()[0].ret_msg, "error:handler not found,topic:nonsense");
});

Deno.test("open orders come by pages, newest first", () => {
  const world = new BybitWorld();
  for (let i = 0; i < 25; i++) {
    world.post("order/create", perpOrder({ price: String(63_000 + i) }));
    world.time.advance(150);
  }
  const names: string[] = [];
  let cursor = "";
  let pages = 0;
  do {
    const query = `category=linear&settleCoin=USDT&limit=10&cursor=${cursor}`;
    const { list, nextPageCursor } = world.signedGet("order/realtime", query).result;
    names.push(...list.map((each: Loose) => each.price));
    cursor = nextPageCursor;
    pages++;
  } while (cursor !== "");
  assertEquals([pages, names.length, names[0], names.at(-1)], [3, 25, "63024.0", "63000.0"]);
  assertEquals(world.signedGet("order/realtime", "category=linear").retCode, 10001);
});

Deno.test("random trading conserves money; the order topic knows what is open", () => {
  for (const seed of [1, 2, 3]) {
    const random = new SeededRandom(`conserve/${seed}`);
    const world = new BybitWorld({ seed });
    const events = world.hears("order");
    const names: [string, string][] = [];
    for (let i = 0; i < 200; i++) {
      const category = random.chance(0.5) ? "linear" : "spot";
      const sim = category === "linear" ? world.perp : world.spot;
      const price = String(63_990 + random.integer(20));
      const qty = `0.0${1 + random.integer(9)}`;
      if (random.chance(0.4)) world.other(sim, random.chance(0.5) ? "buy" : "sell", price, "0.02");
      else if (random.chance(0.3) && names.length > 0) {
        const [of, orderLinkId] = names[random.integer(names.length)]!;
        const named = { category: of, symbol: "BTCUSDT", orderLinkId };
        if (random.chance(0.5)) world.post("order/cancel", named);
        else world.post("order/amend", { ...named, price });
      } else {
        const timeInForce = ["GTC", "IOC", "FOK", "PostOnly"][random.integer(4)];
        const side = random.chance(0.5) ? "Buy" : "Sell";
        const orderLinkId = `c${seed}-${i}`;
        names.push([category, orderLinkId]);
        const order = { category, side, price, qty, timeInForce, orderLinkId };
        world.post("order/create", perpOrder(order));
      }
      world.time.advance(random.integer(300));
    }
    assertEquals(world.imbalances, [], `seed ${seed}`);
    const truth = world.venue.exchange.truth();
    assert(truth.fillCount > 20, `${truth.fillCount} fills`);
    const open = new Set<string>();
    for (const each of events.data("order")) {
      const lives = each.orderStatus === "New" || each.orderStatus === "PartiallyFilled";
      if (lives) open.add(each.orderLinkId);
      else open.delete(each.orderLinkId);
    }
    const mine = truth.openOrders.filter((each) => each.owner === TRADING_OWNER);
    assertEquals([...open].sort(), mine.map((each) => each.clientOrderId).sort());
  }
});

function run(seed: number): { frames: string[]; imbalance: string[] } {
  const time = new VirtualTime();
  const { dialect, exchange } = createBybitVenue({
    clock: time,
    scheduler: time,
    seed,
    instruments: DEFAULT_INSTRUMENTS.filter((each) => each.base === "BTC"),
  });
  exchange.start();
  const socket = new FakeSocket();
  const request = { method: "GET", path: "/v5/public/spot", query: "", body: "" };
  const session = dialect.acceptSocket({ ...request, headers: new Map() }, socket);
  assert("onText" in session);
  socket.session = session;
  socket.subscribe("orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.BTCUSDT");
  time.advance(5_000);
  exchange.stop();
  return {
    frames: socket.texts,
    imbalance: [...exchange.truth().imbalance.values()].map(moneyToText),
  };
}

Deno.test("createBybitVenue() is alive, the same for a seed, other for another", () => {
  const first = run(1);
  assert(first.frames.length > 40, `${first.frames.length} frames in 5 s`);
  assertEquals(first.frames, run(1).frames);
  assertNotEquals(first.frames, run(2).frames);
  assert(first.imbalance.every((each) => each === "0"));
});

Deno.test("BybitDialect.endpoints() names every address; unknown ones are refused", () => {
  const time = new VirtualTime();
  const { dialect, exchange } = createBybitVenue({ clock: time, scheduler: time, seed: 1 });
  const { spot, perp } = dialect.endpoints("127.0.0.1:9001");
  assertEquals(spot!.public_ws, "ws://127.0.0.1:9001/v5/public/spot");
  assertEquals(perp!.public_ws, "ws://127.0.0.1:9001/v5/public/linear");
  for (const product of [spot!, perp!]) {
    assertEquals(product.rest, "http://127.0.0.1:9001");
    assertEquals(product.private_ws, "ws://127.0.0.1:9001/v5/private");
    assertEquals(product.ws_api, "ws://127.0.0.1:9001/v5/trade");
  }
  assertEquals(Object.keys(dialect.credentials), ["key", "secret"]);
  assertEquals(exchange.instruments.length, 6);
  assertEquals([DEFAULT_FEES.perpetual.maker, DEFAULT_FEES.perpetual.taker] as number[], [0, 350]);
  const request = { method: "GET", path: "/v5/nowhere", query: "", headers: new Map(), body: "" };
  const refused = dialect.acceptSocket(request, new FakeSocket());
  assert("status" in refused && refused.status === 404);
});
