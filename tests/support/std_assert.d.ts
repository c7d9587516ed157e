/** Types of the assertions we use; the npm mirror of @std/assert ships none. */
export function assert(condition: unknown, message?: string): asserts condition;
export function assertEquals<T>(actual: T, expected: T, message?: string): void;
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): void;
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void;
export function assertMatch(actual: string, expected: RegExp, message?: string): void;
export function assertStringIncludes(actual: string, expected: string, message?: string): void;
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
export function assertGreater<T>(actual: T, expected: T, message?: string): void;
export function assertLess<T>(actual: T, expected: T, message?: string): void;
export function assertThrows(
  run: () => unknown,
  // deno-lint-ignore no-explicit-any
  errorClass?: new (...parts: any[]) => Error,
  messageIncludes?: string,
): unknown;
export function assertRejects(
  run: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  errorClass?: new (...parts: any[]) => Error,
  messageIncludes?: string,
): Promise<unknown>;
export function fail(message?: string): never;
