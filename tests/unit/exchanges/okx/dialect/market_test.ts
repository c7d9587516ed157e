/**
 * Public channels and REST: numbering, snapshots, acknowledgements, keep-alive, faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { type FaultKind, FaultPlan, type SimInstrument } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeSocket, type Loose, OkxWorld } from "./okx_world.ts";

/** Places and cancels random orders of the other trader. */
function stir(world: OkxWorld, sim: SimInstrument, seed: number, count: number, span = 20): void {
  const random = new SeededRandom(seed);
  for (let i = 0; i < count; i++) {
    const side = random.chance(0.5) ? "buy" : "sell";
    const away = random.integer(span) / 10;
    const price = side === "buy" ? 63_990 - away : 64_010 + away;
    world.other(sim, side, price.toFixed(1), "0.01");
    if (random.chance(0.3)) world.time.advance(random.integer(80));
    const [oldest] = world.venue.exchange.orders.openOf(2, sim);
    if (random.chance(0.4) && oldest !== undefined) world.venue.exchange.cancel(oldest);
  }
}

type Sides = { bids: Map<string, string>; asks: Map<string, string> };

function apply(book: Sides, data: Loose): void {
  for (const side of ["bids", "asks"] as const) {
    for (const [price, size, zero] of data[side]) {
      assertEquals(zero, "0");
      if (size === "0") book[side].delete(price);
      else book[side].set(price, size);
    }
  }
}

/** Follows the sheet's rule; throws at the first gap. */
function rebuild(frames: Loose[]): { book: Sides; last: number; resets: number } {
  const book: Sides = { bids: new Map(), asks: new Map() };
  let last = 0;
  let resets = 0;
  for (const { action, data: [data] } of frames) {
    if (action === "snapshot") {
      assertEquals(data.prevSeqId, -1);
      book.bids.clear();
      book.asks.clear();
    } else assertEquals(data.prevSeqId, last, "prevSeqId is the last seqId");
    if (data.seqId < last) resets++;
    last = data.seqId;
    assertEquals(data.checksum, 0);
    apply(book, data);
  }
  return { book, last, resets };
}

function best(levels: Map<string, string>, side: "bids" | "asks", depth: number): string[][] {
  const sign = side === "bids" ? -1 : 1;
  return [...levels].sort((a, b) => sign * (Number(a[0]) - Number(b[0]))).slice(0, depth);
}

function assertTrueBook(world: OkxWorld, instId: string, book: Sides): void {
  const [truth] = world.get("market/books", `instId=${instId}&sz=400`).data;
  for (const side of ["bids", "asks"] as const) {
    const wanted = truth[side].map(([price, size]: string[]) => [price, size]);
    assertEquals(best(book[side], side, 400), wanted);
  }
}

function faulty(kind: FaultKind, once = true): FaultPlan {
  const randomFor = (name: string) => new SeededRandom(name);
  return new FaultPlan({ randomFor, rules: [{ kind, once }] });
}

function channelFrames(socket: FakeSocket, channel: string): Loose[] {
  return socket.take().filter((each) => each.arg?.channel === channel && each.data !== undefined);
}

Deno.test("books: one ack per argument, then a snapshot, then updates that rebuild the book", () => {
  for (const instId of ["BTC-USDT", "BTC-USDT-SWAP"]) {
    const world = new OkxWorld();
    const sim = instId.endsWith("SWAP") ? world.swap : world.spot;
    stir(world, sim, 1, 30);
    const socket = world.socket();
    socket.subscribe({ channel: "books", instId }, { channel: "trades", instId });
    const [ack, snapshot, second] = socket.take();
    assertEquals([ack.id, ack.event, ack.arg], ["1", "subscribe", { channel: "books", instId }]);
    assertEquals(ack.connId.length, 8);
    assertEquals([snapshot.action, second.arg.channel], ["snapshot", "trades"]);
    assertEquals(Object.keys(snapshot.data[0]), [
      "asks",
      "bids",
      "ts",
      "checksum",
      "prevSeqId",
      "seqId",
    ]);
    stir(world, sim, 2, 200);
    world.time.advance(100);
    const frames = [snapshot, ...channelFrames(socket, "books")];
    assert(frames.length > 10, `${frames.length} frames`);
    assert(frames.slice(1).every((each) => each.action === "update"));
    assertTrueBook(world, instId, rebuild(frames).book);
  }
});

