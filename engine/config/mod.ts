/**
 * `config.yaml` to types, and what may change while running.
 *
 * 1. All complaints or a whole config; each names the key, what was wanted and what was found.
 * 2. A `Config` is complete and holds no secret; `Secrets` come from standard input alone.
 * 3. Rooms receive typed options: only `main.ts` sees a `Config`.
 * @module
 */
export {
  type Config,
  type ControlConfig,
  type Credentials,
  type FeedConfig,
  type FeesConfig,
  type InstrumentLimits,
  type LogConfig,
  type Network,
  NO_SECRETS,
  type OrdersConfig,
  type PaperConfig,
  type RiskConfig,
  type Secrets,
  type SimulationConfig,
  type StaleAfterConfig,
  STRATEGY_KINDS,
  type StrategyConfig,
  type StrategyKind,
  type VenueConfig,
} from "./config.ts";
export {
  type ConfigSource,
  loadConfig,
  type LoadedConfig,
  type LoadOptions,
} from "./config_loader.ts";
export { isLoopback, limitsOf, listedInstruments } from "./config_checks.ts";
export {
  type ConfigChanges,
  configChanges,
  flatKeys,
  isLiveKey,
  riskParameters,
} from "./config_changes.ts";
export { thresholdOverrides } from "./threshold_overrides.ts";
export { type MaskedConfig, maskedConfig, maskedText } from "./masked_config.ts";
export { CREDENTIAL_SETS } from "./secrets.ts";
