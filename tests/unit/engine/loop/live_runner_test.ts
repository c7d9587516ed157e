/**
 * The runner: one event at a time, orders out before the journal, failures to the last resort.
 * @module
 */
import { instrumentIndex } from "@/engine/domain/mod.ts";
import { LiveRunner, OutputRouter } from "@/engine/loop/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import { StageLatencies } from "@/engine/metrics/mod.ts";
import type { OutputSink, SendOutcome } from "@/engine/ports/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import {
  amendOrder,
  cancelOrder,
  fillOf,
  PERPETUAL_ACCOUNT,
  placeOrder,
  replaceOrder,
  START,
} from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { deltaOf, levels } from "@/tests/unit/engine/core/_core_world.ts";
import { FakeConnector, FakeLog, FakeSink } from "./_fakes.ts";

const TIMER: EngineEvent = { kind: "timer", at: START };

/** A runner over a core that is one function. */
class RunnerWorld {
  readonly clock = new ManualClock(START);
  readonly sink = new FakeSink();
  readonly log = new FakeLog();
  readonly connector = new FakeConnector();
  readonly latencies = new StageLatencies();
  readonly notices: string[] = [];
  readonly processed: string[] = [];
  readonly failures: unknown[] = [];
  readonly after: string[] = [];
  readonly runner: LiveRunner;
  core: (event: EngineEvent, out: OutputSink) => void = () => {};

  constructor(withConnector = true) {
    const router = new OutputRouter((index) => index === 0 ? "binance" : undefined, {
      onAlert: (alert) => this.notices.push(alert.code),
      onModeChanged: (change) => this.notices.push(change.to),
      onRefused: (refusal) => this.notices.push(refusal.code),
      onQuietBook: (instrument) => this.notices.push(`quiet ${instrument}`),
    }, this.log);
    if (withConnector) router.connect(this.connector);
    this.runner = new LiveRunner({
      core: {
        process: (event, out) => {
          this.processed.push(event.kind);
          this.core(event, out);
        },
      },
      clock: this.clock,
      sink: this.sink,
      router,
      latencies: {
        tickToOrder: this.latencies.stage("tick_to_order"),
        core: this.latencies.stage("core"),
      },
      onProcessed: (event) => this.after.push(event.kind),
      onFailure: (failure) => this.failures.push(failure),
    });
  }
}

/** A core that emits these once, at the first event. */
function once(...outputs: unknown[]): (event: EngineEvent, out: OutputSink) => void {
  const left = [...outputs] as EngineOutput[];
  return (_event, out) => {
    for (const output of left.splice(0)) out.emit(output);
  };
}

Deno.test("LiveRunner journals the event first and its outputs after they were sent", () => {
  const world = new RunnerWorld();
  world.connector.outcome = (request) => {
    world.sink.seen.push(`sent ${request.kind}`);
    return "sent";
  };
  world.core = once(placeOrder(), cancelOrder());
  world.runner.deliver(TIMER);
  assertEquals(world.sink.seen, [
    "timer",
    "sent place_order",
    "sent cancel_order",
    "> place_order",
    "> cancel_order",
  ]);
  assertEquals([world.runner.processed, world.runner.emitted], [1, 2]);
});

Deno.test("LiveRunner never enters the core twice: what arrives meanwhile follows, orders first", () => {
  const world = new RunnerWorld();
  let depth = 0;
  let deepest = 0;
  world.core = (event) => {
    deepest = Math.max(deepest, ++depth);
    if (event.kind === "timer") {
      world.runner.deliver(deltaOf(1, [[1, 1]]));
      world.runner.deliver(fillOf());
    }
    depth--;
  };
  world.runner.deliver(TIMER);
  assertEquals(deepest, 1);
  assertEquals(world.processed, ["timer", "fill", "book_delta"]);
  assertEquals(world.after, ["timer", "fill", "book_delta"]);
});

Deno.test("LiveRunner hands a waiting market event on as it was when it arrived", () => {
  const world = new RunnerWorld();
  const scratch = { ...deltaOf(1, [[5, 2]]), bids: levels([[5, 2]]) };
  let seen = -1;
  world.core = (event) => {
    if (event.kind === "book_delta") seen = event.bids.sizes[0]!;
    if (event.kind !== "timer") return;
    world.runner.deliver(scratch);
    scratch.bids.sizes[0] = 99;
  };
  world.runner.deliver(TIMER);
  assertEquals(seen, 2);
});

Deno.test("LiveRunner gives the first throw away once and processes nothing after it", () => {
  const world = new RunnerWorld();
  const broken = new Error("broken");
  world.core = () => {
    throw broken;
  };
  world.runner.deliver(TIMER);
  world.runner.deliver(TIMER);
  assertEquals(world.failures, [broken]);
  assertEquals(world.processed, ["timer"]);
});

Deno.test("LiveRunner journals the outputs that had left before the core threw", () => {
  const world = new RunnerWorld();
  world.core = (_event, out) => {
    out.emit(placeOrder() as EngineOutput);
    throw new Error("broken");
  };
  world.runner.deliver(TIMER);
  assertEquals(world.sink.seen, ["timer", "> place_order"]);
});

Deno.test("LiveRunner processes nothing more once it was stopped", () => {
  const world = new RunnerWorld();
  world.runner.stop();
  world.runner.deliver(TIMER);
  assertEquals(world.processed, []);
  assertEquals(world.failures, []);
});

