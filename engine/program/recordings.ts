/**
 * What a recording is of, and the part of a configuration that it can play.
 *
 * 1. Recorded ticks are Binance's: where the configuration trades Binance, only Binance plays, and
 *    only the instruments that were recorded. The rest would wait for books that never come.
 * 2. Virtual time begins when the recording does, so that stamps are those of the day.
 * @module
 */
import type { Config, LoadedConfig } from "@/engine/config/mod.ts";
import { err, type Micros, micros, ok, type Result, type VenueId } from "@/engine/domain/mod.ts";
import type { RecordingFile } from "@/engine/ports/mod.ts";

/** Lines of a file looked through for its symbol: snapshots name none. */
const LINES_LOOKED_AT_MAX = 1_000;
const RECORDED_VENUE: VenueId = "binance";

/** When the first line of all was received; undefined where there is none. */
export function recordingStart(files: readonly RecordingFile[]): Micros | undefined {
  const starts = files.flatMap(({ lines }) => {
    const nanos = /^(\d{13,16})\d{3} /.exec(lines[0] ?? "");
    return nanos === null ? [] : [Number(nanos[1])];
  });
  return starts.length === 0 ? undefined : micros(Math.min(...starts));
}

/** The configuration without what was not recorded, and the names of what was left out. */
export function recordedPart(
  loaded: LoadedConfig,
  files: readonly RecordingFile[],
): Result<{ readonly loaded: LoadedConfig; readonly leftOut: readonly string[] }> {
  if (files.length === 0) return ok({ loaded, leftOut: [] });
  const recorded = new Set(files.flatMap((file) => symbolOf(file) ?? []));
  const { config } = loaded;
  const keeps = (venue: string, symbol: string) =>
    (venue === RECORDED_VENUE || config.venues[RECORDED_VENUE] === undefined) &&
    recorded.has(symbol.replace(/-PERP$/, "").replaceAll("-", ""));
  const keepsKey = (key: string) => {
    const [venue, symbol] = key.split(":");
    return keeps(venue!, symbol!);
  };
  const venues: Config["venues"] = Object.fromEntries(
    Object.entries(config.venues).flatMap(([venue, one]) => {
      const instruments = one.instruments.filter((symbol) => keeps(venue, symbol));
      return instruments.length === 0 ? [] : [[venue, { ...one, instruments }]];
    }),
  );
  if (Object.keys(venues).length === 0) {
    const found = [...recorded].join(", ") || "none";
    return err(`trade --recording: wanted recorded books of the instruments, found ${found}`);
  }
  const limits = Object.entries(config.risk.instruments).filter(([key]) => keepsKey(key));
  const part: Config = {
    ...config,
    venues,
    strategies: config.strategies.filter((one) => one.instruments.every(keepsKey)),
    risk: { ...config.risk, instruments: Object.fromEntries(limits) },
  };
  const leftOut = Object.entries(config.venues).flatMap(([venue, one]) =>
    one.instruments.filter((symbol) => !keeps(venue, symbol)).map((symbol) => `${venue}:${symbol}`)
  );
  return ok({ loaded: { ...loaded, config: part }, leftOut });
}

function symbolOf({ lines }: RecordingFile): string | undefined {
  for (const line of lines.slice(0, LINES_LOOKED_AT_MAX)) {
    const symbol = /"s":"([A-Z0-9]+)"/.exec(line);
    if (symbol !== null) return symbol[1];
  }
  return undefined;
}
