/**
 * Bodies of the simulated venue carry every field that recorded ones of the venue carry.
 * @module
 */
import { assertEquals } from "@/tests/support/assert.ts";
import { type Loose, OkxWorld, swapOrder } from "./okx_world.ts";

const recordings = Deno.env.get("TOUCHLINE_RECORDINGS") ?? "";

function recorded(name: string): Loose {
  const path = `${recordings}/fixtures/okx/jkorf/Endpoints__UnifiedApi__${name}.txt`;
  const lines = Deno.readTextFileSync(path).split("\n");
  return JSON.parse(lines.slice(3).join("\n")).data[0];
}

Deno.test({
  name: "bodies carry the fields of the recordings (needs TOUCHLINE_RECORDINGS)",
  ignore: recordings === "",
  fn() {
    const world = new OkxWorld();
    const socket = world.login();
    world.other(world.swap, "sell", "64000", "5");
    world.ask(socket, "order", swapOrder({ px: "64000", sz: "2" }));
    world.ask(socket, "order", swapOrder());
    const swap = "instId=BTC-USDT-SWAP";
    const pairs: [string, Loose][] = [
      ["Trading__GetOrderDetails", world.signedGet("trade/orders-pending").data[0]],
      ["Trading__GetUserTradesArchive", world.signedGet("trade/fills").data[0]],
      ["ExchangeData__GetSymbols", world.get("public/instruments", "instType=SPOT").data[0]],
      ["ExchangeData__GetFundingRates", world.get("public/funding-rate", swap).data[0]],
      ["ExchangeData__GetTickers", world.get("market/ticker", swap).data[0]],
      ["ExchangeData__GetTradeHistory", world.get("market/trades", swap).data[0]],
      ["ExchangeData__GetOrderBook", world.get("market/books", swap).data[0]],
    ];
    for (const [name, body] of pairs) {
      const missing = Object.keys(recorded(name)).filter((field) => !(field in body));
      assertEquals(missing, [], name);
    }
  },
});
