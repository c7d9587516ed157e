/**
 * Who signed: the sheet's vectors hash, recover and verify; what is changed does not.
 * @module
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import {
  actionHash,
  l1Digest,
  recoverAddress,
  userDigest,
} from "@/exchanges/hyperliquid/dialect/mod.ts";
import { canonicalAction } from "@/exchanges/hyperliquid/dialect/actions.ts";
import { msgpack, signatureOf } from "@/exchanges/hyperliquid/dialect/signatures.ts";
import { assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { ADDRESS, HyperliquidWorld, KEY, perpOrder, signDigest } from "./hyperliquid_world.ts";

interface Vector {
  readonly name: string;
  readonly action: unknown;
  readonly nonce: number;
  readonly source: "a" | "b";
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
  readonly hash?: string;
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

const VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea";
const VECTORS: readonly Vector[] = [
  {
    name: "HL-1",
    action: {
      type: "order",
      orders: [{
        a: 0,
        b: true,
        p: "43250",
        s: "0.001",
        r: false,
        t: { limit: { tif: "Alo" } },
        c: "0x0123456789abcdef0123456789abcdef",
      }],
      grouping: "na",
    },
    nonce: 1700000000123,
    source: "a",
    hash: "e1574bc19ca3ff22a55b563cc2b3d7ec207a763620f0ae313cae1dd30455a333",
    r: "0x3df9a70fb8ab7d86a8f83b84050893bcee108bbc1b5e7db6c9247e7f278968a0",
    s: "0x188f14d8ccc29bbf93df0ca105e1c464229684920a954ee7e26c8c162db0d406",
    v: 28,
  },
  {
    name: "HL-2",
    action: {
      type: "order",
      orders: [
        { a: 1, b: false, p: "2250.5", s: "0.25", r: true, t: { limit: { tif: "Ioc" } } },
        {
          a: 10107,
          b: true,
          p: "18.62",
          s: "12.5",
          r: false,
          t: { limit: { tif: "Gtc" } },
          c: "0x00000000000000000000000000000abc",
        },
      ],
      grouping: "na",
      builder: { b: "0x5e9ee1089755c3435139848e47e6635505d5a13a", f: 10 },
    },
    nonce: 1700000000124,
    source: "b",
    vaultAddress: VAULT,
    expiresAfter: 1700000060124,
    hash: "3961f2f2f05b50e83129512f35aa487ad334ad8562904c56a81167c857d29c28",
    r: "0x4fc3a610168346294dedff9562f56321426253e99a838de45bd0c1c4f93c2b2f",
    s: "0x6f687a64d4ab6b4b7ab3bbedecf708fdc17ffb0708733e416ae9e9e5471228ae",
    v: 28,
  },
  {
    name: "HL-3",
    action: {
      type: "cancel",
      cancels: [{ a: 0, o: 338302315146 }, { a: 10107, o: 91490942 }],
      f: true,
    },
    nonce: 1700000000125,
    source: "a",
    hash: "a2c0582a5c9546d1b8398d2699a6e424e9d94e59b15fa4de403f027df0eb7836",
    r: "0xdc9ed415c3ddb60bd76667f42d670dd26b3c7d24d8aeea692031cece582fb364",
    s: "0x58129842cac5137977f8e98fc027cf981a451a3ee7352942f5fd9941c7ab836e",
    v: 27,
  },
  {
    name: "HL-4",
    action: { type: "scheduleCancel", time: 1700000010126 },
    nonce: 1700000000126,
    source: "a",
    hash: "3364ed768a2017fbe6193fdfb5bee0c0027841c66ef79a7d5a4fa023184489eb",
    r: "0x7cd0b012bae4554a6054a1b3f25d5db7e93e71fabe09c2e20fe0a798f4619f19",
    s: "0x6824c0e30eeb8c6fc19e0d151b0263eee14fd01394a98fb1b1f8d14313ca0a3a",
    v: 28,
  },
  {
    name: "HL-5",
    action: {
      type: "batchModify",
      modifies: [{
        oid: 338302315146,
        order: {
          a: 3,
          b: false,
          p: "78651",
          s: "0.00015",
          r: true,
          t: { trigger: { isMarket: true, triggerPx: "79000", tpsl: "sl" } },
        },
      }],
    },
    nonce: 1700000000127,
    source: "b",
    hash: "6f091b4656b656b4a29dfbb5aecce79601131f4227186c3c25a5593074774eee",
    r: "0x1447c362c2044e59fda59d3283a30f6d5c15951d09ec6d117ed3bdefef8bc22a",
    s: "0x4ae7095225f39f87d658b4ab654c9df3d07a7097be8f0becbcdd6ec1328c0f16",
    v: 28,
  },
  {
    name: "official dummy, mainnet",
    action: { type: "dummy", num: 100000000000 },
    nonce: 0,
    source: "a",
    r: "0x53749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298",
    s: "0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8",
    v: 27,
  },
  {
    name: "official dummy, vault",
    action: { type: "dummy", num: 100000000000 },
    nonce: 0,
    source: "a",
    vaultAddress: VAULT,
    r: "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
    s: "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
    v: 28,
  },
];

for (const vector of VECTORS) {
  Deno.test(`recoverAddress() finds the signer of the vector ${vector.name}`, () => {
    const { action, nonce, source, vaultAddress, expiresAfter, hash, r, s, v } = vector;
    const envelope = {
      nonce,
      ...(vaultAddress === undefined ? {} : { vaultAddress }),
      ...(expiresAfter === undefined ? {} : { expiresAfter }),
    };
    const digest = actionHash(action, envelope);
    if (hash !== undefined) {
      assertEquals(bytesToHex(digest), hash);
      const canonical = canonicalAction(action);
      assertEquals(canonical as unknown, action, "the venue would write it the same way");
      assertEquals(Object.keys(canonical!), Object.keys(action as object));
    }
    const signature = signatureOf({ r, s, v })!;
    assertEquals(recoverAddress(l1Digest(digest, source), signature), ADDRESS);
    const other = source === "a" ? "b" : "a";
    assertNotEquals(recoverAddress(l1Digest(digest, other), signature), ADDRESS);
    const later = actionHash(action, { ...envelope, nonce: nonce + 1 });
    assertNotEquals(recoverAddress(l1Digest(later, source), signature), ADDRESS);
  });
}

Deno.test("userDigest() is that of the vectors HL-6 and HL-7", () => {
  const agent = {
    type: "approveAgent",
    signatureChainId: "0x66eee",
    hyperliquidChain: "Testnet",
    agentAddress: VAULT,
    agentName: "mm1",
    nonce: 1700000000128,
  };
  assertEquals(
    bytesToHex(userDigest(agent)!),
    "b11d8d3551a28be8b9aaa6b8fa86b980345cfb76f3c2a02f755a85fa94020ddd",
  );
  const transfer = {
    type: "usdClassTransfer",
    signatureChainId: "0xa4b1",
    hyperliquidChain: "Mainnet",
    amount: "250.5",
    toPerp: true,
    nonce: 1700000000129,
  };
  assertEquals(
    bytesToHex(userDigest(transfer)!),
    "051ca1b01e66419eea63c04636f97ffe5a3c01918b1b6bf37c6a9f136b670cc5",
  );
  assertEquals(userDigest({ ...agent, agentAddress: "0x1" }), undefined);
  assertEquals(userDigest({ ...agent, nonce: "1" }), undefined);
  assertEquals(userDigest({ ...agent, signatureChainId: "66" }), undefined);
});

Deno.test("msgpack() takes the fewest bytes for every integer", () => {
  const cases: [number, string][] = [
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [256, "cd0100"],
    [65_536, "ce00010000"],
    [4_294_967_296, "cf0000000100000000"],
    [-1, "ff"],
    [-33, "d0df"],
    [-200, "d1ff38"],
  ];
  for (const [value, hex] of cases) assertEquals(bytesToHex(msgpack(value)), hex, String(value));
});

Deno.test("an action signed by a stranger, changed, or for the other network is refused", () => {
  const world = new HyperliquidWorld({ network: "mainnet" });
  const action = { type: "order", orders: [perpOrder()], grouping: "na" };
  const stranger = world.act(action, { key: `0x${"11".repeat(32)}` });
  assertEquals(stranger.status, "err");
  assertEquals(stranger.response.startsWith("L1 error: User or API Wallet 0x"), true);
  const changed = { ...action, orders: [perpOrder({ p: "63901" })] };
  assertEquals(world.act(action, { action: changed }).status, "err");
  const nonce = world.nowMs + 5;
  const forTest = signDigest(l1Digest(actionHash(action, { nonce }), "b"));
  assertEquals(world.act(action, { signature: forTest, nonce }), {
    status: "err",
    response: "Mainnet and testnet require different signature.",
  });
  const zero = { ...action, orders: [perpOrder({ s: "0.10" })] };
  assertEquals(world.act(zero).status, "err", "a trailing zero is signed away");
  const { type, orders, grouping } = action;
  assertEquals(world.act({ orders, type, grouping }).status, "err", "keys in another order");
  assertEquals(world.act(action).status, "ok");
  assertEquals(world.act(action, { signature: { r: "0x1", s: "0x1", v: 5 } }), 422);
  assertEquals(world.act({ type: "order", orders: [{ a: 0 }], grouping: "na" }), 422);
  const vault = world.act(action, {}, { vaultAddress: VAULT });
  assertEquals(vault.response, `Vault not registered: ${VAULT}`);
});

Deno.test("nonces are used once, near the venue's time; stale actions are refused", () => {
  const world = new HyperliquidWorld();
  const action = { type: "noop" };
  const nonce = world.nowMs;
  assertEquals(world.act(action, {}, { nonce }), { status: "ok", response: { type: "default" } });
  assertEquals(
    world.act(action, {}, { nonce }).response,
    `Invalid nonce: duplicate nonce ${nonce}`,
  );
  const old = world.act(action, {}, { nonce: nonce - 3 * 86_400_000 }).response;
  assertEquals(old.startsWith("Invalid nonce: nonce too low"), true);
  const far = world.act(action, {}, { nonce: nonce + 2 * 86_400_000 }).response;
  assertEquals(far.startsWith("Invalid nonce: nonce too high"), true);
  const expiresAfter = world.nowMs - 1;
  const late = world.act(action, {}, { nonce: nonce + 9, expiresAfter });
  assertEquals(late, { status: "err", response: "Action already expired" });
  for (let i = 0; i < 110; i++) {
    if (i % 50 === 49) world.time.advance(60_000);
    assertEquals(world.act(action, {}, { nonce: nonce + 1_000 + i }).status, "ok");
  }
  const low = world.act(action, {}, { nonce: nonce + 500 }).response;
  assertEquals(low.startsWith("Invalid nonce: nonce too low"), true);
});

Deno.test("an approved agent acts for the account until it is replaced", () => {
  const world = new HyperliquidWorld();
  const key = `0x${"22".repeat(32)}`;
  const agentAddress = recoverAddress(
    new Uint8Array(32).fill(7),
    signatureOf(signDigest(new Uint8Array(32).fill(7), key))!,
  )!;
  assertEquals(world.act({ type: "noop" }, { key }).status, "err");
  function approve(address: string) {
    const nonce = world.nowMs;
    const action = {
      type: "approveAgent",
      signatureChainId: "0x66eee",
      hyperliquidChain: "Mainnet",
      agentAddress: address,
      agentName: "",
      nonce,
    };
    const signature = signDigest(userDigest(action)!, KEY);
    return JSON.parse(world.http("/exchange", { action, nonce, signature }).body);
  }
  assertEquals(approve(agentAddress).status, "ok");
  assertEquals(world.act({ type: "noop" }, { key }).status, "ok");
  const role = { role: "agent", data: { user: ADDRESS } };
  assertEquals(world.info({ type: "userRole", user: agentAddress }), role);
  assertEquals(approve(`0x${"0".repeat(40)}`).status, "ok");
  assertEquals(world.act({ type: "noop" }, { key }).status, "err");
});
