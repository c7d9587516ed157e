/**
 * What we measure, and what we say of it: logs, latencies, Prometheus text.
 *
 * 1. Counting and recording allocate nothing; text is made only when somebody asks for it.
 * 2. Neither a log nor a metric can stop trading.
 * 3. No secret is ever given to this room.
 * @module
 */
export { LOG_LEVELS, type LogFormat, Logger, type LoggerOptions, LogLimiter } from "./log.ts";
export {
  type MetricDefinition,
  type MetricName,
  METRICS,
  type MetricType,
} from "./metric_names.ts";
export {
  Counter,
  Gauge,
  type Labels,
  MetricRegistry,
  METRICS_CONTENT_TYPE,
} from "./metric_registry.ts";
export { LatencyHistogram, StageLatencies } from "./stage_latency.ts";
