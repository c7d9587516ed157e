/**
 * Actions that the master key itself signs: transfers, withdrawals, approvals.
 *
 * The message holds the listed fields in the listed order and nothing else; the domain's chain is
 * the one the action names. An agent cannot do these.
 *
 * Source: venue documentation "Exchange endpoint", read 2026-09.
 * @module
 */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { bytesOfHex, concatenated, domainSeparator, utf8, wordOf } from "./_eip712.ts";

type FieldType = "string" | "address" | "uint64" | "bool";

interface ActionShape {
  readonly name: string;
  readonly fields: readonly (readonly [type: FieldType, key: string])[];
}

const CHAIN = ["string", "hyperliquidChain"] as const;
const DESTINATION = ["string", "destination"] as const;
const AMOUNT = ["string", "amount"] as const;
const TOKEN = ["string", "token"] as const;
const TIME = ["uint64", "time"] as const;
const NONCE = ["uint64", "nonce"] as const;

const SHAPES: Readonly<Record<string, ActionShape>> = {
  approveAgent: {
    name: "ApproveAgent",
    fields: [CHAIN, ["address", "agentAddress"], ["string", "agentName"], NONCE],
  },
  approveBuilderFee: {
    name: "ApproveBuilderFee",
    fields: [CHAIN, ["string", "maxFeeRate"], ["address", "builder"], NONCE],
  },
  usdSend: { name: "UsdSend", fields: [CHAIN, DESTINATION, AMOUNT, TIME] },
  withdraw3: { name: "Withdraw", fields: [CHAIN, DESTINATION, AMOUNT, TIME] },
  spotSend: { name: "SpotSend", fields: [CHAIN, DESTINATION, TOKEN, AMOUNT, TIME] },
  usdClassTransfer: {
    name: "UsdClassTransfer",
    fields: [CHAIN, AMOUNT, ["bool", "toPerp"], NONCE],
  },
  sendAsset: {
    name: "SendAsset",
    fields: [
      CHAIN,
      DESTINATION,
      ["string", "sourceDex"],
      ["string", "destinationDex"],
      TOKEN,
      AMOUNT,
      ["string", "fromSubAccount"],
      NONCE,
    ],
  },
};

/** What is signed for a user-signed action. */
export function userDigest(action: Readonly<Record<string, unknown>>): Result<Uint8Array> {
  const type = action["type"];
  const shape = typeof type === "string" && Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined;
  if (shape === undefined) {
    return err(`Cannot sign: wanted one of ${Object.keys(SHAPES).join(", ")}, found "${type}"`);
  }
  const chain = action["signatureChainId"];
  const chainId = typeof chain === "string" && /^0x[0-9a-fA-F]{1,12}$/.test(chain)
    ? Number.parseInt(chain.slice(2), 16)
    : undefined;
  if (chainId === undefined) {
    return err(`Cannot sign: wanted "signatureChainId" as hex, found "${chain}"`);
  }
  const named = shape.fields.map(([fieldType, key]) => `${fieldType} ${key}`).join(",");
  const words: Uint8Array[] = [
    keccak_256(utf8(`HyperliquidTransaction:${shape.name}(${named})`)),
  ];
  for (const [fieldType, key] of shape.fields) {
    // An agent without a name is signed with an empty one, which the action may leave out.
    const value = key === "agentName" ? action[key] ?? "" : action[key];
    const word = fieldWord(fieldType, value);
    if (word === undefined) return err(`Cannot sign: wanted "${key}" as ${fieldType}`);
    words.push(word);
  }
  const struct = keccak_256(concatenated(...words));
  const domain = domainSeparator("HyperliquidSignTransaction", chainId);
  return ok(keccak_256(concatenated(Uint8Array.of(0x19, 0x01), domain, struct)));
}

function fieldWord(type: FieldType, value: unknown): Uint8Array | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? keccak_256(utf8(value)) : undefined;
    case "bool":
      return typeof value === "boolean" ? wordOf(value ? 1n : 0n) : undefined;
    case "uint64":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
        ? wordOf(BigInt(value))
        : undefined;
    case "address": {
      const bytes = typeof value === "string" ? bytesOfHex(value) : undefined;
      return bytes?.length === 20 ? concatenated(new Uint8Array(12), bytes) : undefined;
    }
  }
}
