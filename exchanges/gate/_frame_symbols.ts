/**
 * Which instrument a depth frame is of: from its symbol, also where that stands behind the levels.
 * @module
 */
import { keyBytes } from "@/exchanges/shared/mod.ts";
import { isText, type Slot, type SymbolTable } from "./_frame_scanner.ts";

const POINT = 46;
const QUOTE = 34;
/** How far from a frame's end its symbol is looked for. */
const TAIL_BYTES = 160;
const SYMBOL_MARK = keyBytes('"s":"');
const OBU_PREFIX = keyBytes("ob.");

/** The instrument of a symbol, for `obu` of `ob.<symbol>.<levels>`. */
export function symbolAt(
  bytes: Uint8Array,
  start: number,
  end: number,
  table: SymbolTable,
  isObu: boolean,
): Slot | undefined {
  if (!isObu) return table.find(bytes, start, end);
  if (!isText(bytes, start, start + OBU_PREFIX.length, OBU_PREFIX)) return undefined;
  let point = end - 1;
  while (point > start + 2 && bytes[point] !== POINT) point--;
  return table.find(bytes, start + OBU_PREFIX.length, point > start + 2 ? point : end);
}

/** The known symbol that stands nearest to the frame's end as the value of an `s`. */
export function symbolAhead(
  bytes: Uint8Array,
  from: number,
  end: number,
  table: SymbolTable,
  isObu: boolean,
): Slot | undefined {
  const lowest = Math.max(from, end - TAIL_BYTES);
  for (let at = end - SYMBOL_MARK.length; at >= lowest; at--) {
    if (bytes[at] !== QUOTE || !isText(bytes, at, at + SYMBOL_MARK.length, SYMBOL_MARK)) continue;
    const start = at + SYMBOL_MARK.length;
    let close = start;
    while (close < end && bytes[close] !== QUOTE) close++;
    const slot = symbolAt(bytes, start, close, table, isObu);
    if (slot !== undefined) return slot;
  }
  return undefined;
}
