/**
 * `replay`: a journal through the core again; `check`: a config, resolved.
 * @module
 */
import { type Arguments, EXIT, type ExitCode, jsonLine } from "@/engine/cli/mod.ts";
import { loadConfig, maskedConfig, maskedText } from "@/engine/config/mod.ts";
import type { VenueFacts } from "@/engine/core/mod.ts";
import { err, VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import { JournalReader, replayJournal } from "@/engine/journal/mod.ts";
import { readBytes, readConfig, refuse, stderr, stdout } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";

/** `replay`: a journal through the core again. */
export async function replay(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const bytes = await readBytes(given.words[0]!);
  if (!bytes.ok) return refuse(bytes.error);
  const facts = new Map<VenueId, VenueFacts>();
  for (const venue of VENUE_IDS) {
    const known = await parts.venueFacts(venue);
    if (known.ok) facts.set(venue, known.value);
  }
  const outcome = replayJournal(JournalReader.of(bytes.value), (header) => {
    const loaded = loadConfig(JSON.stringify(withoutSecrets(header.config)), { source: "control" });
    if (!loaded.ok) return err(loaded.error.join("; "));
    const { config } = loaded.value;
    // In the order in which a house is built, whatever order the config has them in.
    const needed = VENUE_IDS.filter((venue) => config.venues[venue] !== undefined)
      .map((venue) => facts.get(venue));
    return parts.buildEngine(config, needed.filter((one) => one !== undefined));
  });
  if (!outcome.ok) {
    stderr(outcome.error);
    return EXIT.failed;
  }
  if (given.has("json")) stdout(jsonLine(outcome.value));
  else {stderr(
      Object.entries(outcome.value).map(([k, v]) => `${k}: ${JSON.stringify(v)}`).join("\n"),
    );}
  return outcome.value.first_difference === null ? EXIT.done : EXIT.failed;
}

/** The journal's header masks secrets; a config that is loaded again has none. */
function withoutSecrets(config: unknown): unknown {
  return { ...(config as Record<string, unknown>), secrets: undefined };
}

/** `check`: the resolved config, or every complaint. */
export async function check(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const loaded = await readConfig(parts, given.text("config"));
  if (!loaded.ok) return refuse(loaded.error);
  const { config, secrets } = loaded.value;
  stdout(given.has("json") ? jsonLine(maskedConfig(config, secrets)) : maskedText(config, secrets));
  return EXIT.done;
}
