/**
 * A kept WebSocket that can be renewed before it is cut: the venue announces upgrades a minute
 * ahead.
 *
 *   current --renew()--> current + next --next is ready--> next is current, the old one drains
 *
 * 1. `send` uses the current connection; the old one still delivers for a while, so that answers
 *    under way arrive.
 * 2. Each connection is one `SocketLink`; the owner says `markReady` once it is logged in and
 *    subscribed.
 * 3. `onDown` is called only when the current connection is lost and none has taken over.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import { HEARTBEAT, type Session, type VenueContext } from "./_venue_context.ts";

/** One open connection. Later ones have larger generations. */
export interface SocketLink {
  readonly generation: number;
  send(text: string): boolean;
}

/** Who uses the socket. */
export interface SocketHandler {
  /** A connection is open: log in and subscribe on it, then `markReady`. */
  onUp(link: SocketLink): void;
  onText(link: SocketLink, bytes: Uint8Array, start: number, end: number, at: Micros): void;
  onDown(reason: string): void;
}

/** One session and the connection it has now. */
interface Member {
  session: Session;
  link: SocketLink | undefined;
  isReady: boolean;
}

const DRAIN_MS = 3_000;

/** A kept socket. */
export class RenewingSocket {
  readonly #context: VenueContext;
  readonly #name: string;
  readonly #url: string;
  readonly #handler: SocketHandler;
  #generation = 0;
  #current: Member;
  #next: Member | undefined;
  #draining: Member | undefined;
  #timer: number | undefined;
  #isRunning = false;

  constructor(context: VenueContext, name: string, url: string, handler: SocketHandler) {
    this.#context = context;
    this.#name = name;
    this.#url = url;
    this.#handler = handler;
    this.#current = this.#open();
  }

  /** Whether the current connection is open, logged in and subscribed. */
  get isReady(): boolean {
    return this.#current.isReady;
  }

  start(): void {
    this.#isRunning = true;
    this.#current.session.start();
  }

  stop(): void {
    this.#isRunning = false;
    this.#endDraining();
    this.#next?.session.stop();
    this.#next = undefined;
    this.#current.session.stop();
    this.#current.isReady = false;
  }

  /** Drops the current connection, or the one `link` is of, and connects anew. */
  restart(reason: string, link?: SocketLink): void {
    if (!this.#isRunning) return;
    if (link === undefined || this.#current.link === link) this.#current.session.restart(reason);
    else if (this.#next?.link === link) this.#next.session.restart(reason);
  }

  /** Opens another connection, which takes over once it is ready. */
  renew(): void {
    if (!this.#isRunning || this.#next !== undefined) return;
    this.#next = this.#open();
    this.#next.session.start();
  }

  /** Sends on the current connection; false when it is not ready or its bound is reached. */
  send(text: string): boolean {
    const { isReady, link } = this.#current;
    return isReady && link !== undefined && link.send(text);
  }

  /** The connection may be used from now on. */
  markReady(link: SocketLink): void {
    if (this.#current.link === link) {
      this.#current.isReady = true;
    } else if (this.#next?.link === link) {
      this.#endDraining();
      const old = this.#current;
      this.#current = this.#next;
      this.#current.isReady = true;
      this.#next = undefined;
      this.#draining = old;
      this.#timer = this.#context.scheduler.after(DRAIN_MS, () => this.#endDraining());
    }
  }

  #open(): Member {
    const session = this.#context.openSession({
      name: `okx ${this.#name}`,
      urlFor: fixedUrl(this.#url),
      heartbeat: HEARTBEAT,
      handler: {
        onUp: (connection) => {
          const generation = ++this.#generation;
          const link = { generation, send: (text: string) => connection.sendText(text) };
          member.link = link;
          member.isReady = false;
          this.#handler.onUp(link);
        },
        onText: (bytes, start, end, at) => {
          if (member.link !== undefined) {
            this.#handler.onText(member.link, bytes, start, end, at);
          }
        },
        onDown: (reason) => this.#onDown(member, reason),
      },
    });
    // The session calls back only after `start`, so the handler above sees the finished member.
    const member: Member = { session, link: undefined, isReady: false };
    return member;
  }

  #onDown(member: Member, reason: string): void {
    member.link = undefined;
    member.isReady = false;
    if (member !== this.#current) return;
    if (this.#next !== undefined) {
      // The one that was to take over anyway; it is not ready yet.
      member.session.stop();
      this.#current = this.#next;
      this.#next = undefined;
    }
    this.#handler.onDown(reason);
  }

  #endDraining(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#draining?.session.stop();
    this.#draining = undefined;
  }
}