Deno.test("books: who joins later shares the numbers of those who are there", () => {
  const world = new OkxWorld();
  const first = world.socket();
  first.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(world, world.spot, 3, 40);
  const later = world.socket();
  world.other(world.spot, "buy", "63000", "0.1");
  later.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(world, world.spot, 4, 60);
  world.time.advance(100);
  const one = rebuild(channelFrames(first, "books"));
  const two = rebuild(channelFrames(later, "books"));
  assertEquals(one.last, two.last);
  assertTrueBook(world, "BTC-USDT", one.book);
  assertTrueBook(world, "BTC-USDT", two.book);
});

Deno.test("books: a window of four hundred levels refills from behind", () => {
  const world = new OkxWorld();
  for (let i = 0; i < 450; i++) {
    world.other(world.swap, "buy", (63_900 - i / 10).toFixed(1), "0.01");
  }
  const socket = world.socket();
  socket.subscribe({ channel: "books", instId: "BTC-USDT-SWAP" });
  const frames = channelFrames(socket, "books");
  assertEquals(frames[0].data[0].bids.length, 400);
  const { exchange } = world.venue;
  for (const order of exchange.orders.openOf(2).slice(0, 20)) exchange.cancel(order);
  for (let i = 0; i < 5; i++) {
    world.other(world.swap, "buy", (63_910 + i / 10).toFixed(1), "0.01");
  }
  world.time.advance(100);
  frames.push(...channelFrames(socket, "books"));
  const { book } = rebuild(frames);
  assertEquals(book.bids.size, 400);
  assertTrueBook(world, "BTC-USDT-SWAP", book);
});

Deno.test("books: a minute without a change repeats the number with nothing in it", () => {
  const world = new OkxWorld();
  world.other(world.spot, "buy", "63000", "0.1");
  const socket = world.socket();
  socket.subscribe({ channel: "books", instId: "BTC-USDT" });
  const { seqId } = channelFrames(socket, "books")[0].data[0];
  for (let i = 0; i < 7; i++) {
    world.time.advance(9_000);
    socket.send("ping");
  }
  const texts = socket.texts.splice(0);
  assert(texts.includes("pong"), "a ping as text is answered as text");
  const kept = texts.filter((text) => text !== "pong").map((text) => JSON.parse(text));
  assertEquals(kept.length, 1);
  const { asks, bids, prevSeqId, seqId: same } = kept[0].data[0];
  assertEquals([kept[0].action, asks, bids, prevSeqId, same], ["update", [], [], seqId, seqId]);
});

Deno.test("books: a reset goes to smaller numbers and stays in sequence", () => {
  const world = new OkxWorld({ faults: faulty("sequence_reset") });
  stir(world, world.spot, 5, 10);
  const socket = world.socket();
  socket.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(world, world.spot, 6, 120);
  world.time.advance(100);
  const { book, resets } = rebuild(channelFrames(socket, "books"));
  assertEquals(resets, 1);
  assertTrueBook(world, "BTC-USDT", book);
});

Deno.test("books: a gap and a stale snapshot show in the numbers", () => {
  const gapped = new OkxWorld({ faults: faulty("sequence_gap") });
  const socket = gapped.socket();
  socket.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(gapped, gapped.spot, 7, 60);
  gapped.time.advance(100);
  const frames = channelFrames(socket, "books");
  const gaps = frames.filter((frame, at) =>
    at > 0 && frame.data[0].prevSeqId !== frames[at - 1].data[0].seqId
  );
  assertEquals(gaps.length, 1);

  const stale = new OkxWorld({ faults: faulty("stale_snapshot") });
  const keeper = stale.socket();
  keeper.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(stale, stale.spot, 8, 30);
  const late = stale.socket();
  late.subscribe({ channel: "books", instId: "BTC-USDT" });
  stir(stale, stale.spot, 9, 30);
  stale.time.advance(100);
  const [snapshot, update] = channelFrames(late, "books");
  assert(snapshot.data[0].seqId !== update.data[0].prevSeqId, "an old snapshot does not fit");
});

