/**
 * Lines A and B of one plan: what a loss, a silence, a rotation and a renewal do.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { type LinePlan, MarketLines, type MarketLinesOptions } from "@/exchanges/kit/mod.ts";
import { DeltaScratch, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, ethPerp } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

/** A session whose other end is the test. */
class FakeSession {
  up = false;
  readonly told: string[] = [];
  readonly plan: LinePlan;
  connection: WebSocketConnection | undefined;

  constructor(plan: LinePlan) {
    this.plan = plan;
  }

  start(): void {
    this.told.push("start");
  }

  stop(): void {
    this.told.push("stop");
    this.up = false;
  }

  restart(reason: string): void {
    this.told.push(`restart: ${reason}`);
  }

  renew(): void {
    this.told.push("renew");
  }

  send(text: string): boolean {
    this.told.push(`send ${text}`);
    return true;
  }

  open(rotated = false): WebSocketConnection {
    this.up = true;
    this.connection = { sendText: (text: string) => this.send(text) } as never;
    this.plan.handler.onUp(this.connection!, rotated);
    return this.connection!;
  }

  drop(): void {
    this.up = false;
    this.plan.handler.onDown("cut");
  }
}

const [BTC, ETH] = [btcPerp(0), ethPerp(1)];

function world(options: Partial<MarketLinesOptions> = {}) {
  const clock = new ManualClock();
  const heard: string[] = [];
  const told: string[] = [];
  const sessions: FakeSession[] = [];
  /** What the next frame decodes to. */
  let frame: readonly (readonly [instrument: number, id: number])[] = [];
  const scratch = new DeltaScratch();
  const lines: MarketLines = new MarketLines({
    name: "venue market",
    count: 2,
    instruments: [BTC, ETH],
    awaited: () => ["book_delta"],
    bookKind: "book_delta",
    numbering: "contiguous",
    takesSnapshots: false,
    rotateAfterMs: 3_600_000,
    clock,
    scheduler: clock,
    log: { log: (_level, text, fields) => told.push(`${text} ${fields?.["streams"]}`) },
    openSession: (plan) => {
      const session = new FakeSession(plan);
      sessions.push(session);
      return session;
    },
    deliver: (event: EngineEvent) => {
      if (event.kind === "book_delta") heard.push(`${event.instrument}:${event.sequence}`);
      if (event.kind === "feed_interrupted") heard.push(`${event.instrument} ${event.reason}`);
    },
    handler: {
      onUp: (line, _connection, rotated) => told.push(`up ${line.number} ${rotated}`),
      onDown: (line, reason) => told.push(`down ${line.number} ${reason}`),
      onText: () => {
        for (const [instrument, id] of frame) {
          scratch.begin([BTC, ETH][instrument]!.index, micros(1));
          scratch.firstSequence = id;
          scratch.sequence = id;
          lines.deliver(scratch);
        }
      },
    },
    ...options,
  });
  const say = (
    session: FakeSession,
    ids: readonly (readonly [instrument: number, id: number])[],
    connection = session.connection!,
  ) => {
    frame = ids;
    session.plan.handler.onText(new Uint8Array(), 0, 0, 1 as Micros, connection);
  };
  lines.start();
  return { clock, lines, sessions, heard, told, say };
}

const BOTH = [[0, 1], [1, 1]] as const;

Deno.test("MarketLines opens what it is told to, each line with its name and its turn", () => {
  const { sessions, lines } = world();
  assertEquals(sessions.map(({ plan }) => plan.name), ["venue market a", "venue market b"]);
  assertEquals(sessions.map(({ plan }) => plan.rotateFirstAfterMs), [undefined, 1_800_000]);
  assertEquals(sessions.map(({ plan }) => plan.rotateAfterMs), [3_600_000, 3_600_000]);
  assert(!lines.up);
  sessions[1]!.open();
  assert(lines.up, "one line is enough");
  assertEquals([lines.next()?.number, lines.next()?.number], [1, 1]);
  sessions[0]!.open();
  assertEquals([lines.next()?.number, lines.next()?.number], [0, 1], "each in turn");
  const single = world({ count: 1 });
  assertEquals(single.sessions.map(({ plan }) => plan.name), ["venue market"]);
  lines.stop();
  assertEquals(sessions.map(({ told }) => told), [["start", "stop"], ["start", "stop"]]);
});

