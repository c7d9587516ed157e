/**
 * A session that moves: the new connection is up before the old one goes, and whichever dies on the
 * way, the handler hears of one loss at most.
 * @module
 */
import { MovingSession, type Session } from "@/exchanges/gate/_moving_session.ts";
import type { SessionHandler, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const CONNECTION = {} as WebSocketConnection;

/** A kept socket whose other end is the test. */
class Part implements Session {
  up = false;
  stopped = false;
  restarts = 0;
  readonly sent: string[] = [];
  readonly handler: SessionHandler;

  constructor(handler: SessionHandler) {
    this.handler = handler;
  }

  start(): void {}

  stop(): void {
    this.stopped = true;
    this.up = false;
  }

  restart(): void {
    this.restarts++;
  }

  send(text: string): boolean {
    this.sent.push(text);
    return true;
  }

  open(): void {
    this.up = true;
    this.handler.onUp(CONNECTION, false);
  }

  drop(): void {
    this.up = false;
    this.handler.onDown("lost");
  }
}

function desk() {
  const clock = new ManualClock();
  const parts: Part[] = [];
  const heard: string[] = [];
  const session = new MovingSession(
    (handler) => {
      const part = new Part(handler);
      parts.push(part);
      return part;
    },
    {
      onUp: (_connection, rotated) => heard.push(rotated ? "moved" : "up"),
      onText: () => heard.push("text"),
      onDown: (reason) => heard.push(`down ${reason}`),
    },
    clock,
    5_000,
  );
  return { clock, parts, heard, session };
}

const NO_BYTES = new Uint8Array(0);

Deno.test("MovingSession has the new connection up before the old one goes", () => {
  const { clock, parts, heard, session } = desk();
  session.renew();
  assertEquals(parts.length, 1, "not started: nothing to move");
  session.start();
  parts[0]!.open();
  session.renew();
  session.renew();
  assertEquals(parts.length, 2, "one move at a time");
  parts[1]!.open();
  for (const part of parts) part.handler.onText(NO_BYTES, 0, 0, clock.now(), CONNECTION);
  assertEquals(heard, ["up", "moved", "text", "text"]);
  session.send("x");
  assertEquals(parts[1]!.sent, ["x"]);
  session.renew();
  assertEquals(parts.length, 2, "not while the old one still delivers");
  clock.advance(5_001);
  assertEquals([parts[0]!.stopped, parts[1]!.stopped], [true, false]);
  session.restart("test");
  assertEquals(parts[1]!.restarts, 1);
  session.renew();
  assertEquals(parts.length, 3, "it may move again");
});

Deno.test("MovingSession tells no loss when the old connection closes as announced", () => {
  const { clock, parts, heard, session } = desk();
  session.start();
  parts[0]!.open();
  session.renew();
  parts[1]!.open();
  parts[0]!.drop();
  assertEquals(heard, ["up", "moved"]);
  assertEquals(parts[0]!.stopped, true, "it must not come back");
  clock.advance(10_000);
  assertEquals(session.up, true);
  parts[1]!.drop();
  assertEquals(heard.at(-1), "down lost");
});

Deno.test("MovingSession tells the loss when the old connection closes too early", () => {
  const { clock, parts, heard, session } = desk();
  session.start();
  parts[0]!.open();
  session.renew();
  parts[0]!.drop();
  parts[1]!.drop();
  assertEquals(heard, ["up", "down lost"], "the second was never up");
  parts[1]!.open();
  assertEquals(heard.at(-1), "up", "nothing was open: no overlap");
  clock.advance(5_001);
  assertEquals(parts[0]!.stopped, true);
});

Deno.test("MovingSession stops whatever is under way", () => {
  const { clock, parts, heard, session } = desk();
  session.start();
  parts[0]!.open();
  session.renew();
  parts[1]!.open();
  session.stop();
  clock.advance(10_000);
  assertEquals(parts.map((part) => part.stopped), [true, true]);
  assertEquals(heard, ["up", "moved"]);
});
