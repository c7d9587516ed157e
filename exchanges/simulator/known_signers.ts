/**
 * `KnownSigners`: who made a secp256k1 signature, fast where a key signs again and again.
 *
 *   digest, r, s, v --> s^-1 (digest G + r Q) = R of (r, v) for a known Q ? Q's : recovered anew
 *
 * 1. As strict as recovery: exactly one public key belongs to (digest, r, s, v), and a known one is
 *    answered only when both coordinates of R say it is that one. All else is recovered in full.
 * 2. A key found twice in a row becomes known and gets tables; the oldest of more than
 *    `KNOWN_MAX` is forgotten, so strangers' signatures make nothing grow.
 * Source: SEC 1 version 2.0, sections 4.1.4 and 4.1.6.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert } from "@/engine/domain/mod.ts";
import { type AffinePoint, type CurvePoint, PointSum, PointTable } from "./point_table.ts";

const KNOWN_MAX = 4;
const DIGEST_BYTES = 32;
const COMPACT_BYTES = 64;
const { Point } = secp256k1;
const { Fn } = Point;
const sum = new PointSum();
let baseTable: PointTable | undefined;

interface Known {
  readonly table: PointTable;
  readonly name: string;
}

/** Remembers the keys that sign at one venue. */
export class KnownSigners {
  readonly #nameOf: (publicKey: Uint8Array) => string;
  readonly #known: Known[] = [];
  #last = "";

  /** `nameOf`: an address or any other name of a public key, of its own for every key. */
  constructor(nameOf: (publicKey: Uint8Array) => string) {
    this.#nameOf = nameOf;
  }

  /** How many keys have tables now. */
  get count(): number {
    return this.#known.length;
  }

  /** The address whose key made a signature; undefined when no key can have made it. */
  recover(digest: Uint8Array, r: bigint, s: bigint, recovery: 0 | 1): string | undefined {
    assert(digest.length === DIGEST_BYTES, "Digest must have 32 bytes");
    if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return undefined;
    for (const { table, name } of this.#known) {
      const found = nonceOf(digest, r, s, table);
      if (found?.x === r && Number(found.y & 1n) === recovery) return name;
    }
    try {
      const point = new secp256k1.Signature(r, s, recovery).recoverPublicKey(digest);
      const name = this.#nameOf(point.toBytes(false));
      this.#learn(name, () => point);
      return name;
    } catch {
      return undefined;
    }
  }

  /** Whether a compact signature with low s is the key's. */
  isSigned(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
    assert(digest.length === DIGEST_BYTES, "Digest must have 32 bytes");
    if (signature.length !== COMPACT_BYTES) return false;
    const name = this.#nameOf(publicKey);
    const known = this.#known.find((each) => each.name === name);
    const options = { prehash: false, lowS: true };
    try {
      if (known === undefined) {
        if (!secp256k1.verify(signature, digest, publicKey, options)) return false;
        this.#learn(name, () => Point.fromBytes(publicKey));
        return true;
      }
      const parsed = secp256k1.Signature.fromBytes(signature, "compact");
      if (parsed.hasHighS()) return false;
      const found = nonceOf(digest, parsed.r, parsed.s, known.table);
      if (found !== undefined) return Fn.create(found.x) === parsed.r;
      return secp256k1.verify(signature, digest, publicKey, options);
    } catch {
      return false;
    }
  }

  #learn(name: string, pointOf: () => CurvePoint): void {
    const isAgain = name === this.#last;
    this.#last = name;
    if (!isAgain || this.#known.some((each) => each.name === name)) return;
    this.#known.push({ table: new PointTable(pointOf()), name });
    if (this.#known.length > KNOWN_MAX) this.#known.shift();
  }
}

/** R of a signature, were it made with the key of `table`; undefined where sums have no answer. */
function nonceOf(
  digest: Uint8Array,
  r: bigint,
  s: bigint,
  table: PointTable,
): AffinePoint | undefined {
  baseTable ??= new PointTable(Point.BASE);
  const inverse = Fn.inv(s);
  sum.clear();
  const isSummed = baseTable.addTo(sum, Fn.mul(Fn.create(numberOf(digest)), inverse)) &&
    table.addTo(sum, Fn.mul(r, inverse));
  return isSummed ? sum.affine() : undefined;
}

function numberOf(digest: Uint8Array): bigint {
  const view = new DataView(digest.buffer, digest.byteOffset, DIGEST_BYTES);
  let number = 0n;
  for (let at = 0; at < DIGEST_BYTES; at += 8) number = (number << 64n) | view.getBigUint64(at);
  return number;
}