Deno.test("MarketLines hides the loss of either line, tells that of both, and recovers", () => {
  const { sessions, heard, told, say } = world();
  const [a, b] = [sessions[0]!, sessions[1]!];
  for (const session of sessions) {
    session.open();
    say(session, BOTH);
  }
  say(a, [[0, 2]]);
  a.drop();
  say(b, [[0, 2], [0, 3], [1, 2]]);
  assertEquals(heard.splice(0), ["0:1", "1:1", "0:2", "0:3", "1:2"]);
  a.open();
  say(a, [[0, 4]]);
  b.drop();
  assertEquals(heard.splice(0), ["0:4", "1 disconnected"], "A had nothing of the second yet");
  a.drop();
  assertEquals(heard.splice(0), ["0 disconnected", "1 disconnected"]);
  b.open();
  say(b, [[0, 9], [1, 9]]);
  assertEquals(heard, ["0:9", "1:9"]);
  assertEquals(told.filter((line) => line.startsWith("down")).length, 3);
});

Deno.test("MarketLines starts a line anew whose streams stay silent; the other stands in", () => {
  const { clock, sessions, heard, told, say, lines } = world();
  const [a, b] = [sessions[0]!, sessions[1]!];
  a.open();
  b.open();
  say(a, BOTH);
  clock.advance(30_001);
  assertEquals(heard.splice(0), ["0:1", "1:1"], "A speaks of both");
  assertEquals(b.told.at(-1), "restart: streams stay silent");
  assert(told.at(-1)!.endsWith("book_delta:0 book_delta:1"));
  b.drop();
  b.open();
  clock.advance(30_001);
  assertEquals(b.told.filter((line) => line.startsWith("restart")).length, 1, "now a minute");
  a.drop();
  heard.splice(0);
  clock.advance(30_000);
  assertEquals(heard, ["0 silent", "1 silent"], "nobody stands in any more");
  lines.stop();
  assertEquals(clock.pendingCount, 0);
});

Deno.test("MarketLines breaks no line for one instrument that is quiet while others are heard", () => {
  const { clock, sessions, heard, say, told } = world({ count: 1 });
  const a = sessions[0]!;
  a.open();
  say(a, [[0, 1]]);
  clock.advance(30_001);
  assertEquals(heard.splice(0), ["0:1", "1 silent"]);
  assertEquals(a.told.at(-1), "renew");
  assert(told.at(-1)!.endsWith("book_delta:1"));
  a.open(true);
  say(a, [[0, 2]]);
  clock.advance(60_001);
  assertEquals(a.told.filter((line) => line === "renew").length, 2, "with more patience");
});

Deno.test("MarketLines merges both connections of a rotation, and the old one counts till its end", () => {
  const { sessions, heard, say } = world({ count: 1 });
  const a = sessions[0]!;
  const old = a.open();
  say(a, [[0, 1]]);
  const fresh = a.open(true);
  say(a, [[0, 3]], fresh);
  assertEquals(heard.splice(0), ["0:1"], "2 may come on the old one");
  say(a, [[0, 2], [0, 3]], old);
  assertEquals(heard.splice(0), ["0:2", "0:3"]);
  a.plan.handler.onEnd!(old);
  say(a, [[0, 4]], old);
  assertEquals(heard, [], "it is over");
  say(a, [[0, 4], [0, 5]], fresh);
  a.drop();
  assertEquals(heard, ["0:4", "0:5", "0 disconnected", "1 disconnected"]);
});

Deno.test("MarketLines lets no line rotate within ten minutes of the other", () => {
  const { clock, sessions } = world();
  const [a, b] = [sessions[0]!, sessions[1]!];
  a.open();
  b.open();
  assert(b.plan.mayRotate());
  a.open(true);
  assert(!b.plan.mayRotate());
  clock.advance(599_000);
  assert(!b.plan.mayRotate());
  clock.advance(1_000);
  assert(b.plan.mayRotate());
});

Deno.test("MarketLines without books interrupts nothing", () => {
  const { sessions, heard } = world({ bookKind: undefined });
  sessions[0]!.open();
  sessions[0]!.drop();
  assertEquals(heard, []);
});
