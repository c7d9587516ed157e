/**
 * `venues` as a process: every fault is asked for over its control address on real sockets, and a
 * venue that is killed refuses connections and comes back on its port.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { FAULT_KINDS } from "@/exchanges/simulator/mod.ts";
import { start } from "./_program.ts";

interface Described {
  readonly control: string;
  readonly venues: Readonly<Record<string, { readonly perp: { readonly rest: string } }>>;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(control: string, fault: unknown): Promise<Answer> {
  const body = typeof fault === "string" ? fault : JSON.stringify(fault);
  const answer = await fetch(`${control}/faults`, { method: "POST", body });
  return { status: answer.status, body: await answer.json() };
}

/** Status of a question to a venue; 0 where nobody listens. */
async function statusOf(rest: string, path: string): Promise<number> {
  try {
    const answer = await fetch(rest + path);
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}

Deno.test("venues takes every fault at every venue, and says why it refuses the others", async () => {
  const program = await start(["venues", "--port", "0", "--seed", "6"]);
  const described: Described = JSON.parse((await program.match(/^\{.*\}$/m))[0]);
  const { control, venues } = described;
  assertEquals(Object.keys(venues).length, 7);
  const later = Date.now() + 3_600_000;
  for (const venue of Object.keys(venues)) {
    for (const kind of FAULT_KINDS) {
      const { status, body } = await post(control, { venue, kind, at: later, for_ms: 1 });
      const isKnown = kind !== "bad_checksum" || venue === "okx";
      assertEquals(status, isKnown ? 200 : 400, `${venue} ${kind} ${JSON.stringify(body)}`);
      if (!isKnown) assertMatch(String(body["error"]), /carry no checksum/);
    }
  }
  for (
    const [fault, wanted] of [
      ["no JSON", /wanted one JSON object/],
      [{ venue: "nowhere", kind: "drop", probability: 1 }, /"venue": wanted one of binance, okx/],
      [{ venue: "okx", kind: "explode", probability: 1 }, /"kind" must be one of drop delay/],
      [{ venue: "okx", kind: "drop" }, /wanted "probability", "at" or "for_ms", found none/],
      [{ venue: "okx", kind: "drop", probability: 7 }, /must be at most 1, found 7/],
      [{ venue: "okx", kind: "down", probability: 1 }, /"down" takes "for_ms"/],
    ] as const
  ) {
    const { status, body } = await post(control, fault);
    assertEquals(status, 400);
    assertMatch(String(body["error"]), wanted);
  }
  program.signal("SIGINT");
  assertEquals((await program.finished()).code, 0);
});

Deno.test("venues: a killed venue refuses connections, is back on its port; others go on", async () => {
  const program = await start(["venues", "--port", "0", "--seed", "6"]);
  const { control, venues }: Described = JSON.parse((await program.match(/^\{.*\}$/m))[0]);
  const [gate, okx] = [venues["gate"]!.perp.rest, venues["okx"]!.perp.rest];
  const ask = () => statusOf(gate, "/futures/usdt/contracts/BTC_USDT");
  assertEquals(await ask(), 200);
  const asked = Date.now();
  assertEquals((await post(control, { venue: "gate", kind: "down", for_ms: 1_200 })).status, 200);
  assertEquals(await ask(), 0, "nobody listens");
  assertEquals(await statusOf(okx, "/api/v5/public/time"), 200);
  while (await ask() === 0) assert(Date.now() - asked < 8_000, "it is back in time");
  assert(Date.now() - asked >= 1_200, "not before its time");
  program.signal("SIGINT");
  assertEquals((await program.finished()).code, 0);
});
