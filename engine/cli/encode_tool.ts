/**
 * `encode`: order requests in, what would be sent out: without timestamp, nonce, request id and
 * signature.
 *
 * Each input line gives one output line: the message, or `{"line","refused":"why"}`.
 * @module
 */
import { err, type Instrument, ok, type Result } from "@/engine/domain/mod.ts";
import type { EncodedRequest, VenueTools } from "@/engine/ports/mod.ts";
import { quoted, readObject } from "./input_lines.ts";
import { readRequest } from "./request_reader.ts";

/** How it went. */
export interface EncodeOutcome {
  readonly lines: number;
  readonly refused: number;
}

/** Encodes every line. */
export async function runEncodeTool(
  tools: VenueTools,
  instruments: readonly Instrument[],
  lines: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<EncodeOutcome> {
  const bySymbol = new Map(instruments.map((one) => [String(one.terms.symbol), one]));
  let count = 0;
  let refused = 0;
  for await (const line of lines) {
    count++;
    const encoded = encodeLine(tools, bySymbol, line);
    if (!encoded.ok) refused++;
    write(JSON.stringify(
      encoded.ok ? { line: count, ...encoded.value } : { line: count, refused: encoded.error },
    ));
  }
  return { lines: count, refused };
}

function encodeLine(
  tools: VenueTools,
  bySymbol: ReadonlyMap<string, Instrument>,
  line: string,
): Result<EncodedRequest> {
  const input = readObject(line);
  if (!input.ok) return input;
  const symbol = input.value["instrument"];
  const instrument = typeof symbol === "string" ? bySymbol.get(symbol) : undefined;
  if (instrument === undefined) {
    return err(`"instrument": wanted one of the ${bySymbol.size} given, found ${quoted(symbol)}`);
  }
  const asBuy = readRequest(input.value, instrument, "buy");
  if (!asBuy.ok) return asBuy;
  const encoded = tools.encode(asBuy.value, instrument);
  const kind = asBuy.value.kind;
  const needsNoSide = kind !== "amend_order" && kind !== "replace_order";
  if (!encoded.ok || needsNoSide || typeof input.value["side"] === "string") return encoded;
  // The side was not said: right only where the venue's message does not name it.
  const asSell = readRequest(input.value, instrument, "sell");
  const other = asSell.ok ? tools.encode(asSell.value, instrument) : asSell;
  if (other.ok && JSON.stringify(other.value) === JSON.stringify(encoded.value)) {
    return ok(encoded.value);
  }
  return err('"side": this venue names it in the message; wanted buy or sell, found nothing');
}
