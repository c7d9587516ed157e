/**
 * @module
 */
import { accountKey, clientOrderId, unwrap } from "@/engine/domain/mod.ts";
import { ClientOrderIds } from "@/engine/orders/client_order_ids.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "@/tests/support/assert.ts";
import { orderId, PERPETUAL_ACCOUNT, SPOT_ACCOUNT } from "@/tests/support/builders.ts";

const BINANCE = {
  clientOrderIdLengthMax: 36,
  clientOrderIdPattern: "^[\\.A-Z\\:/a-z0-9_-]{1,36}$",
};
const GATE = { clientOrderIdLengthMax: 30, clientOrderIdPattern: "^t-[0-9A-Za-z_.-]{1,28}$" };
const HYPERLIQUID = { clientOrderIdLengthMax: 34, clientOrderIdPattern: "^0x[0-9a-f]{32}$" };
const DYDX = { clientOrderIdLengthMax: 10, clientOrderIdPattern: "^[0-9]{1,10}$" };
const PERP = PERPETUAL_ACCOUNT;

function idsOf(instance: string, start: number, rules = BINANCE): ClientOrderIds {
  const ids = new ClientOrderIds(instance, start);
  unwrap(ids.addAccount(PERP, rules));
  return ids;
}

Deno.test("ClientOrderIds are the same again on replay and never repeat", () => {
  const first = idsOf("desk-a", 7);
  const again = idsOf("desk-a", 7);
  const seen = new Set<string>();
  for (let count = 0; count < 100; count++) {
    const id = first.next(PERP);
    assertEquals(again.next(PERP), id);
    seen.add(id);
  }
  assertEquals(seen.size, 100);
  assertEquals(first.count, 100);
});

Deno.test("ClientOrderIds are ordered by start and counter", () => {
  const early = idsOf("desk-a", 7);
  const ids = [early.next(PERP), early.next(PERP), idsOf("desk-a", 8).next(PERP)];
  assertEquals([...ids].sort(), ids);
});

Deno.test("ClientOrderIds fit each venue's alphabet and length", () => {
  for (const rules of [BINANCE, GATE, HYPERLIQUID, DYDX]) {
    const id = idsOf("desk-a", 123_456, rules).next(PERP);
    assertMatch(id, new RegExp(rules.clientOrderIdPattern));
    assert(id.length <= rules.clientOrderIdLengthMax);
  }
  assertEquals(idsOf("desk-a", 1).next(PERP).length, 22);
  const dydx = Number(idsOf("desk-a", 4_000_000_000, DYDX).next(PERP));
  assert(dydx < 2 ** 32);
});

Deno.test("ClientOrderIds tell own ids from foreign ones across starts", () => {
  for (const rules of [BINANCE, GATE, HYPERLIQUID]) {
    const now = idsOf("desk-a", 9, rules);
    assert(now.isOwn(PERP, idsOf("desk-a", 3, rules).next(PERP)));
    assert(!now.isOwn(PERP, idsOf("desk-b", 9, rules).next(PERP)));
    assert(!now.isOwn(PERP, clientOrderId("")));
    assert(!now.isOwn(PERP, orderId("web_12345")));
    assert(!now.isOwn(SPOT_ACCOUNT, now.next(PERP)));
  }
});

Deno.test("ClientOrderIds of 32 bits say that they cannot tell whose an id is", () => {
  const ids = new ClientOrderIds("desk-a", 9);
  assert(!unwrap(ids.addAccount(PERP, DYDX)).canTellOwn);
  assert(unwrap(ids.addAccount(SPOT_ACCOUNT, BINANCE)).canTellOwn);
  assert(ids.isOwn(PERP, idsOf("desk-a", 3, DYDX).next(PERP)));
  assert(!ids.isOwn(PERP, idsOf("desk-b", 3, DYDX).next(PERP)));
  assert(!ids.isOwn(PERP, orderId("tabc")));
});

Deno.test("ClientOrderIds never give two accounts the same id", () => {
  const ids = idsOf("desk-a", 1);
  unwrap(ids.addAccount(SPOT_ACCOUNT, BINANCE));
  assert(ids.next(PERP) !== ids.next(SPOT_ACCOUNT));
});

Deno.test("ClientOrderIds refuse an account whose rules no format fits", () => {
  const refused = new ClientOrderIds("desk-a", 1).addAccount(PERP, {
    clientOrderIdLengthMax: 5,
    clientOrderIdPattern: "^[a-z]{1,5}$",
  });
  assert(!refused.ok);
  assertMatch(refused.error, /Cannot name orders of binance\/perpetual: wanted .* found at most 5/);
});

Deno.test("ClientOrderIds stop at what can never be named", () => {
  assertThrows(() => new ClientOrderIds("", 1), Error, "must not be empty");
  assertThrows(() => new ClientOrderIds("a", -1), Error, "negative");
  assertThrows(() => new ClientOrderIds("a", 0.5), Error, "whole");
  assertThrows(
    () => new ClientOrderIds("a", 1).next(accountKey("okx", "unified")),
    Error,
    "no client order ids",
  );
});
