/**
 * What anybody on this machine may read: health, readiness, status, metrics, live updates.
 * @module
 */
import type { Context, Hono } from "hono";
import type { EngineView } from "@/engine/ports/mod.ts";
import { type AccessRules, readDenial } from "./access.ts";
import type { LiveUpdates } from "./live_updates.ts";

/** What the routes show. */
export interface StatusSources {
  readonly view: EngineView;
  /** Prometheus text. */
  readonly metrics: () => string;
  readonly updates: LiveUpdates;
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Adds the routes. `/health` says nothing but yes or no, and so asks for no token anywhere. */
export function addStatusRoutes(app: Hono, rules: AccessRules, sources: StatusSources): void {
  const { view, metrics, updates } = sources;
  app.get("/health", (c) => {
    const healthy = view.isHealthy();
    return c.json({ healthy }, healthy ? 200 : 503);
  });
  app.get("/ready", (c) =>
    guarded(c, rules, () => {
      const ready = view.isReady();
      return c.json({ ready }, ready ? 200 : 503);
    }));
  app.get("/status", (c) => guarded(c, rules, () => c.json(view.status())));
  app.get(
    "/metrics",
    (c) => guarded(c, rules, () => c.body(metrics(), 200, { "content-type": METRICS_TYPE })),
  );
  app.get("/updates", (c) =>
    guarded(c, rules, () => {
      const stream = updates.listen();
      if (stream === undefined) return c.json({ error: "too many listeners" }, 503);
      return c.body(stream, 200, { "content-type": "text/event-stream; charset=utf-8" });
    }));
}

function guarded(c: Context, rules: AccessRules, show: () => Response): Response {
  const denial = readDenial(c.req.raw.headers, rules);
  if (denial === undefined) return show();
  if (denial.status === 401) c.header("www-authenticate", "Bearer");
  return c.json({ error: denial.error }, denial.status);
}
