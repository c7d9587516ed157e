/**
 * `ClientOrderIds`: names for our orders: unique, ordered, the same again on replay.
 *
 *   t | 8 of the instance | 6 of the start number | 7 of the counter        base 36, 22 characters
 *
 * 1. An id is made of the instance id (hashed), the start number and one counter for the whole
 *    house, so that two accounts never share an id.
 * 2. Own ids are told from foreign ones by the instance, whichever start made them.
 * 3. Per account the first format that fits its length and pattern is taken. A venue that takes
 *    only 32-bit numbers leaves 10 bits for the instance: one foreign number in 1,024 looks like
 *    ours, so `canTellOwn` is false there and such an account must belong to one instance alone.
 * @module
 */
import {
  type AccountKey,
  assert,
  type ClientOrderId,
  clientOrderId,
  err,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

type IdRules = Pick<VenueCapabilities, "clientOrderIdLengthMax" | "clientOrderIdPattern">;
type IdFormat = "plain" | "prefixed" | "hex" | "number";

const FORMATS: readonly IdFormat[] = ["plain", "prefixed", "hex", "number"];
const START_MAX = 36 ** 6 - 1;
const COUNTER_MAX = 36 ** 7 - 1;
/** Of a 32-bit id: 10 bits instance, 22 bits sequence. */
const NUMBER_SEQUENCE = 2 ** 22;
const NUMBERS_PER_START = 2 ** 16;

interface Session {
  readonly hash: bigint;
  readonly startNumber: number;
  counter: number;
}

/** All ids of this run. */
export class ClientOrderIds {
  readonly #session: Session;
  readonly #accounts = new Map<AccountKey, AccountOrderIds>();

  constructor(instanceId: string, startNumber: number) {
    assert(instanceId.length > 0, "Instance id must not be empty");
    assert(Number.isSafeInteger(startNumber), "Start number must be whole");
    assert(startNumber >= 0, "Start number must not be negative");
    this.#session = {
      hash: hash64(instanceId),
      startNumber: startNumber % (START_MAX + 1),
      counter: 0,
    };
  }

  /** How many ids were given out; part of the core's state. */
  get count(): number {
    return this.#session.counter;
  }

  /** Learns an account's rules; refused when no format of ours fits them. */
  addAccount(account: AccountKey, rules: IdRules): Result<AccountOrderIds> {
    const ids = chooseFormat(this.#session, rules);
    if (!ids.ok) return err(`Cannot name orders of ${account}: ${ids.error}`);
    this.#accounts.set(account, ids.value);
    return ids;
  }

  /** The next id of an account that was added. */
  next(account: AccountKey): ClientOrderId {
    const ids = this.#accounts.get(account);
    assert(ids !== undefined, "Account has no client order ids");
    return ids.next();
  }

  /** Whether this instance made the id, in this start or an earlier one. */
  isOwn(account: AccountKey, id: ClientOrderId): boolean {
    return this.#accounts.get(account)?.isOwn(id) ?? false;
  }
}

/** Ids in one account's alphabet and length. */
export class AccountOrderIds {
  readonly #session: Session;
  readonly #format: IdFormat;
  /** What all own ids begin with. */
  readonly #tag: string;
  readonly #start: string;
  readonly #length: number;

  constructor(session: Session, format: IdFormat) {
    this.#session = session;
    this.#format = format;
    this.#tag = tagOf(session.hash, format);
    this.#start = format === "hex"
      ? session.startNumber.toString(16).padStart(8, "0")
      : session.startNumber.toString(36).padStart(6, "0");
    this.#length = this.#text(0).length;
  }

  /** False where an id has no room to say whose it is. */
  get canTellOwn(): boolean {
    return this.#format !== "number";
  }

  /** The next id. */
  next(): ClientOrderId {
    const counter = this.#session.counter++;
    assert(counter <= COUNTER_MAX, "Client order ids of this start are used up");
    return clientOrderId(this.#text(counter));
  }

  /** Whether this instance made the id (see invariant 3 for numbers). */
  isOwn(id: ClientOrderId): boolean {
    if (this.#format !== "number") return id.length === this.#length && id.startsWith(this.#tag);
    if (!/^[0-9]{1,10}$/.test(id)) return false;
    return String(Math.floor(Number(id) / NUMBER_SEQUENCE)) === this.#tag;
  }

  #text(counter: number): string {
    switch (this.#format) {
      case "number": {
        const begin = this.#session.startNumber * NUMBERS_PER_START % NUMBER_SEQUENCE;
        const sequence = (begin + counter) % NUMBER_SEQUENCE;
        return String(Number(this.#tag) * NUMBER_SEQUENCE + sequence);
      }
      case "hex":
        return `${this.#tag}${this.#start}${counter.toString(16).padStart(12, "0")}`;
      default:
        return `${this.#tag}${this.#start}${counter.toString(36).padStart(7, "0")}`;
    }
  }
}

function chooseFormat(session: Session, rules: IdRules): Result<AccountOrderIds> {
  const pattern = new RegExp(rules.clientOrderIdPattern);
  for (const format of FORMATS) {
    const sample = new AccountOrderIds({ ...session, counter: session.counter }, format).next();
    if (sample.length > rules.clientOrderIdLengthMax) continue;
    if (pattern.exec(sample)?.[0] === sample) return ok(new AccountOrderIds(session, format));
  }
  return err(
    `wanted letters and digits, 0x and 32 hex digits, or a 32-bit number, found at most ` +
      `${rules.clientOrderIdLengthMax} characters of ${rules.clientOrderIdPattern}`,
  );
}

function tagOf(hash: bigint, format: IdFormat): string {
  const letters = (hash % 36n ** 8n).toString(36).padStart(8, "0");
  switch (format) {
    case "plain":
      return `t${letters}`;
    case "prefixed":
      return `t-${letters}`;
    case "hex":
      return `0x${(hash % 2n ** 48n).toString(16).padStart(12, "0")}`;
    case "number":
      return String(hash % 1_024n);
  }
}

/** FNV-1a, 64 bits, over UTF-16 code units. Source: draft-eastlake-fnv. */
function hash64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++) {
    hash ^= BigInt(text.charCodeAt(index));
    hash = (hash * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash;
}
