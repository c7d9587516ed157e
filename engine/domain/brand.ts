/**
 * How a NewType is declared: a plain value with a name the compiler can tell apart.
 *
 * The cast to a branded type appears only in that type's constructor function.
 * @module
 */

declare const brand: unique symbol;

/** `T` with a name: two brands of one `T` cannot be mixed by accident. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
