/**
 * The real program as a process: arguments and standard input in, exit code and both outputs out.
 * @module
 */

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const LIFE_MS_MAX = 60_000;

/** One maker on one perpetual, nothing on standard error but warnings, a free control port. */
export const PROGRAM_CONFIG = `
log: { level: info }
status_every_s: 0
control: { enabled: true, listen: "127.0.0.1:0" }
venues:
  binance: { instruments: [BTC-USDT-PERP, ETH-USDT-PERP] }
strategies:
  - id: mm_btc
    kind: market_making
    instruments: ["binance:BTC-USDT-PERP"]
    parameters: { order_size: "0.01", inventory_max: "0.05", half_spread_bp: "0.5" }
  - id: mm_eth
    kind: market_making
    instruments: ["binance:ETH-USDT-PERP"]
    parameters: { order_size: "0.2", inventory_max: "1", half_spread_bp: "0.5" }
`;

/** The token that \`TOKEN_DOCUMENT\` gives to a run. */
export const TOKEN = "a-token-of-the-program-tests";

/** The second document of standard input. */
export const TOKEN_DOCUMENT = `---\nsecrets:\n  control_token: ${TOKEN}\n`;

/** A finished run. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run in progress. */
export class RunningProgram {
  readonly #process: Deno.ChildProcess;
  readonly #outputs: { text: string }[] = [];
  readonly #pumps: Promise<void>[];
  readonly #watchdog: ReturnType<typeof setTimeout>;
  #waiting: (() => void)[] = [];

  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#pumps = [process.stdout, process.stderr].map((stream) => this.#pump(stream));
    this.#watchdog = setTimeout(() => this.signal("SIGKILL"), LIFE_MS_MAX);
  }

  signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // It has ended by itself.
    }
  }

  /** The first match in what was written to standard output or error; waits for it. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const output of this.#outputs) {
        const found = pattern.exec(output.text);
        if (found !== null) return found;
      }
      const isOver = await this.#more();
      if (isOver) throw new Error(`wanted ${pattern}, found:\n${this.#text(0)}\n${this.#text(1)}`);
    }
  }

  async finished(): Promise<Finished> {
    const { code } = await this.#process.status;
    await Promise.all(this.#pumps);
    clearTimeout(this.#watchdog);
    return { code, stdout: this.#text(0), stderr: this.#text(1) };
  }

  #text(which: 0 | 1): string {
    return this.#outputs[which]!.text;
  }

  /** Resolves with the next output; true when the process is over. */
  #more(): Promise<boolean> {
    const more = new Promise<boolean>((resolve) => this.#waiting.push(() => resolve(false)));
    return Promise.race([more, Promise.all(this.#pumps).then(() => true)]);
  }

  async #pump(stream: ReadableStream<Uint8Array>): Promise<void> {
    const output = { text: "" };
    this.#outputs.push(output);
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      output.text += decoder.decode(bytes, { stream: true });
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

/** Starts the program; `stdin` is written and closed. */
export async function start(args: readonly string[], stdin = ""): Promise<RunningProgram> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-read", MAIN, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const running = new RunningProgram(process);
  const writer = process.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  } catch {
    // It ended before it read: what it says tells why.
  }
  return running;
}

/** Runs the program to its end. */
export async function run(args: readonly string[], stdin = ""): Promise<Finished> {
  return await (await start(args, stdin)).finished();
}
