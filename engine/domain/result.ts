/**
 * An expected failure is a value the caller must look at.
 * @module
 */

/** Success with a value. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

/** An expected failure with its reason. */
export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

/** Either a value or the reason why there is none. */
export type Result<T, E = string> = Ok<T> | Err<E>;

/** A success. */
export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/** An expected failure. Its text says what failed, what was wanted and what was found. */
export function err<E>(error: E): Err<E> {
  return { ok: false, error };
}

/** The value of a result that our own code guarantees to be a success; else a broken invariant. */
export function unwrap<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(String(result.error));
  return result.value;
}
