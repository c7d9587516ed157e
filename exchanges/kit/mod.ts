/**
 * What the clients of several venues do in the very same way, above the transports of
 * `exchanges/shared`: JSON trees read without trust. No venue's name in it.
 *
 * 1. A piece stands here only where every user wants it exactly so; a venue that differs keeps its
 *    own.
 * 2. Nothing here throws on what a venue sent.
 * @module
 */
export {
  decimalField,
  idField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./json_values.ts";