Deno.test("A sink that falls behind pauses, one that caught up resumes, both as events", () => {
  const world = new RunnerWorld();
  const commands: string[] = [];
  world.core = (event) => {
    if (event.kind === "command") commands.push(`${event.name} by ${event.by}: ${event.reason}`);
  };
  world.sink.keepsUp = false;
  world.runner.deliver(TIMER);
  world.runner.deliver(TIMER);
  assertEquals(commands, ["pause by journal: the journal's sink is behind its bound"]);
  world.sink.keepsUp = true;
  world.runner.deliver(TIMER);
  assertEquals(commands[1], "resume by journal: the journal caught up");
  assertEquals(world.sink.seen, ["timer", "command", "timer", "timer", "command"]);
});

Deno.test("A request that could not leave comes back as lost and not sent", () => {
  const cases: [EngineOutput, string | undefined][] = [
    [placeOrder() as EngineOutput, "place"],
    [amendOrder() as EngineOutput, "amend"],
    [replaceOrder() as EngineOutput, "replace"],
    [cancelOrder(), "cancel"],
    [{ ...cancelOrder(), kind: "query_order" }, "query"],
    [{ ...cancelOrder(), kind: "query_fills" }, "query"],
    [{ kind: "query_account", account: PERPETUAL_ACCOUNT }, undefined],
    [{ kind: "arm_dead_man", instrument: instrumentIndex(0), timeoutMs: 1 }, undefined],
    [{ kind: "cancel_all", instrument: instrumentIndex(0) }, undefined],
  ];
  for (const outcome of ["not_connected", "back_pressured", "not_supported"] as SendOutcome[]) {
    for (const [output, request] of cases) {
      const world = new RunnerWorld();
      world.connector.outcome = outcome;
      const lost: unknown[] = [];
      const emit = once(output);
      world.core = (event, out) => {
        if (event.kind === "request_lost") lost.push([event.request, event.outcome, event.text]);
        emit(event, out);
      };
      world.runner.deliver(TIMER);
      assertEquals(lost, request === undefined ? [] : [[request, "not_sent", outcome]]);
      assertEquals(world.latencies.stage("tick_to_order").count, 0);
    }
  }
});

Deno.test("A request of an instrument or account without a venue is not sent", () => {
  const world = new RunnerWorld();
  const lost: string[] = [];
  const emit = once(
    placeOrder({ instrument: instrumentIndex(5) }),
    { kind: "query_account", account: "okx/unified" },
  );
  world.core = (event, out) => {
    if (event.kind === "request_lost") lost.push(event.text);
    emit(event, out);
  };
  world.runner.deliver(TIMER);
  assertEquals(lost, ["not_connected"]);
  assertEquals(world.connector.sent, []);
});

Deno.test("A snapshot request goes to its venue; without one the feed hears that it is cut", () => {
  const request = { kind: "request_snapshot", instrument: instrumentIndex(0), reason: "gap" };
  const world = new RunnerWorld();
  world.core = once(request);
  world.runner.deliver(TIMER);
  assertEquals(world.connector.snapshots.map((one) => one.reason), ["gap"]);
  const alone = new RunnerWorld(false);
  alone.core = once(request);
  alone.runner.deliver(TIMER);
  assertEquals(alone.processed, ["timer", "feed_interrupted"]);
  const nobody = new RunnerWorld();
  nobody.core = once({ ...request, instrument: instrumentIndex(5) });
  nobody.runner.deliver(TIMER);
  assertEquals(nobody.processed, ["timer", "feed_interrupted"]);
});

Deno.test("A question about a book goes to its venue; without one it is asked again later", () => {
  const request = { kind: "request_book_check", instrument: instrumentIndex(0), reason: "audit" };
  for (const hasVenue of [true, false]) {
    const world = new RunnerWorld(hasVenue);
    world.core = once(request);
    world.runner.deliver(TIMER);
    assertEquals(world.connector.checks.length, hasVenue ? 1 : 0);
    assertEquals(world.processed, ["timer"]);
    assertEquals(world.notices, [], "an audit is no sign of a halt");
    world.core = once({ ...request, reason: "quiet" });
    world.runner.deliver(TIMER);
    assertEquals(world.notices, ["quiet 0"]);
  }
});

Deno.test("Alerts, mode changes and refusals go to people, not to venues", () => {
  const world = new RunnerWorld();
  world.core = once(
    { kind: "alert", severity: "info", code: "hello", text: "" },
    { kind: "mode_changed", from: "normal", to: "paused", reason: "", by: "" },
    {
      kind: "order_refused",
      request: "place_order",
      instrument: 0,
      strategy: "s",
      code: "collar",
      text: "",
    },
  );
  world.runner.deliver(TIMER);
  assertEquals(world.notices, ["hello", "paused", "collar"]);
  assertEquals(world.connector.sent, []);
});

Deno.test("LiveRunner measures from socket read to send, for every request that shows a price", () => {
  const world = new RunnerWorld();
  world.core = once(placeOrder(), amendOrder(), replaceOrder(), cancelOrder());
  world.clock.advance(2);
  world.runner.deliver(TIMER);
  const { count, max } = world.latencies.lines()["tick_to_order"]!;
  assertEquals(count, 3);
  assertEquals(max >= 1_900 && max <= 2_100, true);
  assertEquals(world.latencies.stage("core").count, 1);
});
