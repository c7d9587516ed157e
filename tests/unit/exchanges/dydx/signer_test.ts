/**
 * The sheet's signature vectors byte for byte, keys and ids, and refusals that hold no secret.
 * @module
 */
import { type ClobMessage, encodeMessage } from "@/exchanges/dydx/_clob_messages.ts";
import { chainKey, hexOf } from "@/exchanges/dydx/_keys.ts";
import { orderUuid, subaccountUuid } from "@/exchanges/dydx/_order_ids.ts";
import { ProtoWriter } from "@/exchanges/dydx/_protobuf.ts";
import { createSigner, signInput, txHashOf } from "@/exchanges/dydx/signer.ts";
import { bytesFromHex } from "@/exchanges/dydx/_keys.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown> & { messages: ClobMessage[] };
  readonly address: string;
  readonly message: string;
  readonly sign_hash: string;
  readonly signature: string;
  readonly tx_hash: string;
  readonly order_id?: string;
  readonly body?: string;
  readonly auth_info?: string;
  readonly tx_hex?: string;
}

const FILE = new URL("../../../golden/signatures/dydx.json", import.meta.url);
const golden = JSON.parse(Deno.readTextFileSync(FILE)) as {
  mnemonic: string;
  private_key: string;
  address: string;
  vectors: Vector[];
};

for (const vector of golden.vectors) {
  Deno.test(`sign gives the sheet's vector ${vector.name}`, () => {
    const signed = signInput(vector.input);
    assert(signed.ok);
    const { address, sign_hash, signature, tx_hex } = signed.value as Record<string, string>;
    assertEquals(address, vector.address);
    assertEquals(sign_hash, vector.sign_hash);
    assertEquals(signature, vector.signature);
    assertEquals(txHashOf(bytesFromHex(tx_hex!)), vector.tx_hash);
    if (vector.tx_hex !== undefined) assertEquals(tx_hex, vector.tx_hex);
    if (vector.body !== undefined) assert(tx_hex!.includes(vector.body));
    if (vector.auth_info !== undefined) assert(tx_hex!.includes(vector.auth_info));
    const message = encodeMessage(vector.input.messages[0]!, vector.address);
    assert(message.ok);
    assertEquals(hexOf(message.value), vector.message);
  });

  Deno.test(`the mnemonic signs like its key: ${vector.name}`, () => {
    const { mnemonic } = golden;
    const signed = signInput({ ...vector.input, credentials: { mnemonic } });
    assert(signed.ok);
    assertEquals((signed.value as Record<string, string>)["signature"], vector.signature);
  });

  if (vector.order_id !== undefined) {
    Deno.test(`the indexer's order id is known before sending: ${vector.name}`, () => {
      const fields = vector.input.messages[0]!.fields as Record<string, number>;
      const subaccount = subaccountUuid(vector.address, fields["subaccountNumber"]!);
      const id = orderUuid(subaccount, {
        clientId: String(fields["clientId"]),
        clobPairId: fields["clobPairId"]!,
        orderFlags: fields["orderFlags"]!,
      });
      assertEquals(id, vector.order_id);
    });
  }
}

Deno.test("chainKey() derives the sheet's key and address from its mnemonic, however spaced", () => {
  const made = chainKey({ mnemonic: `  ${golden.mnemonic.replaceAll(" ", "  ")}\n` });
  assert(made.ok);
  assertEquals(hexOf(made.value.privateKey), golden.private_key);
  assertEquals(made.value.address, golden.address);
  const prefixed = chainKey({ privateKey: `0x${golden.private_key.toUpperCase()}` });
  assert(prefixed.ok);
  assertEquals(prefixed.value.address, golden.address);
});

