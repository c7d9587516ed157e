/**
 * `events`: raw messages in, one line per normalised event out.
 *
 *   line -> market decoder; what it does not know -> account decoder; what neither knows -> said so
 *
 * 1. Every input line gives at least one output line, with its number, in order.
 * 2. No input can make it fail: what cannot be read is an `error` line.
 * @module
 */
import type { Instrument, InstrumentIndex } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type {
  DecodeOutcome,
  EventReceiver,
  MarketDecoder,
  VenueTools,
  WireDecoder,
} from "@/engine/ports/mod.ts";
import { eventJson, type JsonObject } from "./event_json.ts";
import { type FrameLine, readFrameLine } from "./input_lines.ts";
import { SymbolFinder } from "./symbol_finder.ts";

/** What a decoder says of frames that are none of its business. */
const NOT_MINE: ReadonlySet<string> = new Set(["other channel", "own events", "private channel"]);

/** What `events` was told. */
export interface EventsOptions {
  /** Empty: those that the messages name are made up on a fine grid. */
  readonly instruments: readonly Instrument[];
  /** Whose snapshots the `rest` lines are; needed where several instruments are known. */
  readonly instrument?: Instrument | undefined;
}

/** How it went. */
export interface EventsOutcome {
  readonly lines: number;
  readonly events: number;
  readonly ignored: number;
  readonly errors: number;
}

/** Decodes every line. */
export async function runEventsTool(
  tools: VenueTools,
  options: EventsOptions,
  lines: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<EventsOutcome> {
  const printer = new EventPrinter(tools, options, write);
  for await (const line of lines) printer.takeLine(line);
  return printer.outcome();
}

/** Decodes line by line and prints what comes of it. */
class EventPrinter implements EventReceiver {
  readonly #venue: string;
  readonly #tools: VenueTools;
  readonly #snapshotsOf: Instrument | undefined;
  /** Undefined where the instruments were given. */
  readonly #finder: SymbolFinder | undefined;
  #instruments: readonly Instrument[];
  #market: MarketDecoder;
  #account: WireDecoder;
  readonly #write: (line: string) => void;
  readonly #encoder = new TextEncoder();
  /** Whether the last frame was the market decoder's business. */
  #isMarket = true;
  #line = 0;
  #events = 0;
  #ignored = 0;
  #errors = 0;

  constructor(tools: VenueTools, options: EventsOptions, write: (line: string) => void) {
    this.#venue = tools.venue;
    this.#tools = tools;
    this.#finder = options.instruments.length === 0 ? new SymbolFinder(tools) : undefined;
    this.#instruments = options.instruments;
    this.#snapshotsOf = options.instrument ??
      (options.instruments.length === 1 ? options.instruments[0] : undefined);
    this.#market = tools.createMarketDecoder(options.instruments);
    this.#account = tools.createAccountDecoder(options.instruments);
    this.#write = write;
  }

  outcome(): EventsOutcome {
    return {
      lines: this.#line,
      events: this.#events,
      ignored: this.#ignored,
      errors: this.#errors,
    };
  }

  takeLine(line: string): void {
    this.#line++;
    const frame = readFrameLine(line);
    if (!frame.ok) return this.#printError(frame.error);
    if (this.#finder?.look(frame.value.text) === true) this.#takeInstruments(this.#finder);
    if (frame.value.source === "rest") this.#takeSnapshot(frame.value);
    else this.#takeFrame(frame.value);
  }

  deliver(event: EngineEvent): void {
    const json = eventJson(event, (index) => this.#instrumentAt(index));
    if (json["kind"] === "ignored") this.#ignored++;
    else this.#events++;
    this.#print(json);
  }

  #takeInstruments({ instruments }: SymbolFinder): void {
    this.#instruments = instruments;
    this.#market = this.#tools.createMarketDecoder(instruments);
    this.#account = this.#tools.createAccountDecoder(instruments);
  }

  #takeFrame({ text, at }: FrameLine): void {
    const bytes = this.#encoder.encode(text);
    const outcome = this.#decode(bytes, at);
    if (outcome === "decoded") return;
    const reason = this.#isMarket ? this.#market.reason : this.#account.reason;
    if (outcome === "ignored") this.#printIgnored(reason);
    else if (!this.#isReadOnOtherGrid(bytes, at)) this.#printError(reason);
  }

  /** Where instruments are made up, what is off their grid may be on another one. */
  #isReadOnOtherGrid(bytes: Uint8Array, at: FrameLine["at"]): boolean {
    const finder = this.#finder;
    if (finder === undefined || finder.instruments.length === 0) return false;
    const before = { all: this.#instruments, market: this.#market, account: this.#account };
    for (let turn = 1; turn < finder.gridCount; turn++) {
      finder.turnGrid();
      this.#takeInstruments(finder);
      if (this.#decode(bytes, at) === "decoded") return true;
    }
    finder.turnGrid();
    this.#instruments = before.all;
    this.#market = before.market;
    this.#account = before.account;
    return false;
  }

  /** A frame is one decoder's business: what that one cannot read is an error. */
  #decode(bytes: Uint8Array, at: FrameLine["at"]): DecodeOutcome {
    const market = this.#market.decode(bytes, 0, bytes.length, at, this);
    this.#isMarket = true;
    if (market === "decoded") return "decoded";
    const account = this.#account.decode(bytes, 0, bytes.length, at, this);
    if (market === "refused" && account !== "decoded") return "refused";
    this.#isMarket = account === "ignored" && !NOT_MINE.has(this.#market.reason);
    return account;
  }

  #takeSnapshot({ text, at }: FrameLine): void {
    const known = this.#snapshotsOf;
    if (known === undefined) {
      return this.#printIgnored("a snapshot does not name its instrument: --instrument says it");
    }
    const bytes = this.#encoder.encode(text);
    const outcome: DecodeOutcome = this.#market
      .decodeSnapshot(bytes, 0, bytes.length, known.index, at, this);
    if (outcome === "ignored") this.#printIgnored(this.#market.reason);
    else if (outcome === "refused") this.#printError(this.#market.reason);
  }

  #instrumentAt(index: InstrumentIndex): Instrument {
    return this.#instruments[index]!;
  }

  #printIgnored(reason: string): void {
    this.#ignored++;
    this.#print({ kind: "ignored", reason });
  }

  #printError(reason: string): void {
    this.#errors++;
    this.#print({ kind: "error", reason });
  }

  #print({ kind, ...rest }: JsonObject): void {
    this.#write(JSON.stringify({ line: this.#line, kind, venue: this.#venue, ...rest }));
  }
}
