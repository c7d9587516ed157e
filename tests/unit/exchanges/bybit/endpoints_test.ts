/**
 * Addresses of the networks, and the paths that hang below a bare one.
 * @module
 */
import { addressesOf } from "@/exchanges/bybit/mod.ts";
import { orderUrl, privateUrl, productOf, publicUrl } from "@/exchanges/bybit/endpoints.ts";
import { assertEquals } from "@/tests/support/assert.ts";

Deno.test("addressesOf() gives the published addresses of each network", () => {
  const live = addressesOf("live");
  assertEquals(live.perp, {
    rest: "https://api.bybit.com",
    public_ws: "wss://stream.bybit.com/v5/public/linear",
    private_ws: "wss://stream.bybit.com/v5/private",
    ws_api: "wss://stream.bybit.com/v5/trade",
  });
  assertEquals(live.spot.public_ws, "wss://stream.bybit.com/v5/public/spot");
  const testnet = addressesOf("testnet").spot;
  assertEquals(testnet.rest, "https://api-testnet.bybit.com");
  assertEquals(testnet.ws_api, "wss://stream-testnet.bybit.com/v5/trade");
});

Deno.test("addressesOf() gives demo trading live market data and no order socket", () => {
  const demo = addressesOf("demo").perp;
  assertEquals(demo.public_ws, "wss://stream.bybit.com/v5/public/linear");
  assertEquals(demo.private_ws, "wss://stream-demo.bybit.com/v5/private");
  assertEquals(orderUrl(demo.ws_api), "");
});

Deno.test("socket addresses may be bare or whole", () => {
  assertEquals(publicUrl("ws://127.0.0.1:9/", "spot"), "ws://127.0.0.1:9/v5/public/spot");
  assertEquals(publicUrl("ws://127.0.0.1:9/x", "spot"), "ws://127.0.0.1:9/x");
  assertEquals(privateUrl("ws://127.0.0.1:9"), "ws://127.0.0.1:9/v5/private");
  assertEquals(orderUrl("ws://127.0.0.1:9"), "ws://127.0.0.1:9/v5/trade");
  assertEquals([productOf("spot"), productOf("linear"), productOf("inverse")], [
    "spot",
    "perpetual",
    undefined,
  ]);
});
