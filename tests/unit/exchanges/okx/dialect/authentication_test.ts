/**
 * Signatures of the sheet are accepted, tampered ones are not; time, key and environment count.
 * @module
 */
import { microsFromIso } from "@/exchanges/okx/dialect/authentication.ts";
import { isoText, micros } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { KEY, type Loose, OkxWorld, sign } from "./okx_world.ts";

const JSON_TYPE = "application/json";

/** A request of the sheet at its instant, with its signature. */
function sheet(
  ms: number,
  iso: string,
  method: string,
  path: string,
  query: string,
  body: string,
  signature: string,
) {
  const world = new OkxWorld();
  world.time.setMillis(ms);
  const headers = new Map([
    ["content-type", JSON_TYPE],
    ["ok-access-key", KEY.apiKey],
    ["ok-access-passphrase", KEY.passphrase],
    ["ok-access-timestamp", iso],
    ["ok-access-sign", signature],
  ]);
  const answer = world.http({ method, path, query, body, headers });
  return { status: answer.status, body: JSON.parse(answer.body) as Loose };
}

const S2 = `{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"post_only",` +
  `"px":"64000.1","sz":"1","clOrdId":"mm000001"}`;
const S3 = `[{"instId":"BTC-USDT-SWAP","ordId":"590908157585625111"},` +
  `{"instId":"ETH-USDT-SWAP","clOrdId":"mm000002"}]`;
const S2_SIGN = "mTipajG/lgLi0XiZS0VSKt/1AuduG0JRsjdKVLyPkqQ=";

Deno.test("REST accepts the sheet's vector S1 and answers the balance it asks for", () => {
  const { status, body } = sheet(
    1_760_000_000_123,
    "2025-10-09T08:53:20.123Z",
    "GET",
    "/api/v5/account/balance",
    "ccy=USDT",
    "",
    "r8tCUPfDBMTgL9QPbTaHw8xuwwQKss6z7iBN29rgDM8=",
  );
  assertEquals([status, body.code], [200, "0"]);
  assertEquals(body.data[0].details.map((each: Loose) => each.ccy), ["USDT"]);
});

Deno.test("REST accepts the sheet's vectors S2 and S3 and carries them out", () => {
  const placed = sheet(
    1_760_000_001_456,
    "2025-10-09T08:53:21.456Z",
    "POST",
    "/api/v5/trade/order",
    "",
    S2,
    S2_SIGN,
  );
  assertEquals([placed.status, placed.body.code, placed.body.data[0].sCode], [200, "0", "0"]);
  assertEquals(placed.body.data[0].clOrdId, "mm000001");
  assert(/^\d{19}$/.test(placed.body.data[0].ordId), "order numbers have 19 digits");
  const cancelled = sheet(
    1_760_000_002_789,
    "2025-10-09T08:53:22.789Z",
    "POST",
    "/api/v5/trade/cancel-batch-orders",
    "",
    S3,
    "J5XE4AB7KMoNJM31JLDGSc+crLFl0WFvvGRS4oMv6gk=",
  );
  assertEquals(cancelled.body.code, "1");
  assertEquals(cancelled.body.data.map((each: Loose) => each.sCode), ["51400", "51400"]);
});

Deno.test("REST refuses a signed request of which one byte was changed", () => {
  const at = [
    1_760_000_001_456,
    "2025-10-09T08:53:21.456Z",
    "POST",
    "/api/v5/trade/order",
  ] as const;
  const touched = sheet(...at, "", S2.replace(`"sz":"1"`, `"sz":"2"`), S2_SIGN);
  assertEquals([touched.status, touched.body.code], [401, "50113"]);
  const spaced = sheet(...at, "", S2.replace(",", ", "), S2_SIGN);
  assertEquals([spaced.status, spaced.body.code], [401, "50113"]);
  const otherSign = sheet(...at, "", S2, S2_SIGN.replace("m", "n"));
  assertEquals(otherSign.body.code, "50113");
});

