/**
 * A config as it may be shown: for `check`, the journal's header and logs.
 *
 * A `Config` holds no secret; of the secrets only their names are shown, each with `***`.
 * @module
 */
import type { Config, Secrets } from "./config.ts";
import { writeYaml } from "./yaml_text.ts";

/** A config with the names of the secrets that came with it. Plain JSON data. */
export type MaskedConfig = Config & { readonly secrets: Readonly<Record<string, unknown>> };

const MASK = "***";

/** The config with every secret masked. */
export function maskedConfig(config: Config, secrets: Secrets): MaskedConfig {
  const venues = Object.entries(secrets.venues).map(([venue, keys]) => [
    venue,
    Object.fromEntries(Object.keys(keys ?? {}).map((name) => [name, MASK])),
  ]);
  return {
    ...config,
    secrets: {
      ...(secrets.control_token === undefined ? {} : { control_token: MASK }),
      ...(venues.length === 0 ? {} : { venues: Object.fromEntries(venues) }),
    },
  };
}

/** The masked config as YAML, for people. */
export function maskedText(config: Config, secrets: Secrets): string {
  return writeYaml({ ...maskedConfig(config, secrets) });
}
