/**
 * `HyperliquidDialect`: `/info`, `/exchange` and `/ws` of the venue on one host and port.
 *
 *   action -> shape -> weight -> signer -> nonce -> budget -> next block -> answer
 *
 * 1. Nothing is done for an action that is refused on its way.
 * 2. HTTP says 200 for what the chain refuses: the body counts.
 * Source: protocol sheet, all sections.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import {
  ServedSnapshots,
  type ServerRequest,
  type ServerResponse,
  type ServerSession,
  type ServerSocket,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { AccountChannels } from "./account_channels.ts";
import * as account from "./account_info.ts";
import { type Action, canonicalAction, countOf, ordersOf } from "./actions.ts";
import type { Rank } from "./blocks.ts";
import { HourlyFunding } from "./funding.ts";
import { MarketChannels } from "./market_channels.ts";
import * as market from "./market_info.ts";
import { Nonces } from "./nonces.ts";
import { RateLimits, weightOf } from "./rate_limits.ts";
import {
  actionHash,
  l1Digest,
  recoverAddress,
  signatureOf,
  signersByAddress,
  USER_ACTIONS,
  userDigest,
} from "./signatures.ts";
import { isObject, objectOf, type SocketHost, SocketSession } from "./socket_session.ts";
import { carryOut, type Desk } from "./trade_actions.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface HyperliquidDialectOptions {
  readonly state: VenueState;
  readonly credentials: Readonly<Record<string, string>>;
  /** Agents that may act for the account from the beginning, lower case. */
  readonly agents?: readonly string[];
  /** Refuses what is signed for the other network; takes both when left out. */
  readonly network?: "mainnet" | "testnet";
}

type Say = (status: number, body: string) => void;

const CONNECTIONS_MAX = 10;
const CONNECTS_PER_MINUTE = 30;
const BATCH_MAX = 200;
const BATCH_PER_WEIGHT = 40;
const STALE_WEIGHT = 4;
const ANSWER_FIRST = 0.5;
const SERVED = new ServedSnapshots<string>();
const BAD_SHAPE = "Failed to deserialize the JSON body into the target type";

/** The venue's side of the wire. */
export class HyperliquidDialect implements WireDialect, SocketHost {
  readonly venue: VenueId = "hyperliquid";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly limits: RateLimits;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  readonly listenedUsers = new Map<string, number>();
  subscriptionCount = 0;
  readonly #nonces = new Nonces();
  readonly #agents: Map<string, string>;
  readonly #signers = signersByAddress();
  /** The network whose signature is looked for first. */
  #signedFor: "a" | "b";
  readonly #network: "mainnet" | "testnet" | undefined;
  readonly #desk: Desk;
  readonly #sessions = new Set<SocketSession>();
  #answers: (() => void)[] = [];

