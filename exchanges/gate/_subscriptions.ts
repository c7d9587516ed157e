/**
 * The subscribe frames of one market socket: which channels, in what batches, and what to do when
 * the venue refuses one.
 *
 * 1. Best bid and ask, trades and tickers take many names in one payload; depth streams take one
 *    name each in the futures and on `order_book_update`.
 * 2. A refused batch is asked for again name by name; a refused single name is given up.
 * 3. Ids of frames are unique per socket object, so that an answer finds its frame.
 * @module
 */
import type { Instrument, Product } from "@/engine/domain/mod.ts";
import type { WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { channelOf } from "./endpoints.ts";

const NAMES_PER_FRAME_MAX = 100;
const REMEMBERED_MAX = 1_024;
const SYMBOL = /^[A-Z0-9]+_[A-Z0-9]+$/;

/** A frame that may be refused. */
interface Sent {
  readonly channel: string;
  readonly payloads: readonly (readonly string[])[];
}

/** Subscribes one socket. */
export class Subscriptions {
  readonly #product: Product;
  readonly #instruments: readonly Instrument[];
  readonly #depth: "obu" | "order_book_update";
  readonly #sent = new Map<number, Sent>();
  #nextId = 0;

  constructor(
    product: Product,
    instruments: readonly Instrument[],
    depth: "obu" | "order_book_update",
  ) {
    this.#product = product;
    this.#instruments = instruments.filter(({ terms }) => SYMBOL.test(terms.venueSymbol));
    this.#depth = depth;
  }

  /** Subscribes to everything on a connection that just opened. */
  all(connection: WebSocketConnection, seconds: number): void {
    this.#sent.clear();
    const names = this.#instruments.map(({ terms }) => terms.venueSymbol);
    const channels = ["book_ticker", "trades"];
    if (this.#product === "perpetual") channels.push("tickers");
    for (const name of channels) {
      for (let from = 0; from < names.length; from += NAMES_PER_FRAME_MAX) {
        const payloads = names.slice(from, from + NAMES_PER_FRAME_MAX).map((one) => [one]);
        this.#send(connection, name, "subscribe", payloads, seconds);
      }
    }
    for (const instrument of this.#instruments) {
      this.#send(connection, this.#depth, "subscribe", [this.#depthOf(instrument)], seconds);
    }
  }

  /** Drops a depth stream and takes it again: the whole book is pushed anew. */
  depthAnew(connection: WebSocketConnection, instrument: Instrument, seconds: number): void {
    const payload = this.#depthOf(instrument);
    // Futures deltas are dropped without their number of levels.
    const dropped = this.#depth === "obu" ? payload : payload.slice(0, 2);
    this.#send(connection, this.#depth, "unsubscribe", [dropped], seconds);
    this.#send(connection, this.#depth, "subscribe", [payload], seconds);
  }

  /** A frame was refused: its names, and each of several is asked for again alone. */
  onRefused(connection: WebSocketConnection, id: number, seconds: number): readonly string[] {
    const sent = this.#sent.get(id);
    if (sent === undefined) return [];
    this.#sent.delete(id);
    if (sent.payloads.length > 1) {
      for (const payload of sent.payloads) {
        this.#send(connection, sent.channel, "subscribe", [payload], seconds);
      }
    }
    return sent.payloads.map((payload) => `${sent.channel}:${payload[0]}`);
  }

  #depthOf({ terms }: Instrument): readonly string[] {
    if (this.#depth === "obu") return [`ob.${terms.venueSymbol}.400`];
    return this.#product === "spot"
      ? [terms.venueSymbol, "100ms"]
      : [terms.venueSymbol, "100ms", "100"];
  }

  #send(
    connection: WebSocketConnection,
    name: string,
    event: "subscribe" | "unsubscribe",
    payloads: readonly (readonly string[])[],
    seconds: number,
  ): void {
    const id = ++this.#nextId;
    if (event === "subscribe") {
      if (this.#sent.size >= REMEMBERED_MAX) {
        const oldest = this.#sent.keys().next();
        if (!oldest.done) this.#sent.delete(oldest.value);
      }
      this.#sent.set(id, { channel: name, payloads });
    }
    connection.sendText(JSON.stringify({
      time: seconds,
      id,
      channel: channelOf(this.#product, name),
      event,
      payload: payloads.flat(),
    }));
  }
}
