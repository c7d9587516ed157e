/**
 * The one door to @std/yaml, with types: YAML text to plain values.
 * @module
 */
// @ts-types="./std_yaml.d.ts"
import { parseAll, stringify } from "@std/yaml";
import { err, ok, type Result } from "@/engine/domain/mod.ts";

const TEXT_LENGTH_MAX = 1_048_576;

/** The documents of a YAML text. Duplicate keys, unknown tags and broken text are refused. */
export function readYaml(text: string): Result<readonly unknown[]> {
  if (text.length > TEXT_LENGTH_MAX) {
    return err(`wanted at most ${TEXT_LENGTH_MAX} characters of YAML, found ${text.length}`);
  }
  try {
    const documents = parseAll(text, { schema: "core" });
    return ok(Array.isArray(documents) ? documents : [documents]);
  } catch (error) {
    return err(`wanted YAML, found: ${placeOf(error)}`);
  }
}

/** Plain values as YAML text. */
export function writeYaml(value: Readonly<Record<string, unknown>>): string {
  return stringify(value, { schema: "core", lineWidth: 100 });
}

/** What was wrong and where, without the words of the text itself: they may be a secret. */
function placeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const what = /^[^:!*"]*/.exec(text)![0].trim();
  const where = /at line \d+, column \d+/.exec(text)?.[0] ?? "";
  return what.includes(where) ? what : `${what} ${where}`;
}
