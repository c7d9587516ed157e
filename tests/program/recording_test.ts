/**
 * Trading on a recorded market: a small one made here, and the shared one when it is there.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { type Ran, runInProcess } from "./_in_process.ts";

const CONFIG = `
log: { level: warn }
status_every_s: 0
control: { enabled: false }
venues:
  binance: { instruments: [BTC-USDT-PERP] }
strategies:
  - id: mm_btc
    kind: market_making
    instruments: ["binance:BTC-USDT-PERP"]
    parameters: { order_size: "0.01", inventory_max: "0.05", half_spread_bp: "0.1" }
`;

const RECORDINGS = (() => {
  try {
    return Deno.env.get("TOUCHLINE_RECORDINGS");
  } catch {
    return undefined;
  }
})();

/** Ten updates a second of a book whose mid goes up and down, each with a trade at the touch. */
function recordedLines(seconds: number): string[] {
  const startMs = 1_721_347_020_000;
  const lines: string[] = [];
  let id = 1_000;
  const say = (atMs: number, message: unknown) =>
    lines.push(`${atMs}000000 ${JSON.stringify(message)}`);
  const depthAt = (atMs: number, bids: unknown, asks: unknown) => {
    const [U, pu] = [id + 1, id];
    id += 5;
    const times = { E: atMs, T: atMs, s: "BTCUSDT" };
    say(atMs, {
      stream: "btcusdt@depth@0ms",
      data: { e: "depthUpdate", ...times, U, u: id, pu, b: bids, a: asks },
    });
  };
  depthAt(startMs, [], []);
  const ladder = (from: number, step: number) =>
    Array.from({ length: 20 }, (_, level) => [(from + level * step).toFixed(1), "2.000"]);
  say(startMs + 50, {
    lastUpdateId: id,
    E: startMs,
    T: startMs,
    bids: ladder(63_999.9, -0.1),
    asks: ladder(64_000.1, 0.1),
  });
  for (let tick = 1; tick <= seconds * 10; tick++) {
    const atMs = startMs + 50 + tick * 100;
    const isUp = tick % 20 < 10;
    const lots = (1 + tick % 7 / 10).toFixed(3);
    depthAt(atMs, [["63999.9", lots]], [["64000.1", isUp ? lots : "0.500"]]);
    const touch = { b: "63999.9", B: lots, a: "64000.1", A: isUp ? lots : "0.500" };
    say(atMs, {
      stream: "btcusdt@bookTicker",
      data: { e: "bookTicker", u: id, s: "BTCUSDT", ...touch, T: atMs, E: atMs },
    });
    say(atMs + 10, {
      stream: "btcusdt@trade",
      data: {
        e: "trade",
        E: atMs + 10,
        T: atMs + 10,
        s: "BTCUSDT",
        t: tick,
        p: isUp ? "64000.1" : "63999.9",
        q: "0.400",
        X: "MARKET",
        m: !isUp,
      },
    });
  }
  return lines;
}

async function tradeOn(paths: readonly string[], more: readonly string[]): Promise<Ran> {
  return await runInProcess(["trade", "--json", ...more, "--recording", ...paths], CONFIG);
}

function assertSound(ran: Ran): void {
  assertEquals(ran.code, 0, ran.stderr);
  const { orders, ledger, venues, queue_models } = JSON.parse(ran.stdout);
  assertEquals([orders.in_flight, orders.open_at_end, ledger.breaks], [0, 0, 0], ran.stdout);
  assert(orders.placed > 0, ran.stdout);
  assertEquals(venues[0].gaps, 0);
  assertEquals(Object.keys(queue_models).sort(), ["power3", "risk_averse"]);
}

Deno.test("A recording at full speed trades, shows both queue models, and twice the same journal", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/market.txt`;
  await Deno.writeTextFile(path, recordedLines(20).join("\n") + "\n");
  const journals: Uint8Array[] = [];
  for (const name of ["a", "b"]) {
    const journal = `${folder}/${name}.journal`;
    const ran = await tradeOn([path], ["--speed", "max", "--journal", journal]);
    assertSound(ran);
    assertMatch(ran.stderr, /Queue model risk-averse: \d+ fills/);
    journals.push(await Deno.readFile(journal));
  }
  assert(journals[0]!.length > 10_000);
  assertEquals(journals[0], journals[1]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("A recording at speed 1 ends when its time or the recording is over", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/market.txt`;
  await Deno.writeTextFile(path, recordedLines(3).join("\n") + "\n");
  const ran = await tradeOn([path], ["--speed", "1", "--for", "30s"]);
  assertSound(ran);
  assert(JSON.parse(ran.stdout).uptime_s < 10, ran.stdout);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("A recording that is none is refused or ends by itself, never hangs", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/market.txt`;
  await Deno.writeTextFile(path, "this is no recording\n");
  const ran = await tradeOn([path], ["--speed", "max", "--for", "5s"]);
  assert(ran.code !== 0 || JSON.parse(ran.stdout).orders.placed === 0, ran.stderr);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "The shared recording gives the same journal twice (needs TOUCHLINE_RECORDINGS)",
  ignore: RECORDINGS === undefined,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const ticks = `${RECORDINGS}/data/binance_usdm_ticks_20240718/usdm_btcusdt_20240718.gz`;
    const journals: Uint8Array[] = [];
    for (const name of ["a", "b"]) {
      const journal = `${folder}/${name}.journal`;
      const ran = await tradeOn([ticks], ["--speed", "max", "--for", "20s", "--journal", journal]);
      assertSound(ran);
      journals.push(await Deno.readFile(journal));
    }
    assertEquals(journals[0], journals[1]);
    await Deno.remove(folder, { recursive: true });
  },
});
