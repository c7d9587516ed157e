/**
 * Wallets, secrets, nonces: the sheet's vectors are accepted, anything else is refused.
 * @module
 */
import { assertEquals } from "@/tests/support/assert.ts";
import { Authentication, type VenueKey } from "@/exchanges/aster/dialect/authentication.ts";
import { paramsOfHttp } from "@/exchanges/aster/dialect/params.ts";
import { micros } from "@/engine/domain/mod.ts";
import {
  ACCOUNT,
  AGENT,
  type Loose,
  pairsOf,
  SHEET_KEY,
  sign,
  signTyped,
  VenueWorld,
} from "./venue_world.ts";

const SHEET_KEYS: readonly VenueKey[] = [
  { kind: "wallet", signer: AGENT, user: ACCOUNT },
  { kind: "hmac", apiKey: "dummyKeyAsterSheet01", secret: "dummySecretAsterSheet01" },
  {
    kind: "hmac",
    apiKey: "publishedKey",
    secret: "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
  },
];
const WHO = `user=${ACCOUNT}&signer=${AGENT}`;
const LOWER = AGENT.toLowerCase();

/** The sheet's vectors S1 to S5: chain, nonce, text and signature. */
const VECTORS: readonly (readonly [number, number, string, string])[] = [
  [
    1_666,
    1748310859508867,
    "symbol=ASTERUSDT&type=LIMIT&side=BUY&timeInForce=GTC&quantity=20&price=0.5" +
    `&nonce=1748310859508867&signer=${AGENT}`,
    "0xd82a6784f5eff00b95ecb88145cf7a5fa6803ea6f67e0217262073da628750a7" +
    "42bb3ba555af418320e55029afe358957808d4f810d73ea663d9c91852cd6d941c",
  ],
  [
    1_666,
    1760000000123456,
    `symbol=BTCUSDT&nonce=1760000000123456&${WHO}`,
    "0xf825e6addab84691911744aa621cc5798bf2e451bc068485d19a57d2776ad345" +
    "43d5a0e934a662e9889d30b918e4a34eb58e42e4130cae89d59cc0b7f1251bf41c",
  ],
  [
    1_666,
    1760000000123457,
    "symbol=BTCUSDT&origClientOrderIdList=%5B%22mm-1%22%2C%22mm-2%22%5D" +
    `&nonce=1760000000123457&${WHO}`,
    "0xc5251c73b33432210d0f4ac191f2f765d4bdb81684cbf917f326fbcb89d308f9" +
    "5c93ddb5f7e091ed871b4f9c5f83916cfa53393e39307719d586ee13fc081c491b",
  ],
  [
    714,
    1760000000123458,
    "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.002&price=64100.1" +
    `&newClientOrderId=mm-000003&nonce=1760000000123458&${WHO}`,
    "0x2e049cdc6dafb90d7144b364c6844977f3beda160652c0ccf123aa8dfe757408" +
    "7970f5d950ce9832718523a6c854046dbd81fe0e47eddc66feed6698cc49dffd1c",
  ],
  [
    1_666,
    1760000000123000,
    `nonce=1760000000123000&user=${LOWER}&signer=${LOWER}&symbol=BTCUSDT&orderId=123456`,
    "0x0ca2ead8d5fb1e18462be0818da356e25f204ef2256f7bc08dbd2de0fbabcb6c" +
    "52946f9977ada117099408fb7413a5ee1d4cf36701361a7dd4d5c96a70a739b81c",
  ],
];

/** What the venue says to a text with a signature: a code, or 0 when it is content. */
function verdict(chain: number, nonce: number, text: string, signature: string): number {
  // S5's wallet trades for itself.
  const user = text.includes(`user=${LOWER}`) ? AGENT : ACCOUNT;
  const keys: VenueKey[] = [{ kind: "wallet", signer: AGENT, user }];
  const query = `${text}&signature=${signature}`;
  const params = paramsOfHttp(query, "")!;
  const request = { query, body: "", params, apiKey: undefined };
  return new Authentication(keys, chain).checkWallet(request, micros(nonce), false)?.code ?? 0;
}

Deno.test("Authentication.checkWallet() accepts every vector of the sheet on its chain", () => {
  for (const [chain, nonce, text, signature] of VECTORS) {
    assertEquals(verdict(chain, nonce, text, signature), 0, text);
    assertEquals(verdict(chain === 714 ? 1_666 : 714, nonce, text, signature), -1022, text);
  }
});

Deno.test("Authentication.checkWallet() refuses a changed text, signature or place of it", () => {
  const [chain, nonce, text, signature] = VECTORS[1]!;
  const cases: [string, string, number][] = [
    [text.replace("BTCUSDT", "ETHUSDT"), signature, -1022],
    [text, signature.replace("f825", "f826"), -1022],
    [text, signature.replace(/1c$/, "1b"), -1022],
    [text, signature.replace(/1c$/, "01"), -1022],
    [text, "0x12", -1022],
    [text, `${signature}&price=1`, -1022],
    [text, "", -1102],
    [text.replace(/&nonce=\d+/, ""), signature, -1102],
  ];
  for (const [each, with_, code] of cases) {
    assertEquals(verdict(chain, nonce, each, with_), code, `${each} ${with_}`);
  }
  assertEquals(verdict(chain, nonce + 10_000_001, text, signature), -4225);
  assertEquals(verdict(chain, nonce - 10_000_001, text, signature), -4225);
});