Deno.test("bbo-tbt and books5 say the touch under the book's number, a side may be empty", () => {
  const world = new OkxWorld();
  const socket = world.socket();
  const instId = "BTC-USDT-SWAP";
  socket.subscribe({ channel: "bbo-tbt", instId }, { channel: "books5", instId });
  assertEquals(channelFrames(socket, "bbo-tbt")[0].data[0].bids, []);
  world.other(world.swap, "buy", "63999.5", "3");
  world.other(world.swap, "buy", "63000", "1");
  world.time.advance(100);
  const frames = socket.take();
  const touch = frames.filter((each) => each.arg.channel === "bbo-tbt");
  assertEquals(touch.length, 1, "changes within ten milliseconds are one");
  assertEquals(Object.keys(touch[0]), ["arg", "data"]);
  assertEquals(Object.keys(touch[0].data[0]), ["asks", "bids", "ts", "seqId"]);
  assertEquals(touch[0].data[0].bids, [["63999.5", "3", "0", "1"]]);
  assertEquals([touch[0].data[0].asks, touch[0].data[0].seqId], [[], world.swap.updateId]);
  const five = frames.filter((each) => each.arg.channel === "books5");
  assertEquals(five.map((each) => each.data[0].bids.length), [2]);
  world.other(world.swap, "buy", "62000", "1");
  world.time.advance(100);
  assertEquals(socket.take().map((each) => each.arg.channel), ["books5"], "the touch is the same");
});

Deno.test("trades join a taker's fills at a price; trades-all has each", () => {
  const world = new OkxWorld();
  const instId = "BTC-USDT-SWAP";
  const joined = world.socket();
  const each = world.socket("business");
  joined.subscribe({ channel: "trades", instId });
  each.subscribe({ channel: "trades-all", instId });
  world.other(world.swap, "sell", "64000", "1");
  world.other(world.swap, "sell", "64000", "2");
  world.other(world.swap, "sell", "64001", "2");
  world.other(world.swap, "buy", "64001", "4");
  world.time.advance(10);
  const trades = joined.data("trades");
  assertEquals(trades.map(({ px, sz, side, count, source }) => [px, sz, side, count, source]), [
    ["64000", "3", "buy", "2", "0"],
    ["64001", "1", "buy", "1", "0"],
  ]);
  const all = each.data("trades-all");
  assertEquals(all.map(({ sz }) => sz), ["1", "2", "1"]);
  assertEquals(trades[0].tradeId, all[1].tradeId, "the last of those joined");
  assertEquals(world.get("market/trades", `instId=${instId}`).data[0].tradeId, all[2].tradeId);
});

Deno.test("subscriptions are refused with the venue's codes, each for itself", () => {
  const world = new OkxWorld({ vipLevel: 3 });
  const socket = world.socket();
  const fast = { channel: "books-l2-tbt", instId: "BTC-USDT" };
  socket.subscribe(
    { channel: "books", instId: "BTC-USD" },
    { channel: "orders", instType: "ANY" },
    { channel: "trades-all", instId: "BTC-USDT" },
    { channel: "mark-price", instId: "BTC-USDT" },
    fast,
    { channel: "tickers", instId: "BTC-USDT" },
  );
  const events = socket.take().filter((each) => each.event !== undefined);
  assertEquals(events.map((each) => [each.event, each.code]), [
    ["error", "60018"],
    ["error", "60018"],
    ["error", "60018"],
    ["error", "60018"],
    ["error", "64003"],
    ["subscribe", undefined],
  ]);
  const garbage = ["{", "[]", { op: "fly" }, { op: "subscribe", args: [] }, {
    op: "subscribe",
    args: "books",
  }, { id: "no-hyphens", op: "subscribe", args: [fast] }].map((message) => {
    socket.send(message);
    return socket.take()[0].code;
  });
  assertEquals(garbage, Array(6).fill("60012"));
  const account = world.socket("private");
  account.subscribe({ channel: "orders", instType: "ANY" });
  assertEquals(account.take()[0].code, "60011");
  account.send({ id: "7", op: "order", args: [{}] });
  const [answer] = account.take();
  assertEquals([answer.id, answer.op, answer.code, answer.data], ["7", "order", "60011", []]);
});

