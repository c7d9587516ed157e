/**
 * The second document of standard input: `secrets:` with the keys of venues and the control token.
 *
 * 1. No complaint shows a value.
 * 2. A venue's keys must be one of the sets its signing needs, neither more nor less.
 * @module
 */
import * as v from "valibot";
import { err, ok, type Result, VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import type { Credentials, Secrets } from "./config.ts";
import { checkAll } from "./config_complaints.ts";

const TOKEN_LENGTH_MIN = 16;

/** Which keys a venue's signing needs: one of these sets. */
export const CREDENTIAL_SETS: Readonly<Record<VenueId, readonly (readonly string[])[]>> = {
  binance: [["key", "secret"], ["key", "ed25519_pem"]],
  okx: [["key", "secret", "passphrase"]],
  gate: [["key", "secret"]],
  bybit: [["key", "secret"]],
  hyperliquid: [["private_key"]],
  dydx: [["private_key"], ["mnemonic"]],
  aster: [["key", "secret"], ["private_key"]],
};

const QUOTED = "text in quotes, not empty";
const secretText = v.pipe(v.string(QUOTED), v.minLength(1, QUOTED), v.maxLength(10_000, QUOTED));
const TOKEN = `text of at least ${TOKEN_LENGTH_MIN} visible characters`;
const token = v.pipe(
  v.string(TOKEN),
  v.check((text) => text.length >= TOKEN_LENGTH_MIN && /^[\x21-\x7e]+$/.test(text), TOKEN),
);

const credentials = v.strictObject({
  key: v.exactOptional(secretText),
  secret: v.exactOptional(secretText),
  passphrase: v.exactOptional(secretText),
  private_key: v.exactOptional(secretText),
  mnemonic: v.exactOptional(secretText),
  ed25519_pem: v.exactOptional(secretText),
}, "a block of keys");

const SECRETS_SCHEMA = v.strictObject({
  secrets: v.strictObject({
    control_token: v.exactOptional(token),
    venues: v.optional(
      v.record(v.picklist(VENUE_IDS, "a venue"), credentials, "a block of VENUE: {…}"),
      {},
    ),
  }, "a block of control_token and venues"),
}, "a document with the one key secrets:");

/** Reads the document; all complaints, none with a value. */
export function readSecrets(document: unknown): Result<Secrets, string[]> {
  const { value, complaints } = checkAll(SECRETS_SCHEMA, document, { hidesValues: true });
  if (value === undefined) return err(complaints);
  const found = Object.entries(value.secrets.venues) as [VenueId, Credentials][];
  const wrong = found.flatMap(([venue, keys]) => credentialComplaint(venue, keys));
  if (wrong.length > 0) return err(wrong);
  return ok({
    control_token: value.secrets.control_token,
    venues: Object.fromEntries(found),
  });
}

/** What is wrong with the set of a venue's keys; nothing when it is whole. */
export function credentialComplaint(venue: VenueId, keys: Credentials): string[] {
  const names = Object.keys(keys).sort();
  const sets = CREDENTIAL_SETS[venue];
  if (sets.some((set) => [...set].sort().join() === names.join())) return [];
  const wanted = sets.map((set) => set.join(" and ")).join(", or ");
  const found = names.length === 0 ? "nothing" : names.join(" and ");
  return [`secrets.venues.${venue}: wanted ${wanted}, found ${found}`];
}
