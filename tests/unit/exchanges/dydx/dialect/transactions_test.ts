/**
 * Transactions: the sheet's vectors are let in, tampered ones are not; sequences, nonces, cache.
 * @module
 */
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  ADDRESS,
  anyOf,
  cancelOf,
  DydxWorld,
  fieldsOf,
  HEIGHT,
  hex,
  KEY,
  placeOf,
  txOf,
} from "./dydx_world.ts";

const BODY = "0a6e0a202f6479647870726f746f636f6c2e636c6f622e4d7367506c6163654f72646572124a0a48" +
  "0a340a2d0a2b6479647831347a7a7565617a656830686a36376367686866396a7970736c6366397368326e356b" +
  "366172741515cd5b0710011880ade20420c086a98e1028aa98880c";
const EXTENSION = "fa7f2b0a252f6479647870726f746f636f6c2e6163636f756e74706c75732e547845787465" +
  "6e73696f6e12020a00";
const AUTH = "0a4e0a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b6579122" +
  "30a2103f0be763f781b5b59ebc37d721beda913148a539425baa720b97d4820f652ed7512040a0208011204" +
  "10c0843d";
const SIGNED = "10ce325b89fe97deaf52c175bac318b7fbc3e08e105f230bad68758162280441737a35925b4be4" +
  "5e5f7520f80fff009fce2b49fb7665c4a390849ec95ab7d12d";
const PLAIN = "2fe3e48f9198ad71a30074e8bbbb6cab2807edfb890947794415aa0b8f4d96f45ca62c26b865066" +
  "31c7644fa9cc72ca7fddc1678a684df002232a1728b9aaf22";
const NONCE_MESSAGE = "0a4f0a380a2d0a2b6479647831347a7a7565617a656830686a36376367686866396a79707" +
  "36c6366397368326e356b3661727415070000001840200110021880a8d6b90720a0b4aaa80935803808673802";
const NONCE_AUTH = "0a550a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b6579" +
  "12230a2103f0be763f781b5b59ebc37d721beda913148a539425baa720b97d4820f652ed7512040a0208011" +
  "8fbd8f7ec9d32120410c0843d";
const NONCE_SIGNED = "9197d560974aca7bc2a94761169d71e1148c7c9d84ca6cfe9bfdc455ee7dd7760b827a6a" +
  "996f9a5f2482663c717cb811e0cc2d616b1679338030a848fe94b3c0";
const CANCEL_MESSAGE =
  "0a340a2d0a2b6479647831347a7a7565617a656830686a36376367686866396a7970736c6366397368326e" +
  "356b366172741515cd5b0710af98880c";
const CANCEL_SIGNED =
  "fef8dc90ec77038816e017253cfef82aae594ff200a7fa9e8c401cd9175fb78212ae492cdd425ac19aa885" +
  "3a75614658d48b6874f15f9c37511eae04333b158b";
const CANCEL_HASH = "2D2929BC69DB4E05B5F3A46116EAF5CE7708F382137D0114AB9F4C6BCB2D9661";
const BATCH_MESSAGE =
  "0a2d0a2b6479647831347a7a7565617a656830686a36376367686866396a7970736c6366397368326e356b" +
  "36617274120a120801ac02ffffffff0f1205080112014d18b498880c";
const BATCH_SIGNED =
  "e8c6916ebcf08f475338a8fc5934fa5c38b406b1a1b017bc29fd016e1253e3916a4979724d1e30f17f2bef" +
  "0f7444bf70d227bef5f23bac1c0fbd4602d46b4909";
const BATCH_HASH = "775606776D906FC32112AF230D345D181BBF6AA20D45831F018DF63C9EAE5FCA";
const STOP_BODY =
  "0a83010a202f6479647870726f746f636f6c2e636c6f622e4d7367506c6163654f72646572125f0a5d0a3a" +
  "0a2f0a2b6479647831347a7a7565617a656830686a36376367686866396a7970736c6366397368326e356b" +
  "3661727410031508000000182020011002188094ebdc032080ac8599083580380867380140014801500158" +
  "80eedcc808fa7f2c0a252f6479647870726f746f636f6c2e6163636f756e74706c75732e5478457874656e" +
  "73696f6e12030a0107";
