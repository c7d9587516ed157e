/**
 * Feeds the core: one event at a time, journalled, processed, its outputs sent, all before the
 * next.
 *
 *   connector -> deliver -> sink.onEvent -> core.process -> router -> connector
 *                   |                            |
 *                   +--- inbox (only while busy) +-> sink.onOutput, after the orders have left
 *
 * 1. `process` is never entered twice: what arrives meanwhile waits in the inbox.
 * 2. Every event the core sees was given to the sink first; every output after it was sent.
 * 3. A throw from the core goes to the last-resort handler; nothing more is processed after it, nor
 *    after any other failure that the last resort was told of.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import type { Clock, EventReceiver, EventSink, OutputSink } from "@/engine/ports/mod.ts";
import type { LatencyHistogram } from "@/engine/metrics/mod.ts";
import { Inbox } from "./inbox.ts";
import type { OutputRouter } from "./output_router.ts";

/** The deterministic core, as the runner sees it. */
export interface EventProcessor {
  process(event: EngineEvent, out: OutputSink): void;
}

/** What the runner measures. */
export interface RunnerLatencies {
  /** Socket read of the causing event to the order handed to its socket, nanoseconds. */
  readonly tickToOrder: LatencyHistogram;
  /** Time in the core per event, sampled, nanoseconds. */
  readonly core: LatencyHistogram;
}

/** What the runner is built with. */
export interface RunnerOptions {
  readonly core: EventProcessor;
  readonly clock: Clock;
  readonly sink: EventSink;
  readonly router: OutputRouter;
  readonly latencies: RunnerLatencies;
  /** Called after each event, its outputs sent and journalled (simulation checks). */
  readonly onProcessed?: (event: EngineEvent) => void;
  /** Called once when the core or a connector throws. */
  readonly onFailure: (failure: unknown) => void;
}

const CORE_SAMPLE_MASK = 15;

/** The one runner of live, paper and simulated trading. */
export class LiveRunner implements EventReceiver, OutputSink {
  readonly #core: EventProcessor;
  readonly #clock: Clock;
  readonly #sink: EventSink;
  readonly #router: OutputRouter;
  readonly #latencies: RunnerLatencies;
  readonly #onProcessed: ((event: EngineEvent) => void) | undefined;
  readonly #onFailure: (failure: unknown) => void;
  readonly #inbox = new Inbox();
  /** Outputs of the event in process; journalled after they were sent. */
  readonly #outputs: EngineOutput[] = [];
  #busy = false;
  #stopped = false;
  #sinkKeptUp = true;
  #at: Micros = 0 as Micros;
  /** Events processed since start. */
  processed = 0;
  /** Outputs routed since start. */
  emitted = 0;

  constructor(options: RunnerOptions) {
    this.#core = options.core;
    this.#clock = options.clock;
    this.#sink = options.sink;
    this.#router = options.router;
    this.#latencies = options.latencies;
    this.#onProcessed = options.onProcessed;
    this.#onFailure = options.onFailure;
  }

  /** Market events that did not fit into the inbox. */
  get dropped(): number {
    return this.#inbox.dropped;
  }

  /** An event is in process. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Takes one event: now, or right after the one in process. */
  deliver(event: EngineEvent): void {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#inbox.offer(event);
      return;
    }
    this.#busy = true;
    try {
      this.#processOne(event);
      for (let next = this.#inbox.next(); next !== undefined; next = this.#inbox.next()) {
        this.#processOne(next);
      }
    } catch (failure) {
      this.#stopped = true;
      // What had left before the throw stands in the journal too.
      this.#journalOutputs();
      this.#onFailure(failure);
    } finally {
      this.#busy = false;
    }
  }

  /** Nothing is processed any more: the last resort is at work. */
  stop(): void {
    this.#stopped = true;
  }

  /** Called by the core for each output: it leaves at once. */
  emit(output: EngineOutput): void {
    this.emitted++;
    const answer = this.#router.route(output, this.#at);
    if (answer !== undefined) this.#inbox.offer(answer);
    else if (showsPrice(output)) {
      this.#latencies.tickToOrder.record((this.#clock.now() - this.#at) * 1_000);
    }
    this.#outputs.push(output);
  }

  #processOne(event: EngineEvent): void {
    this.#at = event.at;
    this.#sink.onEvent(event);
    const sampled = (this.processed++ & CORE_SAMPLE_MASK) === 0;
    const startedAt = sampled ? this.#clock.monotonic() : 0;
    this.#core.process(event, this);
    if (sampled) this.#latencies.core.record(this.#clock.monotonic() - startedAt);
    this.#journalOutputs();
    this.#onProcessed?.(event);
    if (this.#sink.keepsUp !== this.#sinkKeptUp) this.#tellSinkState(event.at);
  }

  /** The sink's state enters the core as an event, so that replay sees it at the same point. */
  #tellSinkState(at: Micros): void {
    this.#sinkKeptUp = this.#sink.keepsUp;
    this.#inbox.offer({
      kind: "command",
      name: this.#sinkKeptUp ? "resume" : "pause",
      at,
      by: "journal",
      reason: this.#sinkKeptUp ? "the journal caught up" : "the journal's sink is behind its bound",
      releaseKillSwitch: false,
      values: [],
    });
  }

  #journalOutputs(): void {
    const outputs = this.#outputs;
    if (outputs.length === 0) return;
    for (let index = 0; index < outputs.length; index++) {
      this.#sink.onOutput(outputs[index]!, this.#at);
    }
    outputs.length = 0;
  }
}

function showsPrice(output: EngineOutput): boolean {
  return output.kind === "place_order" || output.kind === "amend_order" ||
    output.kind === "replace_order";
}
