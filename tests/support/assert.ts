/**
 * The one door to @std/assert, with types.
 * @module
 */
// @ts-types="./std_assert.d.ts"
export * from "@std/assert";
