/**
 * What leaves the program: exit codes, JSON lines on standard output, words on standard error.
 * @module
 */

/** Exit codes of CONTRACT.md. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Bad arguments or bad config: nothing was started. */
  refused: 2,
  haltedByRisk: 3,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where bytes go, as `Deno.stdout` and `Deno.stderr` take them. */
export interface ByteSink {
  writeSync(bytes: Uint8Array): number;
}

/** One JSON object per line. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value);
}

/** A function that writes whole lines to a sink, however few bytes it takes at a time. */
export function lineWriter(sink: ByteSink): (line: string) => void {
  const encoder = new TextEncoder();
  return (line) => {
    let rest = encoder.encode(`${line}\n`);
    while (rest.length > 0) rest = rest.subarray(sink.writeSync(rest));
  };
}

/** Complaints as a text for standard error. */
export function complaintText(what: string, complaints: readonly string[]): string {
  const many = complaints.length === 1 ? "1 complaint" : `${complaints.length} complaints`;
  return [`${what}: ${many}`, ...complaints.map((complaint) => `  ${complaint}`)].join("\n");
}
