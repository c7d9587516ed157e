/**
 * Lines of standard input, and the raw messages of the wire tools among them.
 *
 * 1. A line longer than the limit is an error of the input, not of the memory.
 * 2. A bad line is a value: it is told and counted, and the next one is read.
 * @module
 */
import { err, type Micros, micros, MICROS_UNKNOWN, ok, type Result } from "@/engine/domain/mod.ts";

const LINE_LENGTH_MAX = 67_108_864;
const HEAD_LENGTH_MAX = 1_000;

/** One raw message. */
export interface FrameLine {
  /** `rest`: the body of the venue's snapshot answer. */
  readonly source: "ws" | "rest";
  readonly text: string;
  readonly at: Micros;
}

/** The lines of a byte stream, without their line ends. The last one needs none. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const line = new GrowingLine();
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      line.add(text.slice(start, end));
      yield withoutReturn(line.take());
      start = end + 1;
    }
    line.add(text.slice(start));
  }
  line.add(decoder.decode());
  const rest = line.take();
  if (rest !== "") yield rest;
}

/** A line that goes on: each piece is looked at once, however long the line grows. */
class GrowingLine {
  #pieces: string[] = [];
  #length = 0;

  add(piece: string): void {
    this.#length += piece.length;
    this.#pieces.push(piece);
    // Of what is too long its head alone is kept, to be told; the rest goes by.
    if (this.#length > LINE_LENGTH_MAX) {
      const head = this.#pieces[0]!.slice(0, HEAD_LENGTH_MAX);
      this.#pieces = [`${head}…`];
    }
  }

  take(): string {
    const line = this.#pieces.join("");
    const isTooLong = this.#length > LINE_LENGTH_MAX;
    this.#pieces = [];
    this.#length = 0;
    return isTooLong ? `${line.slice(0, HEAD_LENGTH_MAX)}… (too long)` : line;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** A JSON object on one line. */
export function readObject(line: string): Result<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return err(`wanted one JSON object, found ${quoted(line)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return ok(value as Record<string, unknown>);
  }
  return err(`wanted one JSON object, found ${quoted(line)}`);
}

/** A raw message on one line. */
export function readFrameLine(line: string): Result<FrameLine> {
  const object = readObject(line);
  if (!object.ok) return object;
  const { source, text, at_us: at } = object.value;
  if (source !== "ws" && source !== "rest") {
    return err(`"source": wanted "ws" or "rest", found ${quoted(source)}`);
  }
  if (typeof text !== "string") return err(`"text": wanted text, found ${quoted(text)}`);
  if (at === undefined || at === null) return ok({ source, text, at: MICROS_UNKNOWN });
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0) {
    return err(`"at_us": wanted whole microseconds since 1970, found ${quoted(at)}`);
  }
  return ok({ source, text, at: micros(at) });
}

/** A found value, short, for complaints. */
export function quoted(found: unknown): string {
  if (found === undefined) return "nothing";
  const text = typeof found === "string" ? JSON.stringify(found) : JSON.stringify(found) ?? "";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
