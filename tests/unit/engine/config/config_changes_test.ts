/**
 * What may change while running, and what is shown of a config.
 * @module
 */
import {
  type Config,
  configChanges,
  isLiveKey,
  loadConfig,
  maskedConfig,
  maskedText,
  NO_SECRETS,
} from "@/engine/config/mod.ts";
import { unwrap } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const TEXT = `
venues: { binance: { instruments: [BTC-USDT-PERP, ETH-USDT-PERP] } }
strategies:
  - id: a
    kind: market_making
    instruments: ["binance:BTC-USDT-PERP"]
    parameters: { order_size: 0.01, inventory_max: 0.05 }
risk: { loss_max: 100, instruments: { "binance:BTC-USDT-PERP": { order_size_max: 1 } } }
`;

function config(text = TEXT): Config {
  return unwrap(loadConfig(text, { source: "file" })).config;
}

Deno.test("configChanges() finds nothing between equal configs", () => {
  assertEquals(configChanges(config(), config()), { live: [], restart: [] });
});

Deno.test("configChanges() tells live changes from those that need a restart", () => {
  const wanted = config(
    TEXT.replace("0.01", "0.02").replace("loss_max: 100", "loss_max: 200")
      .replace("order_size_max: 1", "order_size_max: 2") +
      "log: { level: debug }\ntimer_ms: 20\ncontrol: { enabled: false }\n",
  );
  const { live, restart } = configChanges(config(), wanted);
  assertEquals(Object.fromEntries(live), {
    "log.level": "debug",
    "strategies.a.order_size": "0.02",
    "risk.loss_max": "200",
    "risk.order_size_max@binance:BTC-USDT-PERP": "2",
  });
  assertEquals([...restart].sort(), ["control.enabled", "timer_ms"]);
});

Deno.test("configChanges() wants a restart for new strategies, other instruments and lost keys", () => {
  const other = TEXT.replace('["binance:BTC-USDT-PERP"]', '["binance:ETH-USDT-PERP"]');
  assertEquals(configChanges(config(), config(other)).restart, ["strategies.a.instruments"]);
  const renamed = configChanges(config(), config(TEXT.replace("id: a", "id: b")));
  assertEquals(renamed.live, []);
  assert(renamed.restart.includes("strategies.b.order_size"));
  assert(renamed.restart.includes("strategies.a.order_size"));
  const lost = configChanges(config(), config(TEXT.replace("loss_max: 100, ", "")));
  assertEquals(lost, { live: [], restart: ["risk.loss_max"] });
});

Deno.test("isLiveKey() knows parameters, limits and the log level", () => {
  const live = [
    "log.level",
    "strategies.a.skew",
    "risk.loss_max",
    "risk.position_max@binance:BTC-USDT",
  ];
  const fixed = ["log.format", "strategies.a.kind", "strategies.a.enabled", "venues", "risk", ""];
  assertEquals(live.filter(isLiveKey), live);
  assertEquals(fixed.filter(isLiveKey), []);
});

Deno.test("maskedConfig() names the secrets and hides every value", () => {
  const secrets = {
    control_token: "token-value",
    venues: { binance: { key: "key-value", secret: "secret-value" } },
  };
  assertEquals(maskedConfig(config(), secrets).secrets, {
    control_token: "***",
    venues: { binance: { key: "***", secret: "***" } },
  });
  const text = maskedText(config(), secrets);
  assertStringIncludes(text, "loss_max: '100'");
  assert(!text.includes("-value"), "A secret is shown");
  assertEquals(maskedConfig(config(), NO_SECRETS).secrets, {});
});

Deno.test("maskedText() loads again to the same config", () => {
  const text = maskedText(config(), NO_SECRETS).replace(/^secrets:.*$/m, "");
  assertEquals(config(text), config());
});
