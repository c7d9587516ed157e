/**
 * Keys, signatures and time windows: the sheet's vectors pass, every changed one fails.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { Authentication, checkWindow } from "@/exchanges/bybit/dialect/authentication.ts";
import type { ServerRequest } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { BybitWorld, KEY, perpOrder, sign } from "./bybit_world.ts";

const AT = micros(1_700_000_000_123_000);
const AUTH = new Authentication([KEY]);
const BODY =
  `{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.001",` +
  `"price":"65000.1","timeInForce":"PostOnly","orderLinkId":"abc-123"}`;
const B1 = "ffe72aa9089c6a193133b6c0b73e239cd0737aa7a5a39d79b07cc9f7673c26a5";
const B2 = "e616c8f7ba0c58acd8c1e770f737a51ee0f49fa28b56e0c5e27fe18b9389ffb9";
const B3 = "2c07e66815ef55343f9da3627684409df3ac54e3b90a2ab37731274d4fc0a7a3";
const B4 = "7831923244c12d1c0a58116be1e1c4ea16322d5223c79e97253f983de47b84ef";

function request(sign: string, more: Partial<ServerRequest>): ServerRequest {
  const headers = new Map(Object.entries({
    "x-bapi-api-key": KEY.apiKey,
    "x-bapi-timestamp": "1700000000123",
    "x-bapi-recv-window": "5000",
    "x-bapi-sign": sign,
  }));
  return { method: "GET", path: "/v5/order/realtime", query: "", headers, body: "", ...more };
}

Deno.test("REST vectors B1 and B2 of the sheet are taken, changed texts are not", () => {
  const get = request(B1, { query: "category=linear&settleCoin=USDT&limit=50" });
  const post = request(B2, { method: "POST", path: "/v5/order/create", body: BODY });
  assertEquals([AUTH.checkHttp(get, AT), AUTH.checkHttp(post, AT)], [undefined, undefined]);
  const other = { ...get, query: "category=linear&limit=50&settleCoin=USDT" };
  assertEquals(AUTH.checkHttp(other, AT)?.code, 10004);
  assertEquals(AUTH.checkHttp({ ...post, body: `${BODY} ` }, AT)?.code, 10004);
  const unknown = new Map([...get.headers, ["x-bapi-api-key", "nobody"]]);
  assertEquals(AUTH.checkHttp({ ...get, headers: unknown }, AT)?.code, 10003);
  const bare = AUTH.checkHttp({ ...get, headers: new Map() }, AT);
  assertEquals([bare?.code, bare?.status], [10003, 401]);
});

Deno.test("WebSocket vectors B3 and B4 are taken until they expire", () => {
  const before = micros(1_699_999_999_000_000);
  const b3 = [KEY.apiKey, 1_700_000_000_000, B3];
  assertEquals(AUTH.checkSocket(b3, before), undefined);
  assertEquals(AUTH.checkSocket([KEY.apiKey, 1_700_000_010_000, B4], before), undefined);
  assertEquals(AUTH.checkSocket(b3, AT)?.code, 10001);
  assertEquals(AUTH.checkSocket([KEY.apiKey, 1_700_000_010_000, B3], before)?.code, 10004);
  assertEquals(AUTH.checkSocket(["nobody", 1_700_000_010_000, B4], before)?.code, 10003);
  assertEquals(AUTH.checkSocket([KEY.apiKey], before)?.code, 10001);
});

Deno.test("the window: a second ahead is too much, the receive window behind is not", () => {
  const now = micros(1_700_000_000_000_000);
  const codeAt = (ms: number, window = "5000") =>
    checkWindow(String(1_700_000_000_000 + ms), window, now)?.code;
  assertEquals([codeAt(0), codeAt(999), codeAt(-5_000)], [undefined, undefined, undefined]);
  assertEquals([codeAt(1_000), codeAt(-5_001), codeAt(1_000, "60000")], [10002, 10002, 10002]);
  assertEquals([codeAt(-5_001, "6000"), codeAt(-5_000, "")], [undefined, undefined]);
});

Deno.test("a request that is refused on its way does nothing", () => {
  const world = new BybitWorld();
  const body = JSON.stringify(perpOrder());
  const headers = world.headers(`${body}x`);
  const answer = world.http({ method: "POST", path: "/v5/order/create", body, headers });
  assertEquals([answer.status, JSON.parse(answer.body).retCode], [200, 10004]);
  assertEquals(world.venue.exchange.truth().openOrders.length, 0);
});

Deno.test("private topics and order entry want a log-on; a second one on trade is 20001", () => {
  const world = new BybitWorld();
  const bare = world.socket("private");
  bare.subscribe("order");
  const [refused] = bare.take();
  assertEquals([refused.success, refused.ret_msg], [false, "Request not authorized"]);
  const expires = world.nowMs + 10_000;
  const args = [KEY.apiKey, expires, sign(`GET/realtime${expires}`)];
  bare.send({ req_id: "a1", op: "auth", args });
  const [ok] = bare.take();
  assertEquals([ok.success, ok.op, ok.req_id], [true, "auth", "a1"]);
  const trade = world.socket("trade");
  assertEquals(world.ask(trade, "order.create", perpOrder()).retCode, 10007);
  trade.send({ reqId: "a2", op: "auth", args });
  trade.send({ reqId: "a3", op: "auth", args });
  assertEquals(trade.take().map((each) => [each.reqId, each.retCode]), [["a2", 0], ["a3", 20001]]);
  trade.send({ reqId: "late", op: "order.create", header: {}, args: [perpOrder()] });
  assert(trade.take()[0].retCode !== 0);
});
