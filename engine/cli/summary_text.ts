/**
 * The summary at the end of `trade` and `simulate`, for people.
 * @module
 */
import type { RunSummary } from "@/engine/ports/mod.ts";
import { durationText } from "./durations.ts";
import { grouped, microsText, shortDecimal, signedMoney } from "./number_text.ts";
import { type Column, textTable } from "./text_table.ts";

/** The summary, without a line end after it. */
export function summaryText(summary: RunSummary): string {
  return [
    `Summary after ${durationText(summary.uptime_s)}`,
    ...orderLines(summary),
    ...moneyLines(summary),
    ...positionLines(summary),
    ...latencyLines(summary),
    ...venueLines(summary),
    ...accountLines(summary),
  ].join("\n");
}

function orderLines({ orders, fills, volume }: RunSummary): string[] {
  const traded = Object.entries(volume)
    .map(([currency, amount]) => `${shortDecimal(amount, 2)} ${currency}`).join(" + ");
  return [
    `  orders     ${grouped(orders.placed)} placed, ${grouped(orders.amended)} amended or replaced`,
    `             ${grouped(orders.filled)} filled, ${grouped(orders.cancelled)} cancelled, ` +
    `${grouped(orders.rejected)} rejected, ${grouped(orders.expired)} expired`,
    `             ${grouped(orders.in_flight)} in flight, ${grouped(orders.open_at_end)} open, ` +
    `${grouped(orders.refused_by_risk)} refused by risk`,
    `  fills      ${grouped(fills)}${traded === "" ? "" : `, ${traded} traded`}`,
  ];
}

function moneyLines({ pnl }: RunSummary): string[] {
  return [
    `  P&L        ${signedMoney(pnl.total)} ${pnl.currency}: realised ${
      signedMoney(pnl.realised)
    }, ` +
    `unrealised ${signedMoney(pnl.unrealised)}, fees paid ${signedMoney(pnl.fees)}, ` +
    `funding ${signedMoney(pnl.funding)}`,
  ];
}

function positionLines({ positions }: RunSummary): string[] {
  if (positions.length === 0) return ["  positions  none"];
  return positions.map((position, index) =>
    `  ${index === 0 ? "positions" : "         "}  ${position.size} ` +
    `${position.venue}:${position.instrument}` +
    (position.average_price === null ? "" : ` at ${shortDecimal(position.average_price, 8)}`)
  );
}

const LATENCY_COLUMNS: readonly Column[] = [
  { title: "  latency", align: "left" },
  { title: "count", align: "right" },
  { title: "p50", align: "right" },
  { title: "p99", align: "right" },
  { title: "p99.9", align: "right" },
  { title: "max", align: "right" },
];

function latencyLines({ latency_us: latencies }: RunSummary): string[] {
  const rows = Object.entries(latencies).filter(([, line]) => line.count > 0)
    .map(([name, { count, p50, p99, p999, max }]) => [
      `  ${name.replaceAll("_", " ")}`,
      grouped(count),
      ...[p50, p99, p999, max].map(microsText),
    ]);
  return rows.length === 0 ? [] : textTable(LATENCY_COLUMNS, rows);
}

function venueLines({ venues }: RunSummary): string[] {
  return venues.map((venue) =>
    `  ${venue.venue}: ${grouped(venue.messages)} messages, ${grouped(venue.gaps)} gaps, ` +
    `${grouped(venue.resyncs)} resyncs, ${grouped(venue.reconnects)} reconnects, ` +
    `${grouped(venue.rate_limited)} times rate limited`
  );
}

function accountLines({ ledger, violations, memory }: RunSummary): string[] {
  return [
    `  ledger     ${ledger.breaks === 0 ? "no breaks" : `${grouped(ledger.breaks)} BREAKS`}`,
    ...violations.map((violation) => `  VIOLATION  ${violation}`),
    `  memory     ${memory.rss_mb.toFixed(0)} MB resident, ${memory.heap_mb.toFixed(0)} MB heap`,
  ];
}