  constructor(options: HyperliquidDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.#network = options.network;
    this.#signedFor = options.network === "testnet" ? "b" : "a";
    this.#agents = new Map((options.agents ?? []).map((each) => [each, ""]));
    this.limits = new RateLimits(state.exchange.clock);
    this.markets = new MarketChannels(state);
    this.accounts = new AccountChannels(state);
    const deadMan = { timer: undefined, day: 0, fired: 0 };
    this.#desk = { state, accounts: this.accounts, limits: this.limits, deadMan };
    state.exchange.addListener(this.markets);
    state.exchange.addListener(this.accounts);
    state.exchange.addListener(new HourlyFunding(state, this.accounts));
    state.blocks.addTeller(() => this.#tell());
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const base = `http://${hostAndPort}`;
    const ws = `ws://${hostAndPort}/ws`;
    const all = { rest: base, public_ws: ws, private_ws: ws, ws_api: ws };
    return { spot: all, perp: all };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { faults, exchange } = this.state;
    const now = exchange.clock.now();
    const say: Say = (status, body) => respond({ status, body });
    const known = request.path === "/info" || request.path === "/exchange";
    if (!known) return say(404, "Not Found");
    if (request.method !== "POST") return say(405, "Method Not Allowed");
    if (faults?.decide("maintenance", now) === true) return say(503, "Service Unavailable");
    if (faults?.decide("throttle", now) === true) return say(429, "null");
    const body = objectOf(request.body);
    if (body === undefined) return say(422, BAD_SHAPE);
    if (request.path === "/exchange") return this.#act(body, say);
    const data = this.#info(body);
    if (typeof data === "number") return say(data, data === 429 ? "null" : BAD_SHAPE);
    say(200, data);
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (request.path !== "/ws") return { status: 404, body: "Not Found" };
    if (this.#sessions.size >= CONNECTIONS_MAX) return { status: 429, body: "null" };
    if (!this.limits.take("connect", 1, CONNECTS_PER_MINUTE)) return { status: 429, body: "null" };
    const session = new SocketSession(socket, this);
    this.#sessions.add(session);
    return {
      onText: (text) => session.onText(text),
      onPong: (payload) => session.onPong(payload),
      onClose: () => {
        this.#sessions.delete(session);
        session.onClose();
      },
    };
  }

  post({ type, payload }: Json, answer: (type: string, payload: unknown) => void): void {
    const { faults, exchange } = this.state;
    const now = exchange.clock.now();
    if (!isObject(payload) || (type !== "action" && type !== "info")) {
      return answer("error", `422 ${BAD_SHAPE}`);
    }
    if (faults?.decide("throttle", now) === true) return answer("error", "429 Too Many Requests");
    if (faults?.decide("maintenance", now) === true) {
      return answer("error", "503 Service Unavailable");
    }
    if (type === "action") {
      return this.#act(payload, (status, body) => {
        if (status === 200) answer("action", JSON.parse(body));
        else answer("error", `${status} ${body === "null" ? "Too Many Requests" : body}`);
      });
    }
    const data = this.#info(payload);
    if (typeof data === "number") return answer("error", `${data} ${BAD_SHAPE}`);
    answer("info", { type: payload.type, data: JSON.parse(data) });
  }

