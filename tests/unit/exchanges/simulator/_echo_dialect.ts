/**
 * A dialect that says back what it hears, for tests of the servers under it.
 * @module
 */
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "@/exchanges/simulator/dialect.ts";

/** One accepted socket. */
export interface EchoSocket {
  readonly path: string;
  readonly socket: ServerSocket;
  readonly heard: string[];
}

/** Remembers everything; answers later when told to hold back. */
export class EchoDialect implements WireDialect {
  readonly venue = "binance";
  readonly credentials = {};
  readonly requests: ServerRequest[] = [];
  readonly sockets: EchoSocket[] = [];
  readonly held: (() => void)[] = [];
  holdBack = false;

  endpoints(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return {};
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    this.requests.push(request);
    const { method, path, query, body } = request;
    const answer = () => respond(answerFor(path, `${method} ${path} ${query} ${body}`));
    if (this.holdBack) this.held.push(answer);
    else answer();
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (request.path === "/refused") return { status: 401, body: '{"code":-2015}' };
    const heard: string[] = [];
    this.sockets.push({ path: request.path, socket, heard });
    socket.sendText(`welcome to ${request.path}?${request.query}`);
    return {
      onText: (text) => {
        heard.push(text);
        if (text === "close me") socket.close(4_001, "as you wish");
        else if (text === "cut me") socket.cut();
        else if (text === "ping me") socket.ping("p1");
        else socket.sendText(`echo ${text}`);
      },
      onPong: (payload) => heard.push(`pong ${payload}`),
      onClose: () => heard.push("closed"),
    };
  }
}

function answerFor(path: string, text: string): ServerResponse {
  if (path === "/none") return { status: 204, body: "" };
  if (path === "/teapot") {
    return {
      status: 418,
      headers: { "retry-after": "3", "content-type": "text/plain" },
      body: text,
    };
  }
  return { status: 200, body: JSON.stringify(text) };
}