Deno.test("Authentication.checkHmac() accepts the sheet's vectors S6 and S7, and no others", () => {
  const venue = new Authentication(SHEET_KEYS, 1_666);
  const say = (apiKey: string, ms: number, text: string, signature: string) => {
    const body = `${text}&signature=${signature}`;
    const params = paramsOfHttp("", body)!;
    const at = micros(ms * 1_000);
    return venue.checkHmac({ query: "", body, params, apiKey }, at)?.code ?? 0;
  };
  const s6 = "timestamp=1760000000123&symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000" +
    "&timeInForce=GTC&recvWindow=5000";
  const good = "9550736d2374ded027efce080a8456e7829a94c807a5d4648efd95d000f82626";
  const s7 = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC" +
    "&recvWindow=5000&timestamp=1591702613943";
  const published = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9";
  assertEquals(say("dummyKeyAsterSheet01", 1760000000123, s6, good), 0);
  assertEquals(say("publishedKey", 1591702613943, s7, published), 0);
  assertEquals(say("dummyKeyAsterSheet01", 1760000000123, s6, published), -1022);
  assertEquals(say("dummyKeyAsterSheet01", 1760000005124, s6, good), -1021);
  assertEquals(say("dummyKeyAsterSheet01", 1759999999123, s6, good), -1021);
  assertEquals(say("nobodysKey", 1760000000123, s6, good), -2015);
  assertEquals(say("", 1760000000123, s6, good), -2014);
  assertEquals(say("dummyKeyAsterSheet01", 0, "symbol=BTCUSDT", good), -1102);
});

Deno.test("a nonce is good once; a hundred are remembered, and none below them taken", () => {
  const world = new VenueWorld();
  const now = Math.floor(world.time.now());
  const ask = (nonce: number, user = ACCOUNT): Loose => {
    const text = pairsOf({ symbol: "BTCUSDT", nonce, user, signer: AGENT });
    const query = `${text}&signature=${signTyped(text)}`;
    return JSON.parse(world.http({ path: "/fapi/v3/openOrders", query }).body);
  };
  assertEquals(ask(now), []);
  assertEquals(ask(now), { code: -4225, msg: "Nonce Expired" });
  assertEquals(ask(now - 5), []);
  for (let i = 1; i < 99; i++) assertEquals(ask(now + i), []);
  assertEquals(ask(now - 6).code, -4225);
  assertEquals(ask(now - 4), []);
  assertEquals(ask(now - 5).code, -4225);
  assertEquals(ask(now + 200, AGENT).code, -2015);
  assertEquals(ask(now + 10_000_001).code, -4225);
});

Deno.test("a text that is split between query and body is refused", () => {
  const world = new VenueWorld();
  const text = pairsOf({ symbol: "BTCUSDT", nonce: world.nonce(), user: ACCOUNT, signer: AGENT });
  const body = `${text}&signature=${signTyped(text)}`;
  const request = { method: "DELETE", path: "/fapi/v3/allOpenOrders" };
  const refused = world.http({ ...request, query: "symbol=BTCUSDT", body });
  assertEquals(JSON.parse(refused.body).code, -1022);
  assertEquals(JSON.parse(world.http({ ...request, body }).body).code, "200");
});

Deno.test("POST /fapi/v3/noop voids a request that waits under the same nonce", () => {
  const world = new VenueWorld({ matchMs: 20 });
  const answers: Loose[] = [];
  const nonce = world.nonce();
  const send = (path: string, params: Record<string, string | number>) => {
    const text = pairsOf({ ...params, nonce, user: ACCOUNT, signer: AGENT });
    world.venue.dialect.handleHttp({
      method: "POST",
      path,
      query: "",
      headers: new Map(),
      body: `${text}&signature=${signTyped(text)}`,
    }, (response) => answers.push(JSON.parse(response.body)));
  };
  send("/fapi/v3/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "0.01",
    price: "63500",
  });
  send("/fapi/v3/noop", {});
  assertEquals(answers, [{ code: 200, msg: "success" }]);
  world.time.advance(20);
  assertEquals(answers[1], { code: -4225, msg: "Nonce Expired" });
  assertEquals(world.venue.exchange.orders.openOf(1), []);
});

Deno.test("version 1 listen keys ask for the key's name alone, orders for a signature", () => {
  const world = new VenueWorld();
  const headers = new Map([["x-mbx-apikey", SHEET_KEY]]);
  const started = world.http({ method: "POST", path: "/fapi/v1/listenKey", headers });
  assertEquals(JSON.parse(started.body).listenKey.length, 66);
  const nameless = world.http({ method: "POST", path: "/fapi/v1/listenKey" });
  assertEquals([nameless.status, JSON.parse(nameless.body).code], [401, -2014]);
  const text = `symbol=BTCUSDT&timestamp=${world.nowMs}`;
  const query = `${text}&signature=${sign("someone else", text)}`;
  const refused = world.http({ path: "/fapi/v1/openOrders", query, headers });
  assertEquals(JSON.parse(refused.body).code, -1022);
  assertEquals(world.signed("GET", "/fapi/v1/openOrders", { symbol: "BTCUSDT" }), []);
});

Deno.test("createAsterVenue(): its printed wallet and secret are those it knows", () => {
  const { credentials, authentication } = new VenueWorld().venue.dialect;
  assertEquals(credentials["private_key"]!.length, 66);
  assertEquals(credentials["address"]!.length, 42);
  assertEquals(authentication.checkKey(credentials["key"]), undefined);
});
