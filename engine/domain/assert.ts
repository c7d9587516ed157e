/**
 * Our own broken invariants stop trading: asserts stay on in production.
 *
 * Message texts are constant, so that a passing assert costs one test (LAYOUT, "Habits").
 * @module
 */

/** One of our own invariants was broken. The last-resort handler cancels all orders and exits 1. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Stops trading when one of our own invariants does not hold. `message` must be constant text. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Ends a switch over a closed union: the compiler finds the forgotten case. */
export function unreachable(value: never): never {
  throw new InvariantError(`Reached a case that cannot exist: ${JSON.stringify(value)}`);
}
