/**
 * The compiled programs in `dist/`, as a user runs them on a server: network only, config by
 * standard input, both ends of a paper session. Run by `deno task test:compiled` after a build.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const PROGRAM = "dist/touchline";
const DESK = "dist/touchline-desk";
/** All seven venues in the same process, after a minute. */
const RESIDENT_MB_MAX = 140;
/** The venues in another process. */
const RESIDENT_ALONE_MB_MAX = 100;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: string[], stdin = ""): Promise<Outcome> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The embedded default on a free control port. */
async function config(): Promise<string> {
  const text = await Deno.readTextFile("config.yaml");
  return text.replace('listen: "127.0.0.1:8787"', 'listen: "127.0.0.1:0"');
}

interface Summary {
  readonly orders: Record<string, number>;
  readonly fills: number;
  readonly ledger: { readonly breaks: number };
  readonly violations: readonly string[];
  readonly memory: { readonly rss_mb: number };
}

Deno.test("The compiled program says its version and helps", async () => {
  assertStringIncludes((await run(PROGRAM, ["--version"])).stdout, "touchline 0.");
  assertStringIncludes((await run(PROGRAM, ["help", "trade"])).stdout, "--recording");
});

Deno.test("The compiled program trades on paper with a config from standard input", async () => {
  const outcome = await run(
    PROGRAM,
    ["trade", "--config", "-", "--for", "60s", "--json"],
    await config(),
  );
  assertEquals(outcome.code, 0, outcome.stderr);
  const summary = JSON.parse(outcome.stdout) as Summary;
  const { placed, amended, cancelled, filled, in_flight, open_at_end } = summary.orders;
  console.log(JSON.stringify({ orders: summary.orders, memory: summary.memory }));
  for (const count of [placed, amended, cancelled, filled]) assert(count! > 0, outcome.stdout);
  assertEquals([in_flight, open_at_end, summary.ledger.breaks], [0, 0, 0]);
  assertEquals(summary.violations, []);
  assert(summary.memory.rss_mb < RESIDENT_MB_MAX, `resident ${summary.memory.rss_mb} MiB`);
});

Deno.test("The compiled program trades on venues of another process under 100 MiB", async () => {
  const venues = new Deno.Command(PROGRAM, { args: ["venues"], stdout: "piped" }).spawn();
  try {
    const reader = venues.stdout.getReader();
    let line = "";
    while (!line.includes("\n")) line += new TextDecoder().decode((await reader.read()).value);
    reader.releaseLock();
    const { control } = JSON.parse(line) as { control: string };
    const outcome = await run(
      PROGRAM,
      ["trade", "--config", "-", "--venues-at", control, "--for", "60s", "--json"],
      await config(),
    );
    assertEquals(outcome.code, 0, outcome.stderr);
    const summary = JSON.parse(outcome.stdout) as Summary;
    console.log(JSON.stringify({ orders: summary.orders, memory: summary.memory }));
    assertEquals([summary.orders.in_flight, summary.orders.open_at_end], [0, 0]);
    assert(summary.memory.rss_mb < RESIDENT_ALONE_MB_MAX, `resident ${summary.memory.rss_mb} MiB`);
  } finally {
    venues.kill("SIGTERM");
    await venues.stdout.cancel();
    await venues.status;
  }
});

Deno.test("A denied permission is an error that names the other program, exit 2", async () => {
  const outcome = await run(PROGRAM, ["check", "--config", "config.yaml"]);
  assertEquals(outcome.code, 2);
  assertStringIncludes(outcome.stderr, "touchline-desk");
  const journal = await run(PROGRAM, ["trade", "--journal", "some.journal", "--for", "1s"]);
  assertEquals(journal.code, 2);
  assertStringIncludes(journal.stderr, "touchline-desk");
});

Deno.test("touchline-desk reads files and replays its own journal", async () => {
  const checked = await run(DESK, ["check", "--config", "config.yaml", "--json"]);
  assertEquals(checked.code, 0, checked.stderr);
  const folder = await Deno.makeTempDir();
  const journal = `${folder}/session.journal`;
  const traded = await run(
    DESK,
    ["trade", "--config", "-", "--for", "5s", "--json", "--journal", journal],
    await config(),
  );
  assertEquals(traded.code, 0, traded.stderr);
  const replayed = await run(DESK, ["replay", journal, "--json"]);
  await Deno.remove(folder, { recursive: true });
  assertEquals(replayed.code, 0, replayed.stderr);
  const outcome = JSON.parse(replayed.stdout) as { outputs: number; matched: number };
  assert(outcome.outputs > 0);
  assertEquals(outcome.matched, outcome.outputs);
});