Deno.test("a login takes the sheet's vector S4 and refuses it changed", () => {
  const world = new OkxWorld();
  world.time.setMillis(1_760_000_002_000);
  const socket = world.socket("private");
  const login = `{"op":"login","args":[{"apiKey":"${KEY.apiKey}","passphrase":"SheetPass1!",` +
    `"timestamp":"1760000003","sign":"BwKPj5zigNxtwoUPIj8HUHbTi1ZboFFK0fjMe+RzMQQ="}]}`;
  socket.send(login);
  const [ack] = socket.take();
  assertEquals([ack.event, ack.code, ack.msg], ["login", "0", ""]);
  assert(/^[0-9a-f]{8}$/.test(ack.connId));
  const bad = world.socket("private");
  bad.send(login.replace("BwK", "BwL"));
  assertEquals([bad.take()[0].code, bad.closed], ["60007", "4001 Login failed."]);
});

Deno.test("a login says what is wrong with it and ends the connection", () => {
  const world = new OkxWorld();
  const codes = [
    { timestamp: "2025-10-09T08:53:20Z" },
    { apiKey: "none" },
    { timestamp: "1759999000" },
    { passphrase: "other" },
    { sign: "AAAA" },
  ].map((change) => {
    const socket = world.socket("private");
    socket.send({ op: "login", args: [{ ...world.loginArgs(), ...change }] });
    assertEquals(socket.closed, "4001 Login failed.");
    return socket.take()[0].code;
  });
  assertEquals(codes, ["60004", "60005", "60006", "60024", "60007"]);
});

Deno.test("REST refuses what is missing, late, unknown or of the other environment", () => {
  const world = new OkxWorld({ environment: "live" });
  const path = "/api/v5/account/config";
  const ask = (changes: Record<string, string>) => {
    const headers = world.headers(`GET${path}`, changes);
    return JSON.parse(world.http({ path, headers }).body).code;
  };
  assertEquals(ask({}), "0");
  assertEquals(ask({ "ok-access-key": "" }), "50103");
  assertEquals(ask({ "ok-access-passphrase": "" }), "50104");
  assertEquals(ask({ "ok-access-passphrase": "wrong" }), "50105");
  assertEquals(ask({ "ok-access-sign": "" }), "50106");
  assertEquals(ask({ "ok-access-key": "wrong" }), "50111");
  assertEquals(ask({ "ok-access-timestamp": "1760000000" }), "50112");
  assertEquals(ask({ "ok-access-timestamp": "2025-10-09T08:52:49.000Z" }), "50102");
  assertEquals(ask({ "ok-access-timestamp": "2025-10-09T08:53:51.000Z" }), "50102");
  assertEquals(ask({ "ok-access-timestamp": "2025-10-09T08:53:00.000Z" }), "0");
  assertEquals(ask({ "x-simulated-trading": "1" }), "50101");
  assertEquals(world.http({ path }).status, 401);
});

Deno.test("POST needs JSON, a body and its content type", () => {
  const world = new OkxWorld();
  const path = "/api/v5/trade/order";
  const ask = (body: string, type: string) => {
    const headers = world.headers(`POST${path}${body}`, { "content-type": type });
    const answer = world.http({ method: "POST", path, body, headers });
    return [answer.status, JSON.parse(answer.body).code];
  };
  assertEquals(ask("{}", "text/plain"), [400, "50006"]);
  assertEquals(ask("", JSON_TYPE), [400, "50000"]);
  assertEquals(ask("{", JSON_TYPE), [400, "50002"]);
  assertEquals(ask("7", JSON_TYPE), [400, "50002"]);
});

Deno.test("microsFromIso() reads what isoText() writes, over the centuries", () => {
  for (const at of [0, 951_782_400_000_000, 1_760_000_000_123_456, 4_107_542_399_999_999]) {
    assertEquals(microsFromIso(isoText(micros(at))), at);
  }
  assertEquals(microsFromIso("2025-13-09T08:53:20.123Z"), undefined);
  assertEquals(microsFromIso("2025-10-09 08:53:20"), undefined);
  assertEquals(sign("").length, 44);
});
