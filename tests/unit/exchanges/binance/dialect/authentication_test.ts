/**
 * Signatures and the time window, by the published vectors.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { BinanceDialect } from "@/exchanges/binance/dialect/mod.ts";
import {
  Authentication,
  checkTimestamp,
  httpPayload,
  jsonPayload,
  verify,
} from "@/exchanges/binance/dialect/authentication.ts";
import { paramsOfHttp, paramsOfJson } from "@/exchanges/binance/dialect/params.ts";
import { micros } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { SHEET_KEY, SHEET_SECRET, VenueWorld } from "./venue_world.ts";

const HMAC = { kind: "hmac", apiKey: SHEET_KEY, secret: SHEET_SECRET } as const;
const PUBLISHED = {
  kind: "hmac",
  apiKey: "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
  secret: "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
} as const;
const ED_SEED = Uint8Array.from({ length: 32 }, (_, at) => at + 1);
const ED = {
  kind: "ed25519",
  apiKey: SHEET_KEY,
  publicKey: ed25519.getPublicKey(ED_SEED),
} as const;

const S1 = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=64000.5" +
  "&newClientOrderId=mm-000001&recvWindow=5000&timestamp=1760000000123";
const S1_SIGNATURE = "744438519599419f41afce7b1d3fb03eb26518acab474330f8706e1b771ccf94";
const S2 = "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT" +
  "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
const S3 = "symbol=ETHUSDT&origClientOrderIdList=%5B%22mm-1%22%2C%22mm-2%22%5D&recvWindow=2500" +
  "&timestamp=1760000001456";
const S4_SIGNATURE =
  "Un2Eqd5HFUul9e8JJG3NR/CkYaar7urBSGZpI0QOpB1g1zgY6vBW1LyMENBciPuhonSy7PGrv2Q1" +
  "asYQ5T4vCQ==";
const S6_SIGNATURE =
  "sc/GXVXgEP3PInDvD4sWzlTgsNLdvrAeFNl0i2/6gEqWQtROS98KQXtvsUqsXdYpsSpkNS+a9IM7" +
  "GvQDQmPlBg==";

Deno.test("verify() accepts the sheet's REST vectors S1 to S4", () => {
  assert(verify(HMAC, S1, S1_SIGNATURE));
  assert(verify(HMAC, S1, S1_SIGNATURE.toUpperCase()));
  assert(verify(PUBLISHED, S2, "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"));
  assert(verify(HMAC, S3, "62d68e81c5c397e9b2b93081f278d019662c717b1cda99af27ac3f68a7418357"));
  assert(verify(ED, "timestamp=1760000002789&symbol=BTCUSDT&recvWindow=5000", S4_SIGNATURE));
});

Deno.test("verify() refuses a changed text, a changed signature and what is no signature", () => {
  assert(!verify(HMAC, S1.replace("0.01", "0.02"), S1_SIGNATURE));
  assert(!verify(HMAC, S1, S1_SIGNATURE.replace("7", "8")));
  assert(!verify(ED, "timestamp=1760000002789&symbol=ETHUSDT&recvWindow=5000", S4_SIGNATURE));
  assert(!verify(ED, "timestamp=1760000002789", "not base64!"));
  assert(!verify(ED, "timestamp=1760000002789", "AAAA"));
});

Deno.test("httpPayload() joins query and body without a sign between, less the signature (S7)", () => {
  const query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC";
  const body = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
  const split = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77";
  assertEquals(httpPayload(query, `${body}&signature=${split}`), query + body);
  assert(verify(PUBLISHED, query + body, split));
  const joined = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
  assert(verify(PUBLISHED, httpPayload(`${query}&${body}&signature=${joined}`, ""), joined));
});

Deno.test("jsonPayload() sorts what a WebSocket request sends (S5, S6)", () => {
  const frame = {
    symbol: "BTCUSDT",
    side: "SELL",
    type: "LIMIT",
    timeInForce: "GTX",
    positionSide: "BOTH",
    price: "64100.10",
    quantity: "0.002",
    newClientOrderId: "mm-000002",
    recvWindow: 5000,
    timestamp: 1760000003000,
    apiKey: SHEET_KEY,
    signature: "left out",
  };
  const payload = jsonPayload(paramsOfJson(frame));
  assertEquals(
    payload,
    "apiKey=dummyKeyBinanceSheet01&newClientOrderId=mm-000002&positionSide=BOTH&price=64100.10" +
      "&quantity=0.002&recvWindow=5000&side=SELL&symbol=BTCUSDT&timeInForce=GTX" +
      "&timestamp=1760000003000&type=LIMIT",
  );
  assert(verify(HMAC, payload, "5dd455474be5395e9905f58ed771ad2b0dcbc53ba225c609e328285e2fac1e2a"));
  const logon = paramsOfJson({ timestamp: 1760000004000, apiKey: SHEET_KEY });
  assert(verify(ED, jsonPayload(logon), S6_SIGNATURE));
});

Deno.test("checkTimestamp() accepts less than a second ahead and no more than the window behind", () => {
  const now = micros(1_760_000_000_000_000);
  const at = (timestamp: string, recvWindow?: string) =>
    checkTimestamp(
      paramsOfJson({ timestamp, ...(recvWindow === undefined ? {} : { recvWindow }) }),
      now,
    )?.code;
  assertEquals(at("1760000000999"), undefined);
  assertEquals(at("1760000001000"), -1021);
  assertEquals(at("1759999995000"), undefined);
  assertEquals(at("1759999994999"), -1021);
  assertEquals(at("1759999994999", "6000"), undefined);
  assertEquals(at("1760000000000", "60001"), -1131);
  assertEquals(at("1760000000000500"), undefined);
  assertEquals(at(""), -1102);
  assertEquals(at("soon"), -1100);
});

Deno.test("Authentication tells a malformed key from an unknown one", () => {
  const authentication = new Authentication([HMAC]);
  const codeOf = (key: string | undefined) => {
    const found = authentication.key(key);
    return "code" in found ? found.code : 0;
  };
  assertEquals(codeOf(SHEET_KEY), 0);
  assertEquals(codeOf(undefined), -2014);
  assertEquals(codeOf("short"), -2014);
  assertEquals(codeOf("someOtherKeyOfSomebody"), -2015);
});

Deno.test("BinanceDialect takes the sheet's signed request S1 over HTTP, and not a tampered one", () => {
  const world = new VenueWorld();
  assert(world.venue.dialect instanceof BinanceDialect);
  world.time.setMillis(1_760_000_000_200);
  const headers = new Map([["x-mbx-apikey", SHEET_KEY]]);
  const post = (body: string) =>
    world.http({ method: "POST", path: "/api/v3/order", headers, body });
  const tampered = post(`${S1.replace("0.01", "0.02")}&signature=${S1_SIGNATURE}`);
  assertEquals(tampered.status, 400);
  assertEquals(
    tampered.body,
    `{"code":-1022,"msg":"Signature for this request is not valid."}`,
  );
  const taken = post(`${S1}&signature=${S1_SIGNATURE}`);
  assertEquals(taken.status, 200, taken.body);
  assertEquals(JSON.parse(taken.body).clientOrderId, "mm-000001");
  const without = world.http({ method: "POST", path: "/api/v3/order", body: S1 });
  assertEquals([without.status, JSON.parse(without.body).code], [401, -2014]);
});

Deno.test("BinanceDialect decodes a list in a query and signs it as it was sent (S3)", () => {
  const params = paramsOfHttp(S3, "")!;
  assertEquals(params.get("origClientOrderIdList"), `["mm-1","mm-2"]`);
  assertEquals(paramsOfHttp("a=%E0%A4%A", ""), undefined);
  assertEquals(paramsOfHttp("a=query", "a=body")!.get("a"), "query");
});
