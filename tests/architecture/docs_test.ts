/**
 * What the documents say is so: files exist, commands are verbs, rooms are on the map, the example
 * configuration loads and says every key.
 * @module
 */
import { parseArguments, VERB_NAMES } from "@/engine/cli/mod.ts";
import { loadConfig } from "@/engine/config/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

function read(path: string): string {
  return Deno.readTextFileSync(path);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("Every local link of the documents leads to something", () => {
  const broken = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:|#)([^)\s]+)\)/g)]
      .map((match) => match[1]!)
      .filter((path) => !exists(path))
      .map((path) => `${document}: ${path}`)
  );
  assertEquals(broken, []);
});

Deno.test("Every source file that the documents name exists", () => {
  const missing = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\b((?:engine|exchanges|strategies|risk|tests)\/[\w/]+\.ts)\b/g)]
      .map((match) => match[1]!)
      .filter((path) => !exists(path))
      .map((path) => `${document}: ${path}`)
  );
  assertEquals(missing, []);
});

Deno.test("Every room stands on ARCHITECTURE's map, and the map has no other", () => {
  const map = read("ARCHITECTURE.md");
  const named = new Set(
    [...map.matchAll(/^\| `((?:engine|strategies|risk)(?:\/\w+)?)`/gm)].map((match) => match[1]!),
  );
  const rooms = new Set<string>();
  for (const top of ["engine", "strategies", "risk"]) {
    if (exists(`${top}/mod.ts`)) rooms.add(top);
    for (const entry of Deno.readDirSync(top)) {
      if (entry.isDirectory) rooms.add(`${top}/${entry.name}`);
    }
  }
  assertEquals([...rooms].filter((room) => !named.has(room)), [], "rooms without a line");
  assertEquals([...named].filter((room) => !rooms.has(room)), [], "lines without a room");
});

Deno.test("Every `deno task` of README is a task, every touchline command an accepted one", () => {
  const { tasks } = JSON.parse(read("deno.json")) as { tasks: Record<string, unknown> };
  const text = read("README.md");
  for (const [, task] of text.matchAll(/deno(?:@[\d.]+)? task ([\w:]+)/g)) {
    assert(Object.hasOwn(tasks, task!), `README names the task "${task}"; deno.json has none`);
  }
  let commands = 0;
  for (const [, line] of text.matchAll(/^(?:deno task )?touchline ([^#\n]+)/gm)) {
    const args = line!.replace(/<.*$/, "").trim().split(/\s+/);
    const parsed = parseArguments(args);
    assert(parsed.ok, `README: touchline ${args.join(" ")}: ${parsed.ok ? "" : parsed.error}`);
    commands++;
  }
  assert(commands >= 5, `only ${commands} commands were found in README`);
});

Deno.test("README names the main verbs, and help knows each verb it names", () => {
  const text = read("README.md");
  for (const verb of ["trade", "simulate", "replay", "check", "venues", "set"]) {
    assert((VERB_NAMES as readonly string[]).includes(verb), verb);
    assert(new RegExp(`touchline ${verb}\\b`).test(text), `README says nothing of ${verb}`);
  }
});

Deno.test("config.yaml loads as it is, and stays true when its comments' defaults are left out", () => {
  const text = read("config.yaml");
  const loaded = loadConfig(text, { source: "file" });
  assert(loaded.ok, loaded.ok ? "" : loaded.error.join("\n"));
  const bare = loadConfig(
    text.slice(text.indexOf("\nvenues:"), text.indexOf("\nrisk:")),
    { source: "file" },
  );
  assert(bare.ok, bare.ok ? "" : bare.error.join("\n"));
  const { config } = loaded.value;
  const plain = bare.value.config;
  for (const key of ["timer_ms", "status_every_s", "journal", "feed", "orders", "log"] as const) {
    assertEquals(plain[key], config[key], `the default of ${key} is not what config.yaml shows`);
  }
  assertEquals(plain.simulation, config.simulation);
  assertEquals(plain.reporting_currency, config.reporting_currency);
});

Deno.test("config.yaml says every key that a config can have, each with a comment", () => {
  const text = read("config.yaml");
  const loaded = loadConfig(text, { source: "file" });
  assert(loaded.ok);
  const missing = keysOf(loaded.value.config).filter((key) =>
    !new RegExp(`(^|[\\s{,])${key}:`, "m").test(text)
  );
  assertEquals(missing, []);
  const silent = text.split("\n").filter((line) =>
    /^\s*(?:- )?[a-z_]+: \S/.test(line) && !line.includes("#")
  );
  // Further venues and strategies and the limits by instrument repeat what is explained above.
  const unexplained = silent.filter((line) => !SAID_ABOVE.test(line));
  assertEquals(unexplained, []);
});

const SAID_ABOVE =
  /mm_eth|mm_btc_|kind: market_making|-PERP|half_spread_bp|order_size|levels|level_step|skew|inventory_max|requote_bp|fair_value|US(DC|D): /;

/** Every key of a resolved config, however deep; free keys of maps are left out. */
function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^[a-z_]+$/.test(key) ? [key, ...keysOf(inner)] : keysOf(inner)
  );
}

Deno.test("Documents name no path of one machine and no registry but npm's own", () => {
  for (const document of [...DOCUMENTS, "config.yaml", "deno.json"]) {
    const found = /(?:^|[\s"'(])\/(?:work|home|root|tmp|Users)\//.exec(read(document));
    assertEquals(found?.[0], undefined, document);
  }
});
