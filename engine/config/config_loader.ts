/**
 * Text to `Config` and `Secrets`, or every complaint about it.
 *
 *   text -> YAML documents -> no secret where none may be -> schema -> impossible combinations
 *
 * 1. Nothing is taken from a text that has one fault: all complaints or a whole config.
 * 2. Secrets are read from the second document, and only of standard input.
 * 3. No complaint shows a secret.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { type Config, NO_SECRETS, type Secrets } from "./config.ts";
import { checkAll } from "./config_complaints.ts";
import { crossChecks } from "./config_checks.ts";
import { CONFIG_SCHEMA } from "./config_schema.ts";
import { secretComplaints } from "./secret_names.ts";
import { readSecrets } from "./secrets.ts";
import { readYaml } from "./yaml_text.ts";

/** Where a config's text came from. */
export type ConfigSource = "embedded" | "file" | "standard_input" | "control";

/** What the text is to be used for. */
export interface LoadOptions {
  readonly source: ConfigSource;
  /** Default paper. */
  readonly mode?: "paper" | "live";
  /** Whether a control token is known from elsewhere (environment, key file). Default false. */
  readonly controlTokenGiven?: boolean;
}

/** A config with what must not be printed beside it. */
export interface LoadedConfig {
  readonly config: Config;
  readonly secrets: Secrets;
}

/** Reads a whole configuration; all complaints when there is one. */
export function loadConfig(text: string, options: LoadOptions): Result<LoadedConfig, string[]> {
  const documents = readYaml(text);
  if (!documents.ok) return err([`config: ${documents.error}`]);
  const [first, second, ...more] = documents.value;
  if (!isBlock(first)) return err(["config: wanted a block of keys, found none"]);
  const secrets = secretsOf(second, more.length, options.source);
  const complaints = [...secretComplaints(first), ...(secrets.ok ? [] : secrets.error)];
  const checked = checkAll(CONFIG_SCHEMA, withoutSecrets(first), { hidesValues: false });
  complaints.push(...checked.complaints);
  const config = checked.value;
  if (config === undefined || !secrets.ok) return err(complaints);
  const tokenGiven = secrets.value.control_token !== undefined ||
    options.controlTokenGiven === true;
  complaints.push(...crossChecks(config, {
    mode: options.mode ?? "paper",
    instanceIdGiven: "instance_id" in first,
    controlTokenGiven: tokenGiven,
  }));
  return complaints.length > 0 ? err(complaints) : ok({ config, secrets: secrets.value });
}

function secretsOf(
  document: unknown,
  further: number,
  source: ConfigSource,
): Result<Secrets, string[]> {
  if (further > 0) {
    return err([`config: wanted at most two documents, found ${further + 2}`]);
  }
  if (document === undefined || document === null) return ok(NO_SECRETS);
  if (source !== "standard_input") {
    return err([
      'secrets: a second document is taken from standard input only; wanted "--config -", ' +
      `found one in ${SOURCE_NAMES[source]} (not shown)`,
    ]);
  }
  return readSecrets(document);
}

const SOURCE_NAMES: Readonly<Record<ConfigSource, string>> = {
  embedded: "the embedded default",
  file: "a plain file",
  standard_input: "standard input",
  control: "a control command",
};

/** A `secrets:` block in the first document has its own complaint: one is enough. */
function withoutSecrets(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { secrets: _secrets, ...rest } = document;
  return rest;
}

function isBlock(found: unknown): found is Record<string, unknown> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}
