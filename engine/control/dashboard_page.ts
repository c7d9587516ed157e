/**
 * The status page: one self-contained HTML page, without a build step and without anything from
 * elsewhere.
 *
 * 1. All that comes from the engine is put in as text, never as markup.
 * 2. The policy allows this page's own script and style by their hashes and nothing else.
 * @module
 */
import { createHash } from "node:crypto";
import { DASHBOARD_SCRIPT } from "./dashboard_script.ts";
import { DASHBOARD_STYLE } from "./dashboard_style.ts";

/** The page. */
export const DASHBOARD_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Touchline</title>
<link rel="icon" href="data:,">
<style>${DASHBOARD_STYLE}</style>
</head>
<body>
<header>
<h1>Touchline <span id="instance"></span></h1>
<p><span id="mode" class="pill">…</span> <span id="ready"></span></p>
<p id="link" role="status" aria-live="polite">connecting…</p>
</header>
<main>
<section id="figures" class="figures" aria-label="Key figures"></section>
<section><h2>Alerts</h2><ul id="alerts"></ul></section>
<section><h2>Instruments</h2><div class="scroll"><table id="instruments"></table></div></section>
<section><h2>Open orders</h2><div class="scroll"><table id="orders"></table></div></section>
<section><h2>Profit and loss</h2><div class="scroll"><table id="pnl"></table></div></section>
<section><h2>Latency</h2><div class="scroll"><table id="latency"></table></div></section>
<section><h2>Venues</h2><div class="scroll"><table id="venues"></table></div></section>
<section><h2>Parameters</h2><div class="scroll"><table id="parameters"></table></div></section>
<section><h2>Commands</h2>
<label for="token">Control token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false">
<p id="commands" class="commands"></p>
<p id="answer" role="status" aria-live="polite"></p>
</section>
</main>
<noscript>This page needs JavaScript; <a href="/status">/status</a> says the same.</noscript>
<script>${DASHBOARD_SCRIPT}</script>
</body>
</html>
`;

/** The page's `Content-Security-Policy`. */
export const DASHBOARD_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(DASHBOARD_SCRIPT)}'`,
  `style-src '${hashOf(DASHBOARD_STYLE)}'`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
