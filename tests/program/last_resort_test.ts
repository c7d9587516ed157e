/**
 * The last-resort handler in a whole program: an unhandled rejection, an error in a timer and a
 * broken invariant each cancel all own orders, flush the journal and end with 1.
 * @module
 */
import { JournalReader } from "@/engine/journal/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { PROGRAM_CONFIG } from "./_program.ts";
import { type Opened, runInProcess, until } from "./_in_process.ts";

const CONFIG = PROGRAM_CONFIG.replace("level: info", "level: error")
  .replace("enabled: true,", "enabled: false,");

const FAILURES: [string, (house: House) => void, RegExp][] = [
  [
    "An unhandled rejection",
    () => {
      const reason = new Error("nobody awaited this");
      const promise = Promise.resolve();
      globalThis.dispatchEvent(
        new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true }),
      );
    },
    /Error: nobody awaited this/,
  ],
  [
    "An error in a timer",
    () => {
      const error = new TypeError("x is not a function");
      globalThis.dispatchEvent(new ErrorEvent("error", { error, cancelable: true }));
    },
    /TypeError: x is not a function/,
  ],
  [
    "A broken invariant",
    (house) => {
      // Planted: the gate throws at the next event, as an assert inside the core would.
      house.engine.risk.observe = () => {
        throw new Error("Ledger is broken");
      };
    },
    /Error: Ledger is broken/,
  ],
];

for (const [what, breakIt, wanted] of FAILURES) {
  Deno.test(`${what} cancels all own orders, flushes the journal and exits 1`, async () => {
    const folder = await Deno.makeTempDir();
    const journal = `${folder}/session.journal`;
    const opened: Opened = { worlds: [], houses: [] };
    const ending = runInProcess(
      ["trade", "--for", "30s", "--json", "--journal", journal],
      CONFIG,
      { opened },
    );
    const openOrders = () => opened.worlds[0]?.truths[0]?.account().openOrders ?? [];
    await until(() => openOrders().length >= 2, "orders that rest at the venue");
    breakIt(opened.houses[0]!);
    const ended = await ending;
    assertEquals(ended.code, 1, ended.stderr);
    assertEquals(openOrders(), [], "orders are left at the venue");
    const summary = JSON.parse(ended.stdout);
    assertEquals(summary.violations.length, 1);
    assertMatch(summary.violations[0], wanted);
    assertMatch(ended.stderr, /These orders may still be open:/);
    // The journal holds the session up to the failure, sealed.
    const reader = JournalReader.of(await Deno.readFile(journal));
    let records = 0;
    while (reader.next() !== undefined) records++;
    assertEquals([reader.tornAt, reader.corrupt, reader.unsealedCount], [null, null, 0]);
    assert(records > 20, `only ${records} records`);
    await Deno.remove(folder, { recursive: true });
  });
}
