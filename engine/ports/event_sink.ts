/**
 * Where events and outputs are recorded: the journal, the history recorder, or nothing.
 * @module
 */
import type { EngineEvent, EngineOutput } from "@/engine/messages/mod.ts";
import type { Micros } from "@/engine/domain/mod.ts";

/** Takes every event before the core sees it and every output as it is made. Copies what it
 * keeps. */
export interface EventSink {
  /** Called before `process`. Market events are scratch: copy. */
  onEvent(event: EngineEvent): void;
  /** Called for each output, in order, with the causing event's time. */
  onOutput(output: EngineOutput, at: Micros): void;
  /** False while the sink is behind its bound: quotes are pulled, cancels go on. */
  readonly keepsUp: boolean;
}

/** Takes the core's outputs while it runs. */
export interface OutputSink {
  emit(output: EngineOutput): void;
}
