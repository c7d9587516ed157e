/**
 * Configurations of several venues: three perpetuals each, a maker on the first.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";

const QUOTES: Readonly<Partial<Record<VenueId, string>>> = { hyperliquid: "USDC", dydx: "USD" };

/** A configuration of these venues, with so many connections for each market stream. */
export function configOf(
  venues: readonly VenueId[] = VENUE_IDS,
  marketConnections: 1 | 2 = 1,
): string {
  const lines = ["instance_id: seven", "control: { enabled: false }", "log: { level: error }"];
  lines.push(`risk: { order_value_max: "10000" }`, "venues:");
  for (const venue of venues) {
    const quote = QUOTES[venue] ?? "USDT";
    const wallet = quote === "USD" ? "USDC" : quote;
    lines.push(
      `  ${venue}:`,
      `    instruments: [${["BTC", "ETH", "SOL"].map((base) => `${base}-${quote}-PERP`)}]`,
      `    market_connections: ${marketConnections}`,
      `    fees: { maker_bp: "0", taker_bp: "3.5" }`,
      `    paper: { balances: { ${wallet}: "100000" } }`,
    );
  }
  lines.push("strategies:");
  for (const venue of venues) {
    lines.push(
      `  - id: mm_${venue}`,
      "    kind: market_making",
      `    instruments: ["${venue}:BTC-${QUOTES[venue] ?? "USDT"}-PERP"]`,
      `    parameters: { half_spread_bp: "1", order_size: "0.01", inventory_max: "0.05" }`,
    );
  }
  return lines.join("\n");
}
