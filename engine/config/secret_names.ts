/**
 * What looks like a secret: by the name of its key, and by its value.
 *
 * Rather one complaint too many than a key in a file: the test is generous.
 * @module
 */

const SECRET_NAME = new RegExp(
  "(^|_|-)(key|apikey|secret|passphrase|password|passwd|mnemonic|token|pem|credentials?|" +
    "seed_?phrase|seed_?words)$",
  "i",
);
const RUN_TOGETHER = /^(api|private|secret)(key|secret|token|passphrase)$/i;
const SECRET_VALUES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^(0x)?[0-9a-fA-F]{64}$/,
  /^[a-z]{3,8}( [a-z]{3,8}){11,23}$/,
  /^[A-Za-z0-9+/_-]{60,}={0,2}$/,
];

/** Whether a key of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || RUN_TOGETHER.test(name);
}

/** Whether a text looks like a private key, a mnemonic or an API secret. */
export function looksSecret(text: string): boolean {
  return SECRET_VALUES.some((shape) => shape.test(text.trim()));
}

/** A private key without quotes is a number to YAML; nothing that we configure is that large. */
function isKeySizedNumber(found: unknown): boolean {
  return typeof found === "number" && Math.abs(found) > 1e30;
}

const DEPTH_MAX = 20;

/** Complaints about every secret in a plain document; its values are never shown. */
export function secretComplaints(found: unknown): string[] {
  const complaints: string[] = [];
  visit(found, "", "", 0, complaints);
  return complaints;
}

function visit(
  found: unknown,
  path: string,
  name: string,
  depth: number,
  complaints: string[],
): void {
  if (depth > DEPTH_MAX || found === null || found === undefined) return;
  if (name === "secrets" || isSecretName(name)) {
    complaints.push(complaint(path, found));
  } else if (typeof found === "object") {
    for (const [key, value] of Object.entries(found)) {
      const inList = Array.isArray(found);
      const next = inList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      visit(value, next, inList ? "" : key, depth + 1, complaints);
    }
  } else if (typeof found === "string" ? looksSecret(found) : isKeySizedNumber(found)) {
    complaints.push(complaint(path, found));
  }
}

function complaint(path: string, found: unknown): string {
  const what = typeof found === "object" ? "a block" : `${String(found).length} characters`;
  return `${path}: a secret may not stand in a config; wanted it on standard input (a second ` +
    `document after "---", named "secrets:"), in the environment or in the key file, found ` +
    `${what} (not shown)`;
}
