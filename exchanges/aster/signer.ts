/**
 * Proof of who we are, per request: a wallet's EIP-712 signature (v3) or an API key's HMAC (v1).
 *
 *   wallet: params & nonce & user & signer            -> & signature=0x...
 *   keys:   params & recvWindow & timestamp, and a header -> & signature=hex
 *
 * 1. What is signed is what is sent, byte for byte: one text is built, signed and sent whole, as
 *    query of a GET and as body of everything else. It is never split and never built twice.
 * 2. A nonce is microseconds on the venue's clock and always above the one before, so that no two
 *    requests of this process share one, however many are on their way.
 *
 * Source: venue documentation "Authentication", v3 and v1.
 * @module
 */
import { err, type Micros, ok, type Result } from "@/engine/domain/mod.ts";
import { HmacSha256 } from "@/exchanges/shared/mod.ts";
import { hexOf, Wallet } from "./_wallet.ts";
import { type Generation, LIVE_CHAIN_ID } from "./endpoints.ts";

/** An API key (v1), or an agent's private key and the account it acts for (v3). */
export type AsterCredentials =
  | { readonly key: string; readonly secret: string }
  | { readonly privateKey: string; readonly user?: string };

/** A parameter: its name and its text before encoding. */
export type Pair = readonly [name: string, value: string];

/** Window in which the venue must receive a request signed by key, milliseconds. */
export const RECEIVE_WINDOW_MS = 5_000;

/** Signs requests of one account. */
export interface Signer {
  readonly generation: Generation;
  /** Headers of every signed request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text to send for encoded parameters; `now` is on the venue's clock. */
  signed(params: string, now: Micros): string;
}

/** Nonces of one account: microseconds that only grow. One for all products of the account. */
export class NonceSource {
  #last = 0;

  next(now: Micros): number {
    this.#last = Math.max(Math.floor(now), this.#last + 1);
    return this.#last;
  }
}

/** Makes a signer; the error never holds any part of a secret. */
export function createSigner(
  credentials: AsterCredentials,
  chainId: number = LIVE_CHAIN_ID,
): Result<Signer> {
  return "privateKey" in credentials
    ? walletSigner(credentials.privateKey, credentials.user, chainId)
    : keySigner(credentials.key, credentials.secret);
}

function keySigner(key: string, secret: string): Result<Signer> {
  if (key === "" || secret === "") return err("Cannot sign: wanted a key and a secret, found none");
  const hmac = new HmacSha256(secret);
  return ok({
    generation: "v1",
    headers: { "X-MBX-APIKEY": key },
    signed(params, now) {
      const time = `recvWindow=${RECEIVE_WINDOW_MS}&timestamp=${Math.floor(now / 1_000)}`;
      const payload = params === "" ? time : `${params}&${time}`;
      return `${payload}&signature=${hmac.hex(payload)}`;
    },
  });
}

function walletSigner(
  privateKey: string,
  user: string | undefined,
  chainId: number,
): Result<Signer> {
  const wallet = Wallet.of(privateKey, chainId);
  if (!wallet.ok) return wallet;
  const account = user ?? wallet.value.address;
  if (!/^0x[0-9a-fA-F]{40}$/.test(account)) {
    return err(`Cannot sign: wanted "user" as an address of 40 digits, found "${account}"`);
  }
  const nonces = new NonceSource();
  const names = `&user=${account}&signer=${wallet.value.address}`;
  return ok({
    generation: "v3",
    headers: {},
    signed(params, now) {
      const nonce = `nonce=${nonces.next(now)}${names}`;
      const message = params === "" ? nonce : `${params}&${nonce}`;
      return `${message}&signature=${wallet.value.sign(message)}`;
    },
  });
}

/** `a=1&b=x%20y`, in the order given. */
export function encodedPairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

type Input = Readonly<Record<string, unknown>>;

/** Signs exactly what is given, for the `sign` tool. */
export function signInput(input: Input): Result<Input> {
  const secrets = objectIn(input, "credentials");
  if (secrets === undefined) return refusal("credentials", "an object", input["credentials"]);
  const kind = input["kind"] ?? "rest";
  if (kind === "wallet") return signWithWallet(input, String(secrets["private_key"] ?? ""));
  const payload = kind === "rest" ? restPayload(input) : kind === "ws" ? socketPayload(input) : err(
    `Cannot sign: wanted kind "rest", "ws" or "wallet", found ${JSON.stringify(kind)}`,
  );
  if (!payload.ok) return payload;
  const { key, secret } = secrets;
  if (typeof secret !== "string" || secret === "" || typeof key !== "string" || key === "") {
    return err('Cannot sign: wanted "credentials" with key and secret, found less');
  }
  return ok({ payload: payload.value, signature: new HmacSha256(secret).hex(payload.value) });
}

function signWithWallet(input: Input, privateKey: string): Result<Input> {
  const chainId = input["chain_id"] ?? LIVE_CHAIN_ID;
  if (typeof chainId !== "number" || !Number.isSafeInteger(chainId) || chainId < 0) {
    return refusal("chain_id", "a whole number", chainId);
  }
  const pairs = pairsIn(input, "params");
  if (!pairs.ok) return pairs;
  const wallet = Wallet.of(privateKey, chainId);
  if (!wallet.ok) return wallet;
  const payload = encodedPairs(pairs.value);
  const digest = wallet.value.digest(payload);
  return ok({ payload, hash: hexOf(digest), signature: wallet.value.signDigest(digest) });
}

/** A query followed at once by a body, both encoded. */
function restPayload(input: Input): Result<string> {
  if (input["params"] !== undefined) {
    const params = pairsIn(input, "params");
    return params.ok ? ok(encodedPairs(params.value)) : params;
  }
  const query = pairsIn(input, "query");
  if (!query.ok) return query;
  const body = pairsIn(input, "body");
  return body.ok ? ok(encodedPairs(query.value) + encodedPairs(body.value)) : body;
}

/** All parameters but the signature, sorted by name, as they are. */
function socketPayload(input: Input): Result<string> {
  const params = objectIn(input, "params");
  if (params === undefined) return refusal("params", "an object", input["params"]);
  const names = Object.keys(params).filter((name) => name !== "signature").sort();
  return ok(names.map((name) => `${name}=${String(params[name])}`).join("&"));
}

function objectIn(input: Input, name: string): Input | undefined {
  const value = input[name];
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Input : undefined;
}

function pairsIn(input: Input, name: string): Result<readonly Pair[]> {
  const list = input[name] ?? (name === "params" ? undefined : []);
  if (!Array.isArray(list)) return refusal(name, "a list of [name, value]", list);
  const pairs: Pair[] = [];
  for (const element of list as readonly unknown[]) {
    const [key, value] = Array.isArray(element) ? element as readonly unknown[] : [];
    if (typeof key !== "string" || !["string", "number", "boolean"].includes(typeof value)) {
      return refusal(name, "a list of [name, value]", element);
    }
    pairs.push([key, String(value)]);
  }
  return ok(pairs);
}

function refusal(name: string, wanted: string, found: unknown): Result<never> {
  const kind = Array.isArray(found) ? "a list" : typeof found;
  return err(`Cannot sign: wanted "${name}" as ${wanted}, found ${kind}`);
}
