/**
 * `events` without an instruments file: which instruments it finds in messages, on which grid.
 * @module
 */
import { runEventsTool } from "@/engine/cli/mod.ts";
import { SymbolFinder } from "@/engine/cli/symbol_finder.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function found(tools: VenueTools, text: string): string[] {
  const finder = new SymbolFinder(tools);
  finder.look(text);
  return finder.instruments.map(({ terms }) => String(terms.symbol));
}

async function events(tools: VenueTools, ...texts: string[]): Promise<Record<string, unknown>[]> {
  const lines = texts.map((text) => JSON.stringify({ source: "ws", text }));
  const out: Record<string, unknown>[] = [];
  await runEventsTool(
    tools,
    { instruments: [] },
    ReadableStream.from(lines),
    (line) => out.push(JSON.parse(line) as Record<string, unknown>),
  );
  return out;
}

Deno.test("SymbolFinder gives a coin the venue's own quote, whatever other words there are", () => {
  const text = '{"coin":"BTC","feeToken":"USDC","x":"USDT"}';
  assertEquals(found(hyperliquidTools, text).filter((name) => name.startsWith("BTC")), [
    "BTC-USDC-PERP",
  ]);
});

Deno.test("SymbolFinder finds a name within that of a stream", () => {
  assertEquals(found(gateTools, '{"s":"ob.ETH_USDT.50"}'), ["ETH-USDT", "ETH-USDT-PERP"]);
  assertEquals(found(bybitTools, '{"topic":"tickers.BTCUSDT"}'), ["BTC-USDT", "BTC-USDT-PERP"]);
});

function trade(size: string, price = "1.5"): string {
  return JSON.stringify({
    topic: "publicTrade.BTCUSDT",
    type: "snapshot",
    ts: 1672304486868,
    data: [{ T: 1672304486865, s: "BTCUSDT", S: "Buy", v: size, p: price, i: "a", BT: false }],
  });
}

Deno.test("events without instruments prints what needs few digits, many, or large sizes", async () => {
  for (
    const [size, price] of [
      ["0.00000001", "64000.5"],
      ["90071992547", "0.00001234"],
      ["9007199254740", "0.000000001234"],
      ["0.9745750291", "17101.489388"],
    ] as const
  ) {
    const [event] = await events(bybitTools, trade(size, price));
    assertEquals([event!["kind"], event!["size"], event!["price"]], ["trade", size, price]);
  }
});

Deno.test("events without instruments comes back to its grid after what no grid can hold", async () => {
  const lines = await events(bybitTools, trade("0.00000001"), "<html>", trade("0.00000001"));
  assertEquals(lines.map(({ kind }) => kind), ["trade", "error", "trade"]);
  assertEquals(lines[1]!["reason"], "not a JSON object");
});