const STOP_SIGNED =
  "20e9b62c0fee57358c9f160f33aaa6ea293d021b352de305c5f84879fb80968077490a3c2f2dc65810e30a" +
  "1ce411709685634721d92a2907f2e6521cb7db1f8d";
const STOP_HASH = "AA0CD17B7E0A4F53FEBCF688B10DE67B6FB30755B0D487E0A93838A164F25D72";
const NONCE_MS = 1_726_000_000_123;

function raw(body: string, auth: string, signature: string): Uint8Array {
  return fieldsOf([1, hex(body)], [2, hex(auth)], [3, hex(signature)]);
}

Deno.test("the sheet's short-term orders are let in under their hashes and ids", () => {
  const first = new DydxWorld();
  const one = first.broadcast(raw(BODY + EXTENSION, AUTH, SIGNED)).result;
  assertEquals([one.code, one.hash], [
    0,
    "243DD68F083123896F423ECCEFC880C03D67A8940C57ACB006DB79DCF407A554",
  ]);
  const order = first.get("/v4/orders/943b4f34-3f3c-5061-a5d9-54e8e1965192");
  assertEquals([order.clientId, order.side, order.size, order.price, order.goodTilBlock], [
    "123456789",
    "BUY",
    "0.001",
    "43250",
    "25300010",
  ]);
  const two = new DydxWorld().broadcast(raw(BODY, AUTH, PLAIN)).result;
  assertEquals([two.code, two.hash], [
    0,
    "309DF04B4EEAB96531F8887DFA8E492638B74EFD79D8A560436BF352C04ECC6E",
  ]);
});

Deno.test("the sheet's long-term order is let in by its timestamp nonce, once", () => {
  const world = new DydxWorld({}, NONCE_MS);
  const message = anyOf("MsgPlaceOrder", hex(NONCE_MESSAGE));
  // The vector carries the empty extension as official clients do.
  const body = fieldsOf([1, message], [2047, hex(EXTENSION).subarray(3)]);
  const bytes = fieldsOf([1, body], [2, hex(NONCE_AUTH)], [3, hex(NONCE_SIGNED)]);
  const { code, hash } = world.broadcast(bytes).result;
  assertEquals(hash, "040352EDB29EEA8BEE4B8DE627E56DF4C2C8288A6EC0EE3ABB38F2BCEFB37DDE");
  assertEquals(code, 0);
  const nonce = world.code(placeOf({ id: 2, flags: 64, time: 1_728_592_000 }), NONCE_MS);
  assertEquals(nonce, 32);
  assertEquals(world.venue.dialect.state.account.sequence, 0n);
  world.time.advance(1_000);
  const order = world.get("/v4/orders/646f6cbf-9d5f-5fc4-b018-037962328588");
  assertEquals(
    [order.status, order.price, order.size, order.postOnly],
    [
      "OPEN",
      "2500.5",
      "2",
      true,
    ].map((each) => each),
  );
});

Deno.test("a changed body, another chain, another key's signature and rubbish are refused", () => {
  const world = new DydxWorld();
  const tampered = world.broadcast(raw(BODY.replace("c086a9", "c186a9"), AUTH, PLAIN)).result;
  assertEquals([tampered.code, tampered.codespace], [4, "sdk"]);
  const flipped = world.broadcast(raw(BODY, AUTH, `3${PLAIN.slice(1)}`)).result;
  assertEquals(flipped.code, 4);
  const mainnet = world.broadcast(txOf([placeOf({})], 0, "dydx-mainnet-1")).result;
  assertEquals(mainnet.code, 4);
  assertEquals(world.broadcast(Uint8Array.of(255, 255)).result.code, 2);
  const varintId = fieldsOf([1, fieldsOf([1, ADDRESS])], [2, 5], [3, 0]);
  const order = fieldsOf([1, varintId], [2, 1], [3, 10_000_000], [4, 6_390_000_000], [5, HEIGHT]);
  const wrong = world.code(anyOf("MsgPlaceOrder", fieldsOf([1, order])));
  assertEquals(wrong, 2);
  assertEquals(world.get("/v4/orders", `address=${ADDRESS}&subaccountNumber=0`), []);
});