Deno.test("fast books need a login and do not go together with others of the instrument", () => {
  const world = new OkxWorld();
  const socket = world.login("public");
  const instId = "BTC-USDT";
  socket.subscribe({ channel: "books-l2-tbt", instId }, { channel: "books", instId });
  socket.subscribe({ channel: "books50-l2-tbt", instId });
  const codes = socket.take().filter((each) => each.event !== undefined).map((each) => each.code);
  assertEquals(codes, [undefined, "64004", "64004"]);
  socket.send({ op: "unsubscribe", args: [{ channel: "books-l2-tbt", instId }] });
  assertEquals(socket.take().map((each) => each.event), ["unsubscribe"]);
  stir(world, world.spot, 11, 10);
  world.time.advance(200);
  assertEquals(socket.take(), [], "what was left is silent");
  assertEquals(world.venue.dialect.markets.inUse, 0);
});

Deno.test("a silent connection ends after thirty seconds, a ping keeps it", () => {
  const world = new OkxWorld();
  const silent = world.socket();
  const kept = world.socket();
  world.time.advance(20_000);
  kept.send("ping");
  world.time.advance(12_000);
  assertEquals([silent.closed, kept.closed], ["4004 No data received in 30s.", ""]);
});

Deno.test("connections and subscriptions are limited; an upgrade is announced", () => {
  const world = new OkxWorld();
  const request = { method: "GET", path: "/ws/v5/public", query: "", headers: new Map(), body: "" };
  const answers = [1, 2, 3, 4].map(() => {
    const answer = world.venue.dialect.acceptSocket(request, new FakeSocket());
    return "status" in answer ? answer.status : 101;
  });
  assertEquals(answers, [101, 101, 101, 429]);
  const socket = world.socket();
  for (let i = 0; i < 241; i++) {
    socket.send({ op: "subscribe", args: [{ channel: "trades", instId: "BTC-USDT" }] });
    socket.send({ op: "unsubscribe", args: [{ channel: "trades", instId: "BTC-USDT" }] });
  }
  const codes = socket.take().map((each) => each.code).filter((code) => code !== undefined);
  assertEquals(codes, ["60014", "60014"]);
  world.venue.dialect.announceUpgrade();
  const [notice] = socket.take();
  assertEquals([notice.event, notice.code], ["notice", "64008"]);
  for (let i = 0; i < 4; i++) {
    world.time.advance(15_001);
    if (i < 3) socket.send("ping");
  }
  assertEquals(socket.closed, "1001 Service upgrade");
});

