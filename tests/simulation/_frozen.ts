/**
 * One venue whose sockets stay open and say nothing from an instant on, and what became of the
 * books: the real house, the venue's own protocol on the in-memory wire, virtual time.
 * @module
 */
import { type Micros, micros, type VenueId } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { WireFaults } from "@/exchanges/simulator/mod.ts";
import { openVenue } from "./_one_venue.ts";

const FREEZE_MS = 120_000;

/** How the venue is frozen. */
export interface Freeze {
  readonly venue: VenueId;
  readonly seed: number;
  /** `freeze`: whole sockets stand still; `drop`: only messages do, pings are answered; `books`: all
   * else is still said. */
  readonly kind?: "freeze" | "drop" | "books";
  /** Before it, in seconds. */
  readonly livesFor: number;
  /** From then on, in seconds. */
  readonly frozenFor: number;
  /** More of the configuration's venue block. */
  readonly venueKeys?: string;
  /** More of the configuration. */
  readonly keys?: string;
}

/** What became of one book. */
export interface FrozenBook {
  readonly symbol: string;
  /** Usable right before the freeze. */
  readonly wasUsable: boolean;
  /** Own orders that rested then. */
  readonly ordersBefore: number;
  /** The last word of the venue that confirmed the book. */
  heardAt: Micros;
  /** When it became unusable; undefined: never. */
  unusableAt: Micros | undefined;
  /** Known orders that nobody was cancelling after the turn in which it became unusable. */
  unpulled: number;
  /** Orders that nobody was cancelling at the end, those unanswered when it happened too. */
  left: number;
  readonly thresholdMs: number;
}

/** How it went. */
export interface FrozenEnd {
  readonly house: House;
  readonly books: readonly FrozenBook[];
  /** Times a book became unusable while the venue spoke, after the first synchronisation. */
  readonly falseAlarms: number;
  readonly errors: readonly string[];
}

/** Runs one venue, freezes its sockets, looks on. */
export async function frozen(freeze: Freeze): Promise<FrozenEnd> {
  let isFrozen = false;
  const faults: WireFaults = {
    fate: (direction, channel) =>
      !isFrozen || freeze.kind === "books" || direction === "in" || channel === "http"
        ? { kind: "pass" }
        : freeze.kind === "drop"
        ? { kind: "drop" }
        : { kind: "freeze", ms: FREEZE_MS },
  };
  const isBook = ({ kind }: EngineEvent) => kind === "book_delta" || kind === "book_snapshot";
  const world = await openVenue({
    ...freeze,
    wire: faults,
    ...(freeze.kind === "books" ? { drops: (event) => isFrozen && isBook(event) } : {}),
    onProcessed: (event) => look(event),
  });
  const { house, clock, log } = world;
  let books: FrozenBook[] = [];
  let falseAlarms = 0;
  const usable = new Map<number, boolean>();

  function look(event: EngineEvent): void {
    for (const slot of house.engine.state.instruments) {
      if (slot === undefined) continue;
      const before = usable.get(slot.index);
      const now = slot.feed.isUsable;
      usable.set(slot.index, now);
      const book = books.find((one) => one.symbol === slot.instrument.terms.symbol);
      if (book === undefined) {
        if (before === true && !now) falseAlarms++;
        continue;
      }
      if (now) book.heardAt = micros(event.at - slot.feed.silence(event.at));
      if (before !== true || now || book.unusableAt !== undefined) continue;
      book.unusableAt = event.at;
      house.engine.orders.forEachOrder(slot.index, (order) => {
        if (order.pending !== "cancel" && isAnswered(order)) book.unpulled++;
      });
    }
  }

  house.session.start();
  clock.runFor(freeze.livesFor * 1_000);
  books = house.engine.state.instruments.flatMap((slot) =>
    slot === undefined ? [] : [{
      symbol: slot.instrument.terms.symbol,
      wasUsable: slot.feed.isUsable,
      ordersBefore: house.engine.orders.openOrderCount(slot.index),
      heardAt: clock.now(),
      unusableAt: undefined,
      unpulled: 0,
      left: 0,
      thresholdMs: slot.streams.thresholds.book,
    }]
  );
  isFrozen = true;
  clock.runFor(freeze.frozenFor * 1_000);
  for (const slot of house.engine.state.instruments) {
    const book = books.find((one) => one.symbol === slot?.instrument.terms.symbol);
    if (slot === undefined || book === undefined) continue;
    house.engine.orders.forEachOrder(slot.index, (order) => {
      if (order.pending !== "cancel") book.left++;
    });
  }
  world.stop();
  return { house, books, falseAlarms, errors: log.at("error") };
}

/** Whether the venue's last word of it is known: others are asked about, then pulled. */
function isAnswered({ state }: { readonly state: string }): boolean {
  return state === "new" || state === "partially_filled";
}
