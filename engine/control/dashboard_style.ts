/**
 * The status page's style: readable on a phone, dark or light as the reader's system is.
 * @module
 */

/** Style sheet. */
export const DASHBOARD_STYLE = `
:root {
  --ground: #ffffff; --raised: #f3f4f6; --ink: #16181d; --dim: #5b616e; --line: #d8dbe1;
  --good: #0a7a3d; --bad: #b42318; --warn: #8a5a00; --accent: #1f4fd8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1115; --raised: #191c22; --ink: #e7e9ee; --dim: #9aa1ae; --line: #2c313b;
    --good: #4cc38a; --bad: #ff7b6e; --warn: #f0b849; --accent: #7aa2ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
header {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 4px 16px;
  align-items: center; padding: 10px 16px; background: var(--raised);
  border-bottom: 1px solid var(--line);
}
header p { margin: 0; }
h1 { margin: 0; font-size: 18px; }
h1 span, #link { color: var(--dim); font-weight: 400; }
#link { margin-left: auto; font-size: 13px; }
h2 { margin: 24px 0 8px; font-size: 15px; }
main { max-width: 1100px; margin: 0 auto; padding: 0 16px 40px; }
.pill { padding: 2px 10px; border-radius: 999px; color: var(--ground); background: var(--dim); }
.pill.normal { background: var(--good); }
.pill.caution, .pill.reduce_only, .pill.paused { background: var(--warn); }
.pill.halted { background: var(--bad); }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 8px;
  margin-top: 16px;
}
.figure { padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px; }
.figure b { display: block; font-size: 20px; font-weight: 600; overflow-wrap: anywhere; }
.figure span { color: var(--dim); font-size: 13px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; white-space: nowrap; }
th, td { padding: 6px 10px; text-align: right; border-top: 1px solid var(--line); }
tr:first-child > * { border-top: 0; }
th { color: var(--dim); font-weight: 500; font-size: 13px; }
th:first-child, td:first-child { text-align: left; }
td.empty { color: var(--dim); text-align: left; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
ul { margin: 0; padding: 0; list-style: none; }
li { padding: 4px 0; overflow-wrap: anywhere; }
label { display: block; color: var(--dim); font-size: 13px; }
input {
  width: 100%; max-width: 420px; padding: 8px 10px; color: inherit; font: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px;
}
.commands { display: flex; flex-wrap: wrap; gap: 8px; }
button {
  min-height: 40px; padding: 8px 14px; color: var(--ink); font: inherit; cursor: pointer;
  background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
}
button.danger { color: var(--bad); border-color: var(--bad); }
button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
body.stale main { opacity: 0.5; }
`;
