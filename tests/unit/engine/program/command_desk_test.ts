/**
 * Commands of an operator: checked whole before anything changes; reload sees what is in force.
 * @module
 */
import { loadConfig } from "@/engine/config/mod.ts";
import type { CommandRequest } from "@/engine/control/mod.ts";
import { err, ok, type Result, unwrap } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import { Logger } from "@/engine/metrics/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { CommandDesk } from "@/engine/program/command_desk.ts";
import { assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

type Pairs = readonly (readonly [string, string])[];

/** A house that writes down what it is told, and refuses values below zero. */
function fakeHouse() {
  const told: { name: string; values: Pairs; release: boolean }[] = [];
  const modes = { mode: "normal", reason: "" };
  const house = {
    engine: {
      modes,
      checkParameters: (values: Pairs): Result<void> =>
        values.some(([, value]) => value.startsWith("-"))
          ? err("wanted at least 0")
          : ok(undefined),
    },
    session: {
      command: (name: string, _by: string, _why: string, values: Pairs, release: boolean) =>
        void told.push({ name, values, release }),
    },
  };
  return { house: house as unknown as House, told, modes };
}

const TEXT = Deno.readTextFileSync("config.yaml");

function fixture() {
  const { config } = unwrap(loadConfig(TEXT, { source: "embedded" }));
  const log = new Logger({ level: "error", format: "text", now: () => micros(0), write: () => {} });
  const { house, told, modes } = fakeHouse();
  return { desk: new CommandDesk(house, config, log), told, modes, log };
}

function request(name: CommandRequest["name"], parts: Partial<CommandRequest> = {}) {
  return {
    name,
    reason: "test",
    releaseKillSwitch: false,
    values: [],
    config: undefined,
    ...parts,
  };
}

Deno.test("CommandDesk gives checked pairs to the core in one command", () => {
  const { desk, told } = fixture();
  const answer = desk.take(request("set", {
    values: [["strategies.mm_btc.half_spread_bp", "2"], ["risk.loss_max", "5"]],
  }));
  assertEquals(answer.ok, true);
  assertEquals(told.length, 1);
  assertEquals(told[0]!.values.length, 2);
});

Deno.test("CommandDesk refuses a set that needs a restart or is not valid, and tells nobody", () => {
  const { desk, told } = fixture();
  for (const pair of [["timer_ms", "5"], ["risk.loss_max", "-1"], ["log.level", "loud"]] as const) {
    assertEquals(desk.take(request("set", { values: [pair] })).ok, false, pair[0]);
  }
  assertEquals(told, []);
});

Deno.test("CommandDesk changes the log level itself", () => {
  const { desk, told, log } = fixture();
  assertEquals(desk.take(request("set", { values: [["log.level", "debug"]] })).ok, true);
  assertEquals(log.level, "debug");
  assertEquals(told[0]!.values, []);
});

Deno.test("CommandDesk reloads what differs from what is in force, not from the first config", () => {
  const { desk, told } = fixture();
  desk.take(request("set", { values: [["strategies.mm_btc.half_spread_bp", "2"]] }));
  const answer = desk.take(request("reload", { config: TEXT }));
  assertEquals(answer.ok, true);
  assertEquals(told[1]!.values, [["strategies.mm_btc.half_spread_bp", "1.0"]]);
  desk.take(request("reload", { config: TEXT }));
  assertEquals(told[2]!.values, []);
});

Deno.test("CommandDesk refuses a reload that needs a restart, is broken or is missing", () => {
  const { desk, told } = fixture();
  const fixed = desk.take(
    request("reload", { config: TEXT.replace("timer_ms: 50", "timer_ms: 60") }),
  );
  assertStringIncludes(fixed.ok ? "" : fixed.error, "timer_ms");
  assertEquals(desk.take(request("reload", { config: "nonsense: 1" })).ok, false);
  assertEquals(desk.take(request("reload")).ok, false);
  assertEquals(told, []);
});

Deno.test("CommandDesk says when a halt stays after a release was asked for", () => {
  const { desk, modes } = fixture();
  Object.assign(modes, { mode: "halted", reason: "loss" });
  const answer = desk.take(request("resume", { releaseKillSwitch: true }));
  assertStringIncludes(answer.ok ? "" : answer.error, "still halted: loss");
});
