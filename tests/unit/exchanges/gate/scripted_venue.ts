/**
 * A venue that answers as the documentation's examples do, over the in-memory wire.
 * @module
 */
import type {
  ServerRequest,
  ServerResponse,
  ServerSocket,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import type { ManualClock } from "@/tests/support/manual_clock.ts";

const PAIR = {
  id: "BTC_USDT",
  base: "BTC",
  quote: "USDT",
  precision: 2,
  amount_precision: 5,
  min_quote_amount: "3",
  trade_status: "untradable",
};
const CONTRACTS = [
  {
    name: "BTC_USDT",
    quanto_multiplier: "0.0001",
    order_price_round: "0.1",
    order_size_min: 1,
    order_size_max: 1_000_000,
    status: "trading",
  },
  { name: "XRP_USDT", type: "inverse", quanto_multiplier: "0", order_price_round: "0.1" },
];

type Frame = Readonly<Record<string, unknown>>;

/** One server for both products. */
export class ScriptedVenue implements WireDialect {
  readonly venue = "gate";
  readonly credentials = {};
  /** Sockets in the order in which they were opened. */
  readonly sockets: { readonly path: string; readonly socket: ServerSocket }[] = [];
  readonly requests: ServerRequest[] = [];
  readonly handshakes: ServerRequest[] = [];
  readonly frames: string[] = [];
  failures = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get asked(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`);
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    this.requests.push(request);
    if (this.failures > 0) {
      this.failures--;
      return respond({ status: 502, body: "<html>Bad Gateway</html>" });
    }
    const answers: Record<string, unknown> = {
      "/api/v4/spot/currency_pairs": [PAIR],
      "/api/v4/spot/currency_pairs/BTC_USDT": PAIR,
      "/api/v4/futures/usdt/contracts": CONTRACTS,
      "/api/v4/futures/usdt/contracts/BTC_USDT": CONTRACTS[0],
      "/api/v4/spot/time": { server_time: this.#clock.now() / 1_000 + 250 },
      "/api/v4/account/detail": { user_id: 110_284_739 },
      "/api/v4/futures/usdt/accounts": { total: "5", available: "5", currency: "USDT" },
    };
    const answer = answers[request.path] ?? (request.method === "GET" ? [] : {});
    respond({ status: 200, body: JSON.stringify(answer) });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket) {
    this.handshakes.push(request);
    const entry = { path: request.path, socket };
    this.sockets.push(entry);
    return {
      onText: (text: string) => this.#onText(socket, JSON.parse(text) as Frame),
      onPong: () => {},
      onClose: () => {
        this.sockets.splice(this.sockets.indexOf(entry), 1);
      },
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  /** Says something on the first open socket of a path (the market's). */
  say(path: string, message: unknown): void {
    const entry = this.sockets.find((one) => one.path === path);
    assert(entry !== undefined, `nobody is connected to ${path}`);
    entry.socket.sendText(JSON.stringify(message));
  }

  #onText(socket: ServerSocket, frame: Frame): void {
    const channel = String(frame["channel"]);
    const event = String(frame["event"] ?? "");
    this.frames.push(`${event} ${channel}`.trim());
    if (channel.endsWith(".ping")) {
      const pong = channel.replace("ping", "pong");
      return socket.sendText(JSON.stringify({ channel: pong, event: "", result: null }));
    }
    if (event !== "api") {
      const result = { status: "success" };
      return socket.sendText(JSON.stringify({ ...frame, error: null, result }));
    }
    this.#onRequest(socket, channel, frame["payload"] as Frame);
  }

  #onRequest(socket: ServerSocket, channel: string, payload: Frame): void {
    const header = { status: "200", channel, event: "api" };
    const reply = (result: unknown, ack = false): void => {
      const id = payload["req_id"];
      socket.sendText(JSON.stringify({ request_id: id, ack, header, data: { result } }));
    };
    if (channel.endsWith(".login")) return reply({ uid: "110284739" });
    const param = payload["req_param"] as Frame;
    reply({ req_param: param }, true);
    if (param["text"] === "t-lost") return;
    reply({ ...param, id: 7, left: param["size"], status: "open", update_time: 1 });
  }
}