Deno.test("the same bytes again are in the cache; refused bytes are not", () => {
  const world = new DydxWorld();
  const bytes = txOf([placeOf({})]);
  assertEquals(world.broadcast(bytes).result.code, 0);
  assertEquals(world.broadcast(bytes).error.data, "tx already exists in cache");
  const late = txOf([placeOf({ id: 2, block: HEIGHT })]);
  assertEquals(world.broadcast(late).result.code, 10);
  assertEquals(world.broadcast(late).result.code, 10);
});

Deno.test("stateful messages want the next sequence, short-term ones take any", () => {
  const world = new DydxWorld();
  const time = Math.floor(world.time.now() / 1e6) + 1_000;
  assertEquals(world.code(placeOf({ id: 9 }), 77), 0);
  assertEquals(world.code(placeOf({ id: 1, flags: 64, time }), 1), 32);
  assertEquals(world.code(placeOf({ id: 1, flags: 64, time }), 0), 0);
  assertEquals(world.code(placeOf({ id: 2, flags: 64, time }), 0), 32);
  const account = world.get(`/cosmos/auth/v1beta1/accounts/${ADDRESS}`).account;
  assertEquals([account.account_number, account.sequence], ["12", "1"]);
  assertEquals(world.code(placeOf({ id: 2, flags: 64, time }), 1), 0);
  // Two a block.
  assertEquals(world.code(placeOf({ id: 3, flags: 64, time }), 2), 5001);
  world.time.advance(1_000);
  assertEquals(world.code(placeOf({ id: 3, flags: 64, time }), 2), 0);
});

Deno.test("an account that is unknown and an authenticator that is not there are refused", () => {
  const unknown = new DydxWorld();
  assertEquals(unknown.http({ path: "/cosmos/auth/v1beta1/accounts/dydx1x" }).status, 404);
  assertEquals(unknown.venue.dialect.credentials, { private_key: KEY, address: ADDRESS });
  const body = fieldsOf([1, cancelOf({})], [
    2047,
    fieldsOf([1, "/dydxprotocol.accountplus.TxExtension"], [2, hex("0a0107")]),
  ]);
  const result = unknown.broadcast(raw("", AUTH, PLAIN)).result;
  assertEquals([result.code, result.codespace], [18, "sdk"]);
  const selected = unknown.broadcast(
    fieldsOf([1, body], [2, hex(AUTH)], [3, hex(PLAIN)]),
  ).result;
  assertEquals([selected.code, selected.codespace], [102, "accountplus"]);
  assert(selected.log.includes("authenticator 7"));
});

Deno.test("the sheet's cancel and batch cancel are let in under their hashes", () => {
  const vectors = [
    ["MsgCancelOrder", CANCEL_MESSAGE, CANCEL_SIGNED, CANCEL_HASH],
    ["MsgBatchCancel", BATCH_MESSAGE, BATCH_SIGNED, BATCH_HASH],
  ] as const;
  for (const [type, message, signature, wanted] of vectors) {
    const extension = hex(EXTENSION).subarray(3);
    const body = fieldsOf([1, anyOf(type, hex(message))], [2047, extension]);
    const bytes = fieldsOf([1, body], [2, hex(AUTH)], [3, hex(signature)]);
    const { code, hash } = new DydxWorld().broadcast(bytes).result;
    assertEquals([code, hash], [0, wanted]);
  }
});

Deno.test("the sheet's conditional order passes its authenticator and fails on equity", () => {
  const publicKey = hex("03f0be763f781b5b59ebc37d721beda913148a539425baa720b97d4820f652ed75");
  const auth = NONCE_AUTH.replace("fbd8f7ec9d32", "fcd8f7ec9d32");
  const bytes = raw(STOP_BODY, auth, STOP_SIGNED);
  const world = new DydxWorld({ authenticators: [{ id: 7, publicKey }] }, NONCE_MS);
  const { code, hash } = world.broadcast(bytes).result;
  // Subaccount 3 holds nothing.
  assertEquals([code, hash], [10_001, STOP_HASH]);
  const other = new DydxWorld({
    authenticators: [{ id: 7, publicKey: publicKey.slice().fill(1, 1) }],
  }, NONCE_MS);
  assertEquals(other.broadcast(bytes).result.code, 100);
});