  /** Ends the block: answers and events, in either order. */
  #tell(): void {
    const answers = this.#answers;
    this.#answers = [];
    const first = this.state.random.next() < ANSWER_FIRST;
    if (first) { for (const say of answers) say(); }
    this.accounts.tell();
    if (!first) { for (const say of answers) say(); }
  }

  /** Takes a signed action; answers with the block that carries it out. */
  #act(body: Json, say: Say): void {
    const refuse = (text: string) => say(200, JSON.stringify({ status: "err", response: text }));
    const { nonce, vaultAddress, expiresAfter } = body;
    const raw = body.action;
    const isUsers = isObject(raw) && Object.hasOwn(USER_ACTIONS, String(raw.type));
    const action = isUsers ? raw as Action : canonicalAction(raw);
    const signature = signatureOf(body.signature);
    const whole = isInteger(nonce) && isOptional(expiresAfter, isInteger) &&
      isOptional(vaultAddress, isAddress);
    if (action === undefined || signature === undefined || !whole) return say(422, BAD_SHAPE);
    const count = countOf(action);
    if (count > BATCH_MAX) return refuse("Signed action over weight limit of 200.");
    if (!this.limits.takeWeight(1 + Math.floor(count / BATCH_PER_WEIGHT))) return say(429, "null");
    const { clock } = this.state.exchange;
    const nowMs = Math.floor(clock.now() / 1_000);
    const envelope = {
      nonce: nonce as number,
      ...(typeof vaultAddress === "string" ? { vaultAddress } : {}),
      ...(typeof expiresAfter === "number" ? { expiresAfter } : {}),
    };
    const signer = isUsers
      ? this.#userSigner(action, signature, nonce as number)
      : this.#signer(action, envelope, signature);
    if ("error" in signer) return refuse(signer.error);
    if (envelope.vaultAddress !== undefined) {
      return refuse(`Vault not registered: ${envelope.vaultAddress.toLowerCase()}`);
    }
    const used = this.#nonces.take(signer.address, nonce as number, nowMs);
    if (used !== undefined) return refuse(used);
    const until = envelope.expiresAfter ?? Infinity;
    if (until <= nowMs) {
      this.limits.takeWeight(STALE_WEIGHT);
      return refuse("Action already expired");
    }
    const cancels = action.type.startsWith("cancel");
    const charged = this.limits.chargeActions(count, cancels, this.state.volume);
    if (charged !== undefined) return refuse(charged);
    this.state.blocks.enqueue(rankOf(action), () => {
      const late = until <= Math.floor(clock.now() / 1_000);
      const text = late
        ? `{"status":"err","response":"Action already expired"}`
        : isUsers
        ? this.#userAction(action)
        : outcomeText(carryOut(this.#desk, action));
      this.#answers.push(() => say(200, text));
    });
  }

  #signer(
    action: Action,
    envelope: Parameters<typeof actionHash>[1],
    signature: NonNullable<ReturnType<typeof signatureOf>>,
  ): { address: string } | { error: string } {
    const hash = actionHash(action, envelope);
    // A venue of no network takes both; who signed is looked for first where it was found last.
    const first = this.#signedFor;
    const wanted = recoverAddress(l1Digest(hash, first), signature, this.#signers) ?? "";
    if (this.#mayAct(wanted)) return { address: wanted };
    const second = first === "a" ? "b" : "a";
    const other = recoverAddress(l1Digest(hash, second), signature, this.#signers) ?? "";
    if (!this.#mayAct(other)) {
      const named = this.#network === undefined && first === "b" ? other : wanted;
      return { error: `L1 error: User or API Wallet ${named} does not exist.` };
    }
    if (this.#network !== undefined) {
      return { error: "Mainnet and testnet require different signature." };
    }
    this.#signedFor = second;
    return { address: other };
  }

  #mayAct(address: string): boolean {
    return address === this.state.address || this.#agents.has(address);
  }

  #userSigner(
    action: Action,
    signature: NonNullable<ReturnType<typeof signatureOf>>,
    nonce: number,
  ): { address: string } | { error: string } {
    const digest = userDigest({ agentName: "", ...action });
    const address = digest === undefined
      ? undefined
      : recoverAddress(digest, signature, this.#signers);
    if (address === undefined || (action.nonce ?? action.time) !== nonce) {
      return { error: "Invalid user-signed action." };
    }
    return address === this.state.address
      ? { address }
      : { error: `Must deposit before performing actions. User: ${address}` };
  }

  #userAction(action: Action): string {
    if (action.type === "approveAgent") {
      const name = String(action.agentName ?? "");
      for (const [known, itsName] of this.#agents) if (itsName === name) this.#agents.delete(known);
      const agent = String(action.agentAddress).toLowerCase();
      if (BigInt(agent) !== 0n) this.#agents.set(agent, name);
      return outcomeText({ response: { type: "default" } });
    }
    if (action.type === "approveBuilderFee") return outcomeText({ response: { type: "default" } });
    return outcomeText({ error: "Action disabled when unified account is active" });
  }

  /** The text of an answer, or the HTTP status of its refusal. */
  #info(body: Json): string | number {
    if (!this.limits.takeWeight(weightOf(body.type))) return 429;
    if (body.type === "l2Book") return this.#bookInfo(body);
    const data = this.#marketInfo(body) ?? this.#accountInfo(body);
    if (data === undefined) return 422;
    return typeof data === "string" ? data : JSON.stringify(data.value);
  }

  #bookInfo(body: Json): string | number {
    const { state } = this;
    const { faults, exchange } = state;
    const symbol = state.symbols.find(body.coin);
    if (symbol === undefined) return "null";
    const folding = {
      nSigFigs: (body.nSigFigs ?? null) as number | null,
      mantissa: (body.mantissa ?? null) as number | null,
    };
    const depth = 100 * (folding.nSigFigs ?? 0) + (folding.mantissa ?? 0);
    return SERVED.serve(symbol, depth, { faults, now: exchange.clock.now() }, () => {
      return `${market.bookText(state, symbol, 20, folding)}}`;
    });
  }

  #marketInfo(body: Json): { value: unknown } | string | undefined {
    const { state } = this;
    switch (body.type) {
      case "meta":
        return { value: market.meta(state) };
      case "metaAndAssetCtxs":
        return { value: market.metaAndAssetCtxs(state) };
      case "allPerpMetas":
        return { value: [market.meta(state)] };
      case "perpDexs":
        return { value: [null] };
      case "spotMeta":
        return { value: market.spotMeta(state) };
      case "spotMetaAndAssetCtxs":
        return { value: market.spotMetaAndAssetCtxs(state) };
      case "exchangeStatus":
        return { value: market.exchangeStatus(state) };
      case "allMids":
        return { value: market.midsOf(state) };
      case "fundingHistory":
        return { value: market.fundingHistory(state, body) };
      case "recentTrades": {
        const symbol = state.symbols.find(body.coin);
        return symbol === undefined ? undefined : market.recentTrades(state, symbol);
      }
      default:
        return undefined;
    }
  }

  #accountInfo(body: Json): { value: unknown } | undefined {
    const { state } = this;
    if (!isAddress(body.user)) return undefined;
    const user = String(body.user).toLowerCase();
    if (body.type === "userRole") return { value: this.#roleOf(user) };
    if (user !== state.address) return emptyInfo(body.type, state);
    switch (body.type) {
      case "openOrders":
        return { value: account.openOrders(state, (each) => account.orderBody(state, each)) };
      case "frontendOpenOrders":
        return { value: account.openOrders(state, (each) => account.frontendOrder(state, each)) };
      case "historicalOrders":
        return { value: account.historicalOrders(state) };
      case "orderStatus":
        return { value: account.orderStatus(state, body.oid) };
      case "userFills":
      case "userFillsByTime":
        return { value: account.userFills(state, body) };
      case "userFunding":
        return { value: state.fundings.filter((each) => between(each.time, body)).map(deltaOf) };
      case "clearinghouseState":
        return { value: account.clearinghouseState(state) };
      case "spotClearinghouseState":
        return { value: account.spotClearinghouseState(state) };
      case "userAbstraction":
        return { value: state.mode };
      case "userFees":
        return { value: account.userFees(state) };
      case "userRateLimit":
        return { value: account.userRateLimit(state, this.limits) };
      case "extraAgents":
        return { value: [...this.#agents].map(([address, name]) => ({ address, name })) };
      default:
        return undefined;
    }
  }

  #roleOf(user: string): Json {
    if (user === this.state.address) return { role: "user" };
    return this.#agents.has(user)
      ? { role: "agent", data: { user: this.state.address } }
      : { role: "missing" };
  }
}