Deno.test("REST: instruments, books, mark price, funding and clock as the sheet shows them", () => {
  const world = new OkxWorld();
  assertEquals(world.get("public/time").data, [{ ts: String(world.nowMs) }]);
  const [swap] = world.get("public/instruments", "instType=SWAP&instId=ETH-USDT-SWAP").data;
  const { ctVal, ctMult, ctValCcy, ctType, tickSz, lotSz, minSz, settleCcy, state, uly } = swap;
  assertEquals([ctVal, ctMult, ctValCcy, ctType], ["0.1", "1", "ETH", "linear"]);
  assertEquals([tickSz, lotSz, minSz, settleCcy], ["0.01", "0.01", "0.01", "USDT"]);
  assertEquals([state, uly, swap.baseCcy], ["live", "ETH-USDT", ""]);
  const [spot] = world.get("public/instruments", "instType=SPOT").data;
  assertEquals([spot.instId, spot.baseCcy, spot.quoteCcy, spot.ctVal], [
    "BTC-USDT",
    "BTC",
    "USDT",
    "",
  ]);
  assert(Number.isInteger(spot.instIdCode) && spot.instIdCode !== swap.instIdCode);
  world.other(world.spot, "buy", "63000.5", "0.25");
  const [book] = world.get("market/books", "instId=BTC-USDT&sz=5").data;
  assertEquals(book.bids, [["63000.5", "0.25", "0", "1"]]);
  assertEquals(book.seqId, world.spot.updateId);
  const [funding] = world.get("public/funding-rate", "instId=BTC-USDT-SWAP").data;
  const until = Number(funding.fundingTime) - world.nowMs;
  assert(until > 0 && until <= 8 * 3_600_000, "fundingTime is the payment to come");
  assertEquals(Number(funding.nextFundingTime) - Number(funding.fundingTime), 8 * 3_600_000);
  const [mark] = world.get("public/mark-price", "instType=SWAP&instId=BTC-USDT-SWAP").data;
  assertEquals([mark.instId, Number(mark.markPx) > 60_000], ["BTC-USDT-SWAP", true]);
  assertEquals(world.get("market/books", "instId=NO-USDT").code, "51001");
  assertEquals(world.get("public/instruments").code, "50014");
  assertEquals(world.http({ path: "/api/v5/nothing" }).status, 404);
});

Deno.test("mark price, index and funding come with the second, prices in the channel's name", () => {
  const world = new OkxWorld();
  world.other(world.spot, "buy", "63000", "1");
  world.other(world.spot, "sell", "63001", "1");
  const socket = world.socket();
  const instId = "BTC-USDT-SWAP";
  socket.subscribe(
    { channel: "mark-price", instId },
    { channel: "index-tickers", instId: "BTC-USDT" },
    { channel: "funding-rate", instId },
    { channel: "price-limit", instId },
  );
  assertEquals(socket.take().filter((each) => each.data !== undefined).length, 4);
  for (let i = 0; i < 30; i++) {
    world.time.advance(1_000);
    if (i % 10 === 0) world.other(world.spot, "buy", `6300${i / 10}.5`, "0.5");
    socket.send("ping");
  }
  const frames = socket.texts.splice(0).filter((text) => text !== "pong")
    .map((text) => JSON.parse(text));
  const names = new Set(frames.map((each) => each.arg.channel));
  assertEquals([...names].sort(), ["funding-rate", "index-tickers", "mark-price", "price-limit"]);
  const index = frames.find((each) => each.arg.channel === "index-tickers");
  assertEquals([index.data[0].instId, index.arg.instId], ["BTC-USDT", "BTC-USDT"]);
});

Deno.test("a halted instrument is pushed as suspended, a maintenance on the status channel", () => {
  const world = new OkxWorld();
  const socket = world.socket();
  socket.subscribe({ channel: "instruments", instType: "SWAP" }, { channel: "status" });
  assertEquals(socket.data("instruments").length, 3);
  const { exchange } = world.venue;
  exchange.setStatus(world.swap, "halted");
  assertEquals(socket.data("instruments").map((each) => [each.instId, each.state]), [
    ["BTC-USDT-SWAP", "suspend"],
  ]);
  exchange.setStatus(world.swap, "maintenance");
  assertEquals(socket.data("status")[0].state, "ongoing");
  exchange.setStatus(world.swap, "trading");
  assertEquals(socket.data("status")[0].state, "completed");
  exchange.setStatus(world.swap, "delisted");
  const [gone] = socket.data("instruments");
  assertEquals(gone.expTime, String(world.nowMs));
  assertEquals(world.get("public/instruments", "instType=SWAP").data.length, 2);
});

Deno.test("faults of the venue's mind: too many requests, closed for maintenance", () => {
  const busy = new OkxWorld({ faults: faulty("throttle") });
  const answer = busy.http({ path: "/api/v5/public/time" });
  assertEquals([answer.status, JSON.parse(answer.body).code], [429, "50011"]);
  const closed = new OkxWorld({ faults: faulty("maintenance") });
  const second = closed.http({ path: "/api/v5/public/time" });
  assertEquals([second.status, JSON.parse(second.body).code], [503, "50001"]);
  assertEquals(closed.get("public/time").code, "0");
});
