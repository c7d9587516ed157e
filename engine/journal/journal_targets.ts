/**
 * Where a journal may go: nowhere, standard output, a file, or a TCP sink.
 *
 *   write(bytes) --copy--> queue (bounded) --one write at a time--> sink
 *
 * 1. `write` never waits and never throws.
 * 2. The queue is bounded: beyond it the target has failed, because a journal with a hole is none.
 * 3. An existing file is never overwritten: it is moved aside as `FILE.1`, `FILE.2` ..
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { JournalTarget } from "./journal_writer.ts";

/** Beyond this many queued bytes the sink is given up; far above the writer's own bound. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;
/** How long `close` waits for a sink that does not take its bytes. */
const CLOSE_MS_MAX = 5_000;
const KEPT_FILES_MAX = 10_000;

/** Keeps nothing; outputs are still counted and hashed by the writer. */
export class NoTarget implements JournalTarget {
  readonly keepsBytes = false;
  readonly backlogBytes = 0;
  readonly failure = undefined;
  write(_bytes: Uint8Array): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keeps everything in memory, for simulation and tests. */
export class MemoryTarget implements JournalTarget {
  readonly keepsBytes = true;
  readonly backlogBytes = 0;
  readonly failure = undefined;
  readonly #chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** All bytes so far, in one piece. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const total = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const joined = new Uint8Array(total);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    return joined;
  }
}

/** Something that takes bytes in its own time. */
export interface ByteSink {
  /** Writes some of the bytes and answers how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Called once, after the last byte. */
  close(): void | Promise<void>;
}

/** Queues bytes for a sink. */
export class QueueTarget implements JournalTarget {
  readonly keepsBytes = true;
  readonly #sink: ByteSink;
  readonly #queue: Uint8Array[] = [];
  readonly #queuedBytesMax: number;
  readonly #closeMsMax: number;
  #backlogBytes = 0;
  #failure: string | undefined;
  #pump: Promise<void> | undefined;

  constructor(sink: ByteSink, queuedBytesMax = QUEUED_BYTES_MAX, closeMsMax = CLOSE_MS_MAX) {
    this.#sink = sink;
    this.#queuedBytesMax = queuedBytesMax;
    this.#closeMsMax = closeMsMax;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    if (this.#backlogBytes + bytes.length > this.#queuedBytesMax) {
      return this.#fail(
        `Cannot write journal: wanted at most ${this.#queuedBytesMax} bytes waiting, ` +
          `found ${this.#backlogBytes + bytes.length}`,
      );
    }
    this.#queue.push(bytes.slice());
    this.#backlogBytes += bytes.length;
    this.#pump ??= this.#run();
  }

  async close(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#closeMsMax);
    });
    const outcome = await Promise.race([this.#pump, late]);
    clearTimeout(timer);
    if (outcome === "late") {
      this.#fail(`Cannot write journal: the sink took nothing for ${this.#closeMsMax} ms`);
    }
    try {
      await this.#sink.close();
    } catch (error) {
      this.#fail(`Cannot close journal: ${messageOf(error)}`);
    }
  }

  async #run(): Promise<void> {
    try {
      for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
        let at = 0;
        while (at < chunk.length) {
          const written = await this.#sink.write(chunk.subarray(at));
          at += written;
          this.#backlogBytes -= written;
        }
      }
    } catch (error) {
      this.#fail(`Cannot write journal: ${messageOf(error)}`);
    }
    this.#pump = undefined;
  }

  /** The first reason stays. */
  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#queue.length = 0;
    this.#backlogBytes = 0;
  }
}

/** Opens what `--journal` names: `none`, `-`, `tcp://HOST:PORT` or a file. */
export async function openJournalTarget(name: string): Promise<Result<JournalTarget>> {
  if (name === "none") return ok(new NoTarget());
  if (name === "-") return ok(new QueueTarget(standardOutput()));
  try {
    if (name.startsWith("tcp://")) {
      const address = parseAddress(name);
      if (!address.ok) return address;
      return ok(new QueueTarget(await Deno.connect(address.value)));
    }
    if (name === "") {
      return err('Cannot open journal: wanted none, -, tcp://HOST:PORT or FILE, found ""');
    }
    await moveAside(name);
    return ok(new QueueTarget(syncedFile(await Deno.open(name, { write: true, createNew: true }))));
  } catch (error) {
    return err(`Cannot open journal "${name}": ${messageOf(error)}`);
  }
}

function standardOutput(): ByteSink {
  return { write: (bytes) => Deno.stdout.write(bytes), close: () => {} };
}

/** A file whose bytes are on disk once they count as written. */
function syncedFile(file: Deno.FsFile): ByteSink {
  return {
    async write(bytes) {
      const written = await file.write(bytes);
      await file.syncData();
      return written;
    },
    close: () => file.close(),
  };
}

function parseAddress(name: string): Result<{ hostname: string; port: number }> {
  const match = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/\s]+):(\d{1,5})\/?$/.exec(name);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    return err(`Cannot open journal: wanted tcp://HOST:PORT, found "${name}"`);
  }
  return ok({ hostname: match[1]!.replace(/^\[|\]$/g, ""), port });
}

/** Moves an existing, non-empty file out of the way. */
async function moveAside(path: string): Promise<void> {
  const found = await sizeOf(path);
  if (found === undefined) return;
  if (found === 0) return await Deno.remove(path);
  for (let number = 1; number <= KEPT_FILES_MAX; number++) {
    const aside = `${path}.${number}`;
    if (await sizeOf(aside) === undefined) return await Deno.rename(path, aside);
  }
  throw new Error(`wanted a free name beside it, found ${KEPT_FILES_MAX} older journals`);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
