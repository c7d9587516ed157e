/**
 * The status page's script: pictures by server-sent events, by polling where those do not come.
 *
 * 1. Everything shown is set as text.
 * 2. A picture older than five seconds is shown faded: nobody trusts an old number by mistake.
 * 3. The token stays in its field: it is stored nowhere.
 * @module
 */

/** Browser script; must not contain a closing script tag. */
export const DASHBOARD_SCRIPT = `
"use strict";
const at = (id) => document.getElementById(id);
const SILENT_MS = 5000;
let heardAt = 0;
let polling = 0;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function signOf(text) {
  if (/^-/.test(text)) return "bad";
  return /[1-9]/.test(text) ? "good" : "";
}
function short(text, decimals) {
  if (text === null || text === undefined) return "–";
  const parts = String(text).split(".");
  const whole = parts[0].replace(/\\B(?=(\\d{3})+$)/g, ",");
  const rest = (parts[1] || "").slice(0, decimals);
  return rest === "" ? whole : whole + "." + rest;
}
function micros(value) {
  if (value < 1000) return Math.round(value) + " µs";
  if (value < 1e6) return (value / 1000).toFixed(2) + " ms";
  return (value / 1e6).toFixed(2) + " s";
}
function duration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return whole + " s";
  if (whole < 3600) return Math.floor(whole / 60) + " min " + whole % 60 + " s";
  return Math.floor(whole / 3600) + " h " + Math.floor(whole % 3600 / 60) + " min";
}
function table(id, titles, rows, none) {
  const head = element("tr");
  for (const title of titles) head.append(element("th", title));
  const lines = rows.map((cells) => {
    const line = element("tr");
    for (const cell of cells) {
      const [text, look] = Array.isArray(cell) ? cell : [cell, ""];
      line.append(element("td", text, look));
    }
    return line;
  });
  if (lines.length === 0) {
    const cell = element("td", none, "empty");
    cell.colSpan = titles.length;
    const line = element("tr");
    line.append(cell);
    lines.push(line);
  }
  at(id).replaceChildren(head, ...lines);
}
function figure(name, value, look) {
  const box = element("div", undefined, "figure");
  box.append(element("b", value, look), element("span", name));
  return box;
}
function showHead(s) {
  at("instance").textContent = s.instance_id + " " + s.version;
  at("mode").textContent = s.mode.replace("_", " ") + (s.kill_switch ? " · kill switch" : "");
  at("mode").className = "pill " + s.mode;
  at("ready").textContent = (s.ready ? "ready" : "not ready") +
    (s.mode_reason ? " · " + s.mode_reason : "") + " · up " + duration(s.uptime_s);
  document.title = s.mode.toUpperCase() + " " + short(s.pnl.total, 2) + " · Touchline";
}
function showFigures(s) {
  const o = s.orders;
  at("figures").replaceChildren(
    figure("P&L " + s.pnl.currency, short(s.pnl.total, 2), signOf(s.pnl.total)),
    figure("fills", short(s.fills, 0)),
    figure("orders placed", short(o.placed, 0)),
    figure("amended", short(o.amended, 0)),
    figure("open", short(s.open_orders.length, 0)),
    figure("in flight", short(o.in_flight, 0), o.in_flight > 0 ? "warn" : ""),
    figure("refused by risk", short(o.refused_by_risk, 0)),
    figure("ledger breaks", short(s.ledger.breaks, 0), s.ledger.breaks > 0 ? "bad" : "good"),
    figure("memory", s.memory.rss_mb.toFixed(0) + " MB"),
  );
}
function showAlerts(s) {
  const looks = { critical: "bad", warning: "warn", info: "" };
  const lines = s.alerts.slice(-8).reverse().map((a) =>
    element("li", a.at + "  " + a.code + ": " + a.text, looks[a.severity]));
  if (lines.length === 0) lines.push(element("li", "none"));
  at("alerts").replaceChildren(...lines);
}
function showMarkets(s) {
  table("instruments",
    ["instrument", "book", "bid", "ask", "our bid", "our ask", "position", "at", "orders", "gaps"],
    s.instruments.map((i) => [
      i.venue + ":" + i.instrument,
      [i.usable ? "usable" : i.feed_state, i.usable ? "good" : "warn"],
      short(i.bid, 8), short(i.ask, 8), short(i.own_bid, 8), short(i.own_ask, 8),
      [short(i.position, 8), signOf(i.position)], short(i.average_price, 4),
      String(i.open_orders), [String(i.gaps), i.gaps > 0 ? "warn" : ""],
    ]), "no instruments yet");
  table("orders",
    ["instrument", "side", "price", "size", "filled", "state", "strategy", "id"],
    s.open_orders.map((o) => [
      o.venue + ":" + o.instrument, [o.side, o.side === "buy" ? "good" : "bad"],
      short(o.price, 8), short(o.size, 8), short(o.filled_size, 8), o.state, o.strategy,
      o.client_order_id,
    ]), "no open orders");
}
function showMoney(s) {
  const line = (name, p) => [name, ...["total", "realised", "unrealised", "fees", "funding"]
    .map((key) => [short(p[key], 4), key === "fees" ? "" : signOf(p[key])])];
  const rows = Object.entries(s.pnl_by_currency).map(([name, p]) => line(name, p));
  table("pnl", ["currency", "total", "realised", "unrealised", "fees paid", "funding"],
    [line("all, in " + s.pnl.currency, s.pnl), ...rows], "");
}
function showHealth(s) {
  table("latency", ["stage", "count", "p50", "p99", "p99.9", "max"],
    Object.entries(s.latency_us).filter(([, l]) => l.count > 0).map(([name, l]) => [
      name.replaceAll("_", " "), short(l.count, 0), micros(l.p50), micros(l.p99), micros(l.p999),
      micros(l.max),
    ]), "nothing measured yet");
  const half = (d) => d ? micros(d.p50) + " / " + micros(d.p99) : "";
  table("venues",
    ["venue", "link", "messages", "gaps", "resyncs", "reconnects", "rate limited", "unusable s",
      "feed p50 / p99", "decode p50 / p99"],
    s.venues.map((v) => [
      v.venue, [v.connected ? "connected" : "not connected", v.connected ? "good" : "bad"],
      short(v.messages, 0), short(v.gaps, 0), short(v.resyncs, 0), short(v.reconnects, 0),
      short(v.rate_limited, 0), short(v.unusable_ms / 1000, 1), half(v.feed_latency_us),
      half(v.decode_us),
    ]), "no venues");
  const rows = [];
  for (const strategy of s.strategies) {
    for (const [key, value] of Object.entries(strategy.parameters)) {
      rows.push([strategy.id + "." + key, value]);
    }
  }
  for (const [key, value] of Object.entries(s.risk_parameters)) rows.push(["risk." + key, value]);
  table("parameters", ["parameter", "value"], rows, "none");
}
function show(s) {
  heardAt = Date.now();
  showHead(s);
  showFigures(s);
  showAlerts(s);
  showMarkets(s);
  showMoney(s);
  showHealth(s);
}
function authorization() {
  const token = at("token").value.trim();
  return token === "" ? {} : { authorization: "Bearer " + token };
}
async function poll() {
  try {
    const response = await fetch("/status", { headers: authorization() });
    if (response.ok) show(await response.json());
    else if (response.status === 401) at("link").textContent = "wants the control token";
  } catch {
    // The age of the last picture says it.
  }
}
function startPolling() {
  if (polling === 0) polling = setInterval(poll, 2000);
}
function stopPolling() {
  clearInterval(polling);
  polling = 0;
}
function listen() {
  const source = new EventSource("/updates");
  source.onmessage = (event) => {
    stopPolling();
    show(JSON.parse(event.data));
  };
  source.onerror = () => {
    startPolling();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10000);
  };
}
async function command(name, body) {
  at("answer").textContent = name + " …";
  try {
    const response = await fetch("/commands/" + name, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization() },
      body: JSON.stringify({ reason: "status page", ...body }),
    });
    const answer = await response.json();
    at("answer").textContent = name + ": " + (answer.error || "accepted");
  } catch (error) {
    at("answer").textContent = name + ": " + error.message;
  }
}
function button(name, run, isDanger) {
  const made = element("button", name, isDanger ? "danger" : "");
  made.type = "button";
  made.onclick = () => {
    if (!isDanger || confirm(name + "?")) run();
  };
  at("commands").append(made);
}
button("pause", () => command("pause", {}));
button("resume", () => command("resume", {}));
button("cancel all", () => command("cancel-all", {}));
button("flatten", () => command("flatten", {}), true);
button("halt", () => command("halt", {}), true);
button("release kill switch", () => command("resume", { release_kill_switch: true }), true);
setInterval(() => {
  const age = Date.now() - heardAt;
  const isStale = age > SILENT_MS;
  document.body.classList.toggle("stale", isStale);
  if (heardAt > 0) {
    at("link").textContent = isStale ? "silent for " + duration(age / 1000) : "live";
  }
}, 1000);
listen();
`;
