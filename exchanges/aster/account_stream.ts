/**
 * BACK 1: the private socket of one product: own orders, fills, balances, positions.
 *
 *   POST listenKey -> /ws/<listenKey> -> PUT every 30 minutes; expired or unknown -> all anew
 *
 * 1. The link is "up" once the keyed socket is open; then the core reconciles.
 * 2. An event that cannot be read makes the link go down and up again: the core asks for the truth
 *    instead of missing a fill.
 *
 * Source: venue documentation "User data streams", futures and spot v3, read 2026-06-30.
 * @module
 */
import { err, type Micros, ok, type Result } from "@/engine/domain/mod.ts";
import { LinkTeller, OnceLog, type ProductContext, type Session } from "./_context.ts";
import { Fields } from "./_fields.ts";
import type { AccountBook } from "./_order_objects.ts";
import { type AsterRest, wordsOf } from "./_rest.ts";
import { AsterAccountDecoder } from "./account_decoder.ts";
import { userStreamUrl } from "./endpoints.ts";

const KEEP_ALIVE_MS = 30 * 60_000;

/** Own events of one product. */
export class AccountStream {
  readonly #context: ProductContext;
  readonly #rest: AsterRest;
  readonly #decoder: AsterAccountDecoder;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #link: LinkTeller;
  #listenKey = "";
  #timer: number | undefined;
  #isStopped = false;

  /** `onUp` is called when the venue let us in: it answers again. */
  constructor(context: ProductContext, rest: AsterRest, book: AccountBook, onUp: () => void) {
    this.#context = context;
    this.#rest = rest;
    this.#decoder = new AsterAccountDecoder(book);
    this.#once = new OnceLog(context.log);
    this.#link = new LinkTeller(context, "account");
    this.#session = context.openSession({
      name: `aster ${context.product} account`,
      urlFor: (done) => this.#askKey(done),
      handler: {
        onUp: () => {
          onUp();
          this.#link.tell(true, "private socket open");
        },
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#link.tell(false, reason),
      },
    });
  }

  start(): void {
    this.#session.start();
    this.#keepAlive();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
  }

  #askKey(done: (url: Result<string>) => void): void {
    this.#rest.send("data", { method: "POST", name: "listenKey", params: [] }, (outcome) => {
      const answer = outcome.kind === "ok" ? Fields.of(outcome.tree) : undefined;
      this.#listenKey = answer?.text("listenKey") ?? "";
      if (/^[\w-]+$/.test(this.#listenKey)) {
        return done(ok(userStreamUrl(this.#context.addresses.private_ws, this.#listenKey)));
      }
      const found = wordsOf(outcome);
      this.#once.warn("private socket has no listen key", found);
      done(err(`Cannot open the private socket: wanted a listen key, found ${found}`));
    });
  }

  #keepAlive(): void {
    this.#timer = this.#context.scheduler.after(KEEP_ALIVE_MS, () => {
      this.#keepAlive();
      if (this.#listenKey === "") return;
      const params = [["listenKey", this.#listenKey]] as const;
      this.#rest.send("data", { method: "PUT", name: "listenKey", params }, (outcome) => {
        if (this.#isStopped || outcome.kind === "ok") return;
        this.#once.warn("listen key was not extended", wordsOf(outcome));
        // -1125: the venue has forgotten the key; connecting anew asks for another.
        if (outcome.kind === "error" && outcome.code === -1125) {
          this.#session.restart("listen key unknown");
        }
      });
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters, log } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const outcome = this.#decoder.decode(bytes, start, end, at, this.#context);
    if (outcome === "decoded") return;
    if (outcome === "refused") {
      counters.refusedFrames++;
      this.#once.warn(`account frame refused: ${this.#decoder.reason}`);
      if (!this.#link.isUp) return;
      this.#link.tell(false, "refused frame");
      return this.#link.tell(true, "reconcile");
    }
    counters.ignoredFrames++;
    if (this.#decoder.lastEvent === "listenKeyExpired") {
      this.#session.restart("listen key expired");
    } else if (this.#decoder.lastEvent === "MARGIN_CALL") {
      log.log("error", "margin call from the venue");
    }
  }
}
