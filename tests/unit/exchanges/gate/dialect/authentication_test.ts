/**
 * Signatures: the sheet's vectors are accepted, anything tampered is refused.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { Authentication, signatureOf } from "@/exchanges/gate/dialect/authentication.ts";
import { rawValue } from "@/exchanges/gate/dialect/socket_session.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { GateWorld, KEY, PERP_PATH, perpOrder, sign } from "./gate_world.ts";

const NOW = micros(1_700_000_000_000_000);
const KNOWN = new Authentication([KEY]);
const BODY = '{"text":"t-abc123","currency_pair":"BTC_USDT","type":"limit","account":"spot",' +
  '"side":"buy","amount":"0.001","price":"65000","time_in_force":"poc"}';
const G1 = "3729fee590f4d3a0f3b24135b1ee6592506da40f3f801b874970099f52c5d644" +
  "380e167d4473a116824a18ab1ea420b86b1b16b730132338e18dd48a63347ee2";
const G2 = "39a53436420537108df1db431f4373dfbd850273f03cf499a713fcf4397f22c8" +
  "805f8cbeb88f386b50989e8b14bd8dbc1b5b389cfcfa608a0eee5b6d93c605e4";
const G3 = "62b1a5cf9ae6407de476cca12c7ab4d269221812ddf7cf2d67149252bb1fb27c" +
  "af6cf07c43521ded3ea138b8270421711984e6ec68017c1ce48c8a16fdbf7660";
const G4 = "f36812868a535458503bc9d44bf1bd509678d5cf71fca87092453d991c2d20a1" +
  "baf01ab1d811eb1f1d12cff3a5607e2ec9117e57d1a7478cbf66ed8dcf10588e";
const G5 = "d89cd0c451371260db35aaef88a4b576961d6626f74127feecc9ad4012e54165" +
  "fbbda75b5691d04b236f79080fe0f80e82010149b4837fe4456cb34b1cfaa735";
const G6 = "b27f44f0c5d5f149572e3d7c72ad4e7e76f3e0530c204c37bc1218031b1ed8fd" +
  "7b673a8d371f0aeb355e039fb2e3616ae24a22095219e637f60dab03ae0f6525";
const G9 = "f39035057b3528fc2c5aff4b9cfa9f43673c88d3ff823c55468608173205809999a8b45d7ed898eb" +
  "f49c15a4f6e5131de175ded143be5eeb58431f600e1d4085";

function checked(method: string, path: string, query: string, body: string, sent: string) {
  const headers = new Map([["key", KEY.key], ["timestamp", "1700000000"], ["sign", sent]]);
  return KNOWN.checkHttp({ method, path, query, headers, body }, NOW)?.label;
}

Deno.test("Authentication takes the sheet's REST signatures, refuses them on other content", () => {
  const query = "currency_pair=BTC_USDT&limit=100&status=open";
  assertEquals(checked("GET", "/api/v4/spot/orders", query, "", G1), undefined);
  assertEquals(checked("POST", "/api/v4/spot/orders", "", BODY, G2), undefined);
  assertEquals(checked("DELETE", "/api/v4/futures/usdt/orders/t-abc123", "", "", G3), undefined);
  const refused = "INVALID_SIGNATURE";
  assertEquals(checked("GET", "/api/v4/spot/orders", `${query}&page=1`, "", G1), refused);
  assertEquals(checked("POST", "/api/v4/spot/orders", "", BODY.replace("65", "66"), G2), refused);
  assertEquals(checked("DELETE", "/spot/orders", "", "", G3), refused);
});

Deno.test("Authentication takes the sheet's channel, login and request signatures", () => {
  const auth = { method: "api_key", KEY: KEY.key, SIGN: G4 };
  const frame = { time: 1_700_000_000, channel: "spot.orders", event: "subscribe", auth };
  assertEquals(KNOWN.checkChannel(frame, NOW), undefined);
  const other = { ...frame, event: "unsubscribe" };
  assertEquals(KNOWN.checkChannel(other, NOW)?.label, "INVALID_SIGNATURE");
  const login = { api_key: KEY.key, signature: G5, timestamp: "1700000000" };
  assertEquals(KNOWN.checkRequest(login, "spot.login", "", NOW), undefined);
  assertEquals(
    KNOWN.checkRequest(login, "futures.login", "", NOW)?.label,
    "INVALID_SIGNATURE",
  );
  const param = '{"contract":"BTC_USDT","size":-10,"price":"65000.1","tif":"gtc",' +
    '"text":"t-abc123"}';
  const request = { ...login, signature: G6 };
  assertEquals(KNOWN.checkRequest(request, "futures.order_place", param, NOW), undefined);
  assertEquals(signatureOf("secret", "api\nfutures.login\n\n1700000000"), G9);
  assertEquals(rawValue(`{"payload":{"req_param": ${param},"x":1}}`, "req_param"), param);
});

Deno.test("Authentication looks at the time before the key", () => {
  const world = new GateWorld();
  const late = String(world.seconds - 61);
  const wrongKey = { timestamp: late, key: "nobody" };
  const expired = world.signed("GET", "/spot/accounts", {}, wrongKey);
  assertEquals([expired.status, JSON.parse(expired.body).label], [403, "REQUEST_EXPIRED"]);
  const unknown = world.signed("GET", "/spot/accounts", {}, { key: "nobody" });
  assertEquals([unknown.status, JSON.parse(unknown.body).label], [401, "INVALID_KEY"]);
  const unsigned = world.signed("GET", "/spot/accounts", {}, { sign: "" });
  assertEquals(JSON.parse(unsigned.body).label, "MISSING_REQUIRED_HEADER");
  assertEquals(world.signed("GET", "/spot/accounts").status, 200);
});

Deno.test("order entry takes a request that bears its own signature, refuses one without", () => {
  const world = new GateWorld();
  const socket = world.socket(PERP_PATH);
  const param = perpOrder();
  const [refused] = world.ask(socket, "futures.order_place", param);
  assertEquals(refused.header.status, "401");
  const timestamp = String(world.seconds);
  const text = `api\nfutures.order_place\n${JSON.stringify(param)}\n${timestamp}`;
  const auth = { api_key: KEY.key, timestamp, signature: sign(text) };
  const frames = world.ask(socket, "futures.order_place", param, auth);
  assertEquals(frames.map((each) => each.ack), [true, false]);
  assertEquals(frames[1].data.result.status, "open");
  const changed = { ...param, text: "t-p2", size: "200" };
  const [tampered] = world.ask(socket, "futures.order_place", changed, auth);
  assertEquals(tampered.header.status, "401");
  assert(tampered.data.errs.message.includes("INVALID_SIGNATURE"));
});

Deno.test("a private channel without a good signature is refused with code 4", () => {
  const world = new GateWorld();
  const socket = world.socket();
  const channel = "spot.orders";
  socket.send({ time: world.seconds, id: 3, channel, event: "subscribe", payload: ["!all"] });
  const [refused] = socket.take();
  assertEquals([refused.id, refused.error.code, refused.result.status], [3, 4, "fail"]);
});
