/**
 * The status block of `trade` on standard error: what is quoted, held and earned, on one screen of
 * at most 100 columns.
 * @module
 */
import type { EngineStatus, InstrumentLine } from "@/engine/ports/mod.ts";
import { durationText } from "./durations.ts";
import { grouped, microsText, shortDecimal, signedMoney } from "./number_text.ts";
import { textTable } from "./text_table.ts";

const WIDTH_MAX = 100;
const INSTRUMENTS_SHOWN_MAX = 24;
const ALERTS_SHOWN_MAX = 3;

/** The block, without a line end after it. */
export function statusBlock(status: EngineStatus): string {
  return [
    titleLine(status),
    ...instrumentLines(status.instruments),
    pnlLine(status),
    ordersLine(status),
    ...latencyLines(status),
    ...venueLines(status),
    ...alertLines(status),
  ].map(cut).join("\n");
}

function titleLine(status: EngineStatus): string {
  const kill = status.kill_switch ? "  KILL SWITCH" : "";
  const ready = status.ready ? "ready" : "not ready";
  const reason = status.mode === "normal" || status.mode_reason === ""
    ? ""
    : ` (${status.mode_reason})`;
  return `── ${status.instance_id}  ${status.mode.toUpperCase()}${reason}${kill}  ${ready}  ` +
    `up ${durationText(status.uptime_s)}  ${status.memory.rss_mb.toFixed(0)} MB`;
}

function instrumentLines(instruments: readonly InstrumentLine[]): string[] {
  const shown = instruments.slice(0, INSTRUMENTS_SHOWN_MAX);
  const lines = textTable([
    { title: "  instrument", align: "left" },
    { title: "bid", align: "right" },
    { title: "ask", align: "right" },
    { title: "our bid", align: "right" },
    { title: "our ask", align: "right" },
    { title: "position", align: "right" },
    { title: "book", align: "left" },
  ], shown.map(instrumentRow));
  const hidden = instruments.length - shown.length;
  return hidden > 0 ? [...lines, `  … and ${hidden} more`] : lines;
}

function instrumentRow(line: InstrumentLine): string[] {
  return [
    `  ${line.venue}:${line.instrument}`,
    priceText(line.bid),
    priceText(line.ask),
    priceText(line.own_bid),
    priceText(line.own_ask),
    shortDecimal(line.position, 6),
    line.usable ? "usable" : line.feed_state,
  ];
}

function pnlLine(status: EngineStatus): string {
  const { pnl } = status;
  return `  P&L ${pnl.currency} ${signedMoney(pnl.total)} = realised ${
    signedMoney(pnl.realised)
  }, ` +
    `unrealised ${signedMoney(pnl.unrealised)}, fees ${signedMoney(negated(pnl.fees))}, ` +
    `funding ${signedMoney(pnl.funding)}`;
}

function ordersLine(status: EngineStatus): string {
  const { orders } = status;
  const volume = Object.entries(status.volume)
    .map(([currency, amount]) => `${shortDecimal(amount, 0)} ${currency}`).join(" + ");
  return `  orders ${grouped(orders.placed)} placed, ${grouped(orders.amended)} amended, ` +
    `${grouped(status.open_orders.length)} open, ${grouped(orders.in_flight)} in flight, ` +
    `${grouped(orders.refused_by_risk)} refused; ${grouped(status.fills)} fills` +
    (volume === "" ? "" : `, ${volume}`);
}

function latencyLines(status: EngineStatus): string[] {
  return Object.entries(status.latency_us)
    .filter(([, line]) => line.count > 0)
    .map(([name, { p50, p99, p999, max }]) =>
      `  ${name.replaceAll("_", " ")}: p50 ${microsText(p50)}, p99 ${microsText(p99)}, ` +
      `p99.9 ${microsText(p999)}, max ${microsText(max)}`
    );
}

function venueLines(status: EngineStatus): string[] {
  return status.venues.map((venue) => {
    const troubles = [
      ["gaps", venue.gaps],
      ["resyncs", venue.resyncs],
      ["reconnects", venue.reconnects],
      ["rate limited", venue.rate_limited],
    ].filter(([, count]) => Number(count) > 0).map(([name, count]) => `, ${count} ${name}`);
    return `  ${venue.venue} ${venue.connected ? "connected" : "NOT CONNECTED"}, ` +
      `${grouped(venue.messages)} messages${troubles.join("")}`;
  });
}

function alertLines(status: EngineStatus): string[] {
  return status.alerts.slice(-ALERTS_SHOWN_MAX)
    .map((alert) => `  ! ${alert.severity} ${alert.code}: ${alert.text}`);
}

function priceText(price: string | null): string {
  return price === null ? "-" : shortDecimal(price, 8);
}

function negated(amount: string): string {
  return amount.startsWith("-") ? amount.slice(1) : `-${amount}`;
}

/** One line of the block: no control characters, at most the width. */
function cut(line: string): string {
  // deno-lint-ignore no-control-regex
  const plain = line.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return plain.length > WIDTH_MAX ? `${plain.slice(0, WIDTH_MAX - 1)}…` : plain;
}
