/**
 * Messages of the venue as others keep them: each becomes the event its channel stands for, or is
 * left out on purpose; none is refused. Needs TOUCHLINE_RECORDINGS.
 * @module
 */
import { createInstrument, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const RECORDINGS = Deno.env.get("TOUCHLINE_RECORDINGS");
const FOLDER = `${RECORDINGS}/fixtures/gate/jkorf`;
const AT = micros(1_768_435_200_000_000);

/** What the data of each file becomes. */
const WANTED: Readonly<Record<string, string>> = {
  Subscriptions__Futures__Concurrent: "ignored ignored",
  Subscriptions__Futures__SubscribeToBalanceUpdates: "balance",
  Subscriptions__Futures__SubscribeToBookTickerUpdates: "best_bid_ask",
  Subscriptions__Futures__SubscribeToContractStatsUpdates: "ignored",
  Subscriptions__Futures__SubscribeToOrderBookV2Updates: "book_snapshot",
  Subscriptions__Futures__SubscribeToReduceRiskLimitUpdates: "ignored",
  Subscriptions__Futures__SubscribeToTickerUpdates: "mark_price funding",
  Subscriptions__Futures__SubscribeToTradeUpdates: "ignored",
  Subscriptions__Futures__SubscribeToUserAutoDeleverageUpdates: "ignored",
  Subscriptions__Spot__SubscribeToFundingBalanceUpdates: "ignored",
  Subscriptions__Spot__SubscribeToKlineUpdates: "ignored",
  Subscriptions__Spot__SubscribeToMarginBalanceUpdates: "ignored",
  Subscriptions__Spot__SubscribeToOrderUpdates: "order",
  Socket__SpotApi__CancelOrder: "order",
  Socket__SpotApi__EditOrder: "order",
  Socket__SpotApi__GetOrders: "order",
  Socket__SpotApi__PlaceOrder: "order",
};

const INSTRUMENTS = [
  "BTC-USDT",
  "GT-USDT",
  "ETH-USDT",
  "BTC-USDT-PERP",
  "ETH-USDT-PERP",
].map((symbol, index) => {
  const terms = unwrap(gateTools.termsFrom(symbol, "0.00000001", "0.00000001", "1"));
  return unwrap(createInstrument(instrumentIndex(index), terms));
});

/** The texts behind `=`, each up to the next mark. */
function dataOf(file: string): string[] {
  const blocks = file.split(/^(?=[<>=])/m).filter((block) => block.startsWith("="));
  return blocks.map((block) => block.replace(/^=\d*/, "").trim());
}

function kindsOf(text: string): string[] {
  const kinds: string[] = [];
  const receiver = { deliver: (event: { readonly kind: string }) => kinds.push(event.kind) };
  const bytes = new TextEncoder().encode(text);
  const outcomes = [
    gateTools.createMarketDecoder(INSTRUMENTS),
    gateTools.createAccountDecoder(INSTRUMENTS),
  ].map((decoder) => decoder.decode(bytes, 0, bytes.length, AT, receiver));
  return outcomes.includes("decoded")
    ? kinds
    : outcomes.every((one) => one === "ignored")
    ? ["ignored"]
    : outcomes;
}

for (const [name, wanted] of Object.entries(WANTED)) {
  Deno.test({
    name: `recorded ${name} becomes ${wanted} (needs TOUCHLINE_RECORDINGS)`,
    ignore: RECORDINGS === undefined,
    async fn() {
      const file = await Deno.readTextFile(`${FOLDER}/${name}.txt`);
      const found = dataOf(file).flatMap(kindsOf);
      assertEquals([...new Set(found)].join(" "), [...new Set(wanted.split(" "))].join(" "));
    },
  });
}