/** What the venue says of an address it does not know. */
function emptyInfo(type: unknown, state: VenueState): { value: unknown } | undefined {
  const zero = { accountValue: "0.0", totalNtlPos: "0.0", totalRawUsd: "0.0" };
  const summary = { ...zero, totalMarginUsed: "0.0" };
  const empty: Readonly<Record<string, unknown>> = {
    openOrders: [],
    frontendOpenOrders: [],
    historicalOrders: [],
    userFills: [],
    userFillsByTime: [],
    userFunding: [],
    extraAgents: [],
    orderStatus: { status: "unknownOid" },
    userAbstraction: "default",
    spotClearinghouseState: { balances: [] },
    userFees: account.userFees(state),
    userRateLimit: { cumVlm: "0.0", nRequestsUsed: 0, nRequestsCap: 10_000, nRequestsSurplus: 0 },
    clearinghouseState: {
      marginSummary: summary,
      crossMarginSummary: summary,
      crossMaintenanceMarginUsed: "0.0",
      withdrawable: "0.0",
      assetPositions: [],
      time: state.blocks.timeMs,
    },
  };
  return Object.hasOwn(empty, String(type)) ? { value: empty[String(type)] } : undefined;
}

/** Place within the block: what holds takers goes last. */
function rankOf(action: Action): Rank {
  if (action.type.startsWith("cancel")) return 1;
  return ordersOf(action).some((each) => each.t.limit?.tif !== "Alo") ? 2 : 0;
}

function outcomeText(outcome: ReturnType<typeof carryOut>): string {
  return JSON.stringify(
    "error" in outcome
      ? { status: "err", response: outcome.error }
      : { status: "ok", response: outcome.response },
  );
}

function deltaOf({ time, ...delta }: Json): Json {
  return { time, hash: `0x${"0".repeat(64)}`, delta: { type: "funding", ...delta } };
}

function between(time: unknown, { startTime, endTime }: Json): boolean {
  const at = Number(time);
  return at >= Number(startTime ?? 0) && at <= Number(endTime ?? Infinity);
}

function isInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);
}

function isOptional(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === undefined || value === null || check(value);
}
