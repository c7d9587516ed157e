/**
 * Faults asked for over the control API: what is read, and what is refused with which words.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { faultRuleFromRequest } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const NOW = micros(1_760_000_000_000_000);

Deno.test("faultRuleFromRequest() reads what the control API takes", () => {
  const read = (body: unknown) => faultRuleFromRequest(body, NOW);
  assertEquals(read({ kind: "cut", at: 1_760_000_001_000 }), {
    ok: true,
    value: { kind: "cut", from: micros(1_760_000_001_000_000), once: true },
  });
  assertEquals(read({ kind: "drop", probability: 0.1, for_ms: 500, delay_ms: 5 }), {
    ok: true,
    value: {
      kind: "drop",
      from: NOW,
      probability: 0.1,
      until: micros(NOW + 500_000),
      delayMs: 5,
    },
  });
  assertEquals(read({ kind: "cut_mid_frame", probability: 1, at_byte: 3 }), {
    ok: true,
    value: { kind: "cut_mid_frame", from: NOW, probability: 1, atByte: 3 },
  });
  assertEquals(read({ kind: "down", for_ms: 10_000 }), {
    ok: true,
    value: { kind: "down", from: NOW, until: micros(NOW + 10_000_000) },
  });
  const bad: [unknown, string][] = [
    [null, "Cannot read fault: wanted a JSON object"],
    [{ kind: "fire", at: 1 }, `found "fire"`],
    [{ kind: "cut" }, "found none of them"],
    [{ kind: "cut", probability: 2 }, "at most 1, found 2"],
    [{ kind: "cut", at: "soon" }, `found "soon"`],
    [{ kind: "cut", at: 1, at_byte: 2 }, `"at_byte" is for cut_mid_frame, found "cut"`],
    [{ kind: "cut_mid_frame", at: 1, at_byte: 2.5 }, `"at_byte" must be whole, found 2.5`],
    [{ kind: "down", at: 1 }, `"for_ms" must be above 0`],
    [{ kind: "down", for_ms: 0 }, `"for_ms" must be above 0`],
    [{ kind: "down", for_ms: 1e9 }, "at most 3600000"],
    [{ kind: "down", for_ms: 5, probability: 1 }, `"down" takes "for_ms"`],
  ];
  for (const [body, part] of bad) {
    const result = read(body);
    assert(!result.ok && result.error.includes(part), JSON.stringify(result));
  }
});
