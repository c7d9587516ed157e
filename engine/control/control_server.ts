/**
 * The control API and status page: the Hono app and its listener.
 *
 *   GET  /health /ready /status /metrics /updates /      reading
 *   POST /commands/{pause,resume,halt,cancel-all,flatten,set,reload}   with a token
 *
 * 1. Nothing here touches the trading path but through `EngineView` and the command callback.
 * 2. No answer says more of a failure inside than that there was one.
 * 3. `stop` ends open streams first, so that it never waits for a reader.
 * @module
 */
import { Hono } from "hono";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { EngineView } from "@/engine/ports/mod.ts";
import { type AccessRules, isLoopbackHost, siteDenial } from "./access.ts";
import { addCommandRoutes, type CommandTaker } from "./command_routes.ts";
import { DASHBOARD_PAGE, DASHBOARD_POLICY } from "./dashboard_page.ts";
import { LiveUpdates, type Repeater } from "./live_updates.ts";
import { addStatusRoutes } from "./status_routes.ts";

const UPDATE_EVERY_MS = 500;
const LISTENERS_MAX = 16;
const STOP_PATIENCE_MS = 1_000;

const SAFE_HEADERS = [
  ["cache-control", "no-store"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
] as const;

/** What the control API is built from. */
export interface ControlOptions {
  readonly view: EngineView;
  /** Prometheus text. */
  readonly metrics: () => string;
  /** Takes a checked command; its own check of the values comes back as the answer. */
  readonly command: CommandTaker;
  /** What commands must bear; undefined: commands are refused. */
  readonly token: string | undefined;
  /** Reachable from other machines: reading needs the token too. Default false. */
  readonly beyondLoopback?: boolean;
  /** Hears of failures inside; the client only learns that there was one. */
  readonly onFailure?: (error: unknown) => void;
  /** How long `stop` waits for answers that are under way. Default 1 s. */
  readonly stopPatienceMs?: number;
  /** How updates are repeated; default `setInterval`. */
  readonly repeat?: Repeater;
}

/** The app without a listener, and what ends its streams. */
export interface ControlApp {
  readonly app: Hono;
  readonly updates: LiveUpdates;
}

/** Builds the app. */
export function createControlApp(options: ControlOptions): ControlApp {
  const rules: AccessRules = {
    token: options.token,
    beyondLoopback: options.beyondLoopback ?? false,
  };
  const updates = new LiveUpdates({
    picture: () => JSON.stringify(options.view.status()),
    everyMs: UPDATE_EVERY_MS,
    listenersMax: LISTENERS_MAX,
    repeat: options.repeat ?? repeatByTimer,
  });
  const app = new Hono();
  app.use(async (c, next) => {
    const denial = siteDenial(c.req.raw.headers, rules);
    if (denial === undefined) await next();
    for (const [name, value] of SAFE_HEADERS) c.header(name, value);
    return denial === undefined ? undefined : c.json({ error: denial.error }, denial.status);
  });
  app.get("/", (c) => c.html(DASHBOARD_PAGE, 200, { "content-security-policy": DASHBOARD_POLICY }));
  addStatusRoutes(app, rules, { view: options.view, metrics: options.metrics, updates });
  addCommandRoutes(app, rules, options.command);
  app.notFound((c) => c.json({ error: `nothing at ${c.req.path.slice(0, 80)}` }, 404));
  app.onError((error, c) => {
    options.onFailure?.(error);
    return c.json({ error: "failed inside; the log says why" }, 500);
  });
  return { app, updates };
}

/** A running control API. */
export interface ControlServer {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on `HOST:PORT`; port 0 takes a free one. */
export function startControlServer(
  listen: string,
  options: ControlOptions,
): Result<ControlServer> {
  const colon = listen.lastIndexOf(":");
  const hostname = listen.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(listen.slice(colon + 1));
  const beyondLoopback = options.beyondLoopback ?? !isLoopbackHost(listen);
  const { app, updates } = createControlApp({ ...options, beyondLoopback });
  const waiting = new Set<(response: Response) => void>();
  const answer = async (request: Request): Promise<Response> => {
    const cut = Promise.withResolvers<Response>();
    waiting.add(cut.resolve);
    try {
      return await Promise.race([app.fetch(request), cut.promise]);
    } finally {
      waiting.delete(cut.resolve);
    }
  };
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname,
      port,
      onListen: () => {},
      onError: (error) => {
        options.onFailure?.(error);
        return new Response(null, { status: 500 });
      },
    }, answer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(`Cannot listen on ${listen}: wanted a free address (control.listen), found: ${why}`);
  }
  const shownHost = hostname.includes(":") ? `[${hostname}]` : hostname;
  return ok({
    url: `http://${shownHost}:${server.addr.port}`,
    async stop() {
      updates.close();
      const patience = setTimeout(
        () => waiting.forEach((cut) => cut(new Response(null, { status: 503 }))),
        options.stopPatienceMs ?? STOP_PATIENCE_MS,
      );
      await server.shutdown();
      clearTimeout(patience);
    },
  });
}

function repeatByTimer(run: () => void, everyMs: number): () => void {
  const timer = setInterval(run, everyMs);
  return () => clearInterval(timer);
}