Deno.test("sign takes enums by name, long numbers as text, and all the rarer fields", () => {
  const vector = golden.vectors[0]!;
  const fields = {
    ...vector.input.messages[0]!.fields,
    side: "SIDE_BUY",
    timeInForce: "TIME_IN_FORCE_UNSPECIFIED",
    quantums: "10000000",
    subticks: "4325000000",
  };
  const named = signInput({ ...vector.input, messages: [{ type: "MsgPlaceOrder", fields }] });
  assert(named.ok);
  assertEquals((named.value as Record<string, string>)["signature"], vector.signature);
  const message = encodeMessage({
    type: "MsgPlaceOrder",
    fields: {
      ...fields,
      quantums: "18446744073709551615",
      twapParameters: { duration: 60, interval: 30, priceTolerance: 5 },
      builderCodeParameters: { builderAddress: "dydx1x", feePpm: 10 },
      orderRouterAddress: "dydx1y",
    },
  }, vector.address);
  assert(message.ok);
  const hex = hexOf(message.value);
  assert(hex.includes("18ffffffffffffffffff01"), "uint64 in full");
  assert(hex.endsWith("6206083c101e18056a0a0a0664796478317810" + "0a720664796478" + "3179"), hex);
});

Deno.test("sign refuses what it cannot sign and never repeats the secret", () => {
  const secret = golden.private_key;
  const base = golden.vectors[0]!.input;
  const place = (changes: Record<string, unknown>) => ({
    ...base,
    messages: [{
      type: "MsgPlaceOrder",
      fields: { ...base.messages[0]!.fields, ...changes },
    }],
  });
  const inputs: Record<string, unknown>[] = [
    {},
    { ...base, kind: "l1" },
    { ...base, credentials: undefined },
    { ...base, credentials: {} },
    { ...base, credentials: { private_key: `${secret}00` } },
    { ...base, credentials: { private_key: "0".repeat(64) } },
    { ...base, credentials: { private_key: "f".repeat(64) } },
    { ...base, credentials: { private_key: secret, mnemonic: secret } },
    { ...base, credentials: { mnemonic: "one two" } },
    { ...base, messages: [] },
    { ...base, messages: [null] },
    { ...base, messages: [{ type: "MsgSend", fields: {} }] },
    { ...base, chain_id: "" },
    { ...base, sequence: -1 },
    { ...base, gas_limit: 1.5 },
    { ...base, account_number: "18446744073709551616" },
    { ...base, authenticators: "7" },
    { ...base, authenticators: ["x"] },
    place({ clientId: 2 ** 32 }),
    place({ clientId: -1 }),
    place({ quantums: "1e9" }),
    place({ reduceOnly: 1 }),
    place({ owner: 5 }),
    place({ goodTilBlockTime: 5 }),
    place({ goodTilBlock: undefined }),
    place({ twapParameters: [] }),
    { ...base, messages: [{ type: "MsgBatchCancel", fields: {} }] },
    { ...base, messages: [{ type: "MsgBatchCancel", fields: { shortTermCancels: [1] } }] },
    { ...base, messages: [{ type: "MsgBatchCancel", fields: { shortTermCancels: [{}] } }] },
  ];
  for (const input of inputs) {
    const signed = signInput(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot sign"), signed.error);
    assert(!signed.error.includes(secret.slice(0, 16)));
  }
  assert(!createSigner({ privateKey: secret, subaccountNumber: -1 }).ok);
});

Deno.test("ProtoWriter leaves zeros out and throws beyond a field's width", () => {
  const writer = new ProtoWriter().uint(1, 0).fixed32(2, 0).bool(3, false).text(4, "");
  assertEquals(writer.finish().length, 0);
  assertEquals(hexOf(new ProtoWriter().uint(1, 300).uint(1, 300n).finish()), "08ac0208ac02");
  assertEquals(hexOf(new ProtoWriter().packed(1, []).packed(1, [], true).finish()), "0a00");
  const long = new Uint8Array(1_000);
  assertEquals(new ProtoWriter().bytes(1, long).finish().length, 1_003);
  assertThrows(() => new ProtoWriter().fixed32(1, 2 ** 32), RangeError);
  assertThrows(() => new ProtoWriter().uint(1, 2 ** 53), RangeError);
  assertThrows(() => new ProtoWriter().uint(1, 2n ** 64n), RangeError);
});
