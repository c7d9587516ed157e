/**
 * A very small venue for the whole connector: it checks every signature by itself, keeps orders in
 * a list, and says on its private sockets what it did. Written from the venue's documentation, not
 * from the connector.
 * @module
 */
import { HmacSha256 } from "@/exchanges/shared/mod.ts";
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import type { Clock } from "@/engine/ports/mod.ts";

const KEY = "small-key";
const SECRET = "small-secret";

interface Socket {
  readonly path: string;
  readonly socket: ServerSocket;
  readonly topics: Set<string>;
  isLoggedIn: boolean;
}

/** An order as the venue keeps it. */
export interface SmallOrder {
  readonly orderId: string;
  readonly orderLinkId: string;
  readonly category: string;
  readonly qty: string;
  readonly price: string;
  orderStatus: string;
}

/** Serves just enough of the protocol. */
export class SmallVenue implements WireDialect {
  readonly venue = "bybit";
  readonly credentials = { key: KEY, secret: SECRET };
  readonly orders: SmallOrder[] = [];
  readonly sockets: Socket[] = [];
  readonly complaints: string[] = [];
  /** Acknowledges orders and says no more of them. */
  isMute = false;
  /** Answers orders with this code, when it is not 0. */
  refuseWith = 0;
  /** Tick of the linear instrument. */
  tick = "0.10";
  u = 100;
  readonly #hmac = new HmacSha256(SECRET);
  readonly #clock: Clock;
  readonly #requestIds = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  endpoints(at: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const one = (category: string) => ({
      rest: `http://${at}`,
      public_ws: `ws://${at}/v5/public/${category}`,
      private_ws: `ws://${at}/v5/private`,
      ws_api: `ws://${at}/v5/trade`,
    });
    return { spot: one("spot"), perp: one("linear") };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const body = this.#answer(request);
    respond({ status: body === undefined ? 404 : 200, body: JSON.stringify(body ?? {}) });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    const one: Socket = { path: request.path, socket, topics: new Set(), isLoggedIn: false };
    this.sockets.push(one);
    return {
      onText: (text) => this.#onFrame(one, JSON.parse(text)),
      onPong: () => {},
      onClose: () => {
        const at = this.sockets.indexOf(one);
        if (at >= 0) this.sockets.splice(at, 1);
      },
    };
  }

  /** Moves the book on all public sockets. */
  pushDelta(category: string, bid: string): void {
    this.u++;
    const data = { s: "BTCUSDT", b: [[bid, "2"]], a: [], u: this.u, seq: this.u };
    this.#push(`/v5/public/${category}`, "orderbook.50.BTCUSDT", {
      type: "delta",
      ts: this.#nowMs(),
      data,
    });
  }

  #nowMs(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }

  #push(path: string, topic: string, rest: object): void {
    for (const one of this.sockets) {
      if (one.path !== path || !one.topics.has(topic)) continue;
      one.socket.sendText(JSON.stringify({ topic, ...rest }));
    }
  }

  #answer(request: ServerRequest): unknown {
    const { path, query, body } = request;
    const params = new URLSearchParams(query);
    const good = (result: unknown) => ({ retCode: 0, retMsg: "OK", result, time: this.#nowMs() });
    if (path === "/v5/market/time") {
      return good({ timeSecond: "1", timeNano: `${this.#clock.now()}000` });
    }
    if (path === "/v5/market/instruments-info") return good(this.#listing(params));
    if (path === "/v5/system/status") return good({ list: [] });
    const time = request.headers.get("x-bapi-timestamp") ?? "";
    const signed = `${time}${KEY}5000${request.method === "GET" ? query : body}`;
    const isSigned = this.#hmac.hex(signed) === request.headers.get("x-bapi-sign");
    if (!isSigned) this.complaints.push(`${path} is not signed`);
    if (!isSigned) return { retCode: 10004, retMsg: "error sign!", result: {} };
    const age = this.#nowMs() - Number(time);
    if (age > 5_000 || age <= -1_000) return { retCode: 10002, retMsg: "time", result: {} };
    if (path === "/v5/account/set-limit-px-action") return good({});
    if (path === "/v5/order/realtime") {
      return good({ list: this.orders.map((order) => this.#shown(order)), nextPageCursor: "" });
    }
    if (path === "/v5/execution/list" || path === "/v5/position/list") {
      return good({ list: [], nextPageCursor: "" });
    }
    if (path === "/v5/account/wallet-balance") {
      const coin = [{ coin: "USDT", walletBalance: "1000", locked: "0" }];
      return good({ list: [{ accountType: "UNIFIED", coin }] });
    }
    return undefined;
  }

  /** Linear comes in two pages. */
  #listing(params: URLSearchParams): unknown {
    const category = params.get("category");
    const common = { baseCoin: "BTC", quoteCoin: "USDT", status: "Trading" };
    const prices = (tickSize: string) => ({ priceFilter: { tickSize } });
    if (category === "spot") {
      const lots = { basePrecision: "0.000001", minOrderAmt: "5", maxLimitOrderQty: "80" };
      const entry = { symbol: "BTCUSDT", ...common, ...prices("0.01"), lotSizeFilter: lots };
      return { category, list: [entry], nextPageCursor: "" };
    }
    if (params.get("symbol") === null && params.get("cursor") === null) {
      return { category, list: [], nextPageCursor: "page%3D2" };
    }
    const entry = {
      symbol: "BTCUSDT",
      ...common,
      contractType: "LinearPerpetual",
      settleCoin: "USDT",
      ...prices(this.tick),
      lotSizeFilter: { qtyStep: "0.001", minOrderQty: "0.001", maxOrderQty: "1190" },
    };
    return { category, list: [entry], nextPageCursor: "" };
  }

  // deno-lint-ignore no-explicit-any
  #onFrame(one: Socket, frame: any): void {
    const say = (message: unknown) => one.socket.sendText(JSON.stringify(message));
    const { op, args } = frame;
    const isTrade = one.path === "/v5/trade";
    if (op === "ping") return say({ success: true, ret_msg: "pong", op: "ping" });
    if (op === "auth") {
      const isGood = args[0] === KEY && args[1] > this.#nowMs() &&
        args[2] === this.#hmac.hex(`GET/realtime${args[1]}`);
      one.isLoggedIn = isGood;
      if (isTrade) return say({ retCode: isGood ? 0 : 10004, retMsg: "", op: "auth" });
      return say({ success: isGood, ret_msg: "", op: "auth", req_id: frame.req_id });
    }
    if (op === "subscribe") {
      for (const topic of args) one.topics.add(topic);
      say({ success: true, ret_msg: "", op, req_id: frame.req_id });
      for (const topic of args) this.#greet(one, topic);
      return;
    }
    if (op === "unsubscribe") {
      for (const topic of args) one.topics.delete(topic);
      return say({ success: true, ret_msg: "", op, req_id: frame.req_id });
    }
    if (isTrade) this.#onOrder(one, frame, say);
  }

  #greet(one: Socket, topic: string): void {
    const data = {
      s: "BTCUSDT",
      b: [["64000.0", "1"]],
      a: [["64001.0", "1"]],
      u: this.u,
      seq: this.u,
    };
    const frame = { topic, type: "snapshot", ts: this.#nowMs(), data };
    if (topic.startsWith("orderbook.")) one.socket.sendText(JSON.stringify(frame));
    if (topic.startsWith("tickers.")) {
      const ticker = { symbol: "BTCUSDT", markPrice: "64000.5", indexPrice: "64000.4" };
      one.socket.sendText(JSON.stringify({ ...frame, data: ticker }));
    }
  }

  // deno-lint-ignore no-explicit-any
  #onOrder(one: Socket, frame: any, say: (message: unknown) => void): void {
    const { reqId, op, args: [order] } = frame;
    if (!one.isLoggedIn) return say({ reqId, retCode: 10004, retMsg: "not logged in", op });
    if (this.#requestIds.has(reqId)) return say({ reqId, retCode: 20006, retMsg: "twice", op });
    this.#requestIds.add(reqId);
    if (this.refuseWith !== 0) {
      return say({ reqId, retCode: this.refuseWith, retMsg: "no", op });
    }
    if (op === "order.create") {
      if (this.orders.some((known) => known.orderLinkId === order.orderLinkId)) {
        return say({ reqId, retCode: 110072, retMsg: "duplicate", op });
      }
      const { orderLinkId, category, qty, price } = order;
      const orderId = `v${this.orders.length + 1}`;
      const made = { orderId, orderLinkId, category, qty, price, orderStatus: "New" };
      this.orders.push(made);
      say({ reqId, retCode: 0, retMsg: "OK", op, data: { orderId, orderLinkId } });
      return this.#tell(made);
    }
    const found = this.orders.find((known) =>
      known.orderLinkId === order.orderLinkId || known.orderId === order.orderId
    );
    if (found === undefined) return say({ reqId, retCode: 110001, retMsg: "not found", op });
    found.orderStatus = "Cancelled";
    say({ reqId, retCode: 0, retMsg: "OK", op, data: {} });
    this.#tell(found);
  }

  #tell(order: SmallOrder): void {
    if (this.isMute) return;
    const data = [this.#shown(order)];
    this.#push("/v5/private", "order", { creationTime: this.#nowMs(), data });
  }

  #shown(order: SmallOrder): unknown {
    return {
      ...order,
      symbol: "BTCUSDT",
      side: "Buy",
      orderType: "Limit",
      timeInForce: "PostOnly",
      cumExecQty: "0",
      avgPrice: "",
      rejectReason: "EC_NoError",
      updatedTime: String(this.#nowMs()),
    };
  }
}
