/**
 * What a decoder may make of a damaged frame: the event of the whole one, the event without what is
 * missing where the event can do without, or nothing at all. Never another event.
 * @module
 */
import { eventJson } from "@/engine/cli/mod.ts";
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { WireDecoder } from "@/engine/ports/mod.ts";
import type { DamageRules } from "./damage_rules.ts";
import { type Damage, damagesOf } from "./frame_damage.ts";

type Plain = Readonly<Record<string, unknown>>;

/** A frame and who reads it; `before` are frames that the decoder has read already. */
export interface FuzzedFrame {
  readonly name: string;
  readonly text: string;
  readonly make: () => WireDecoder;
  readonly before?: readonly string[];
}

/** Whose frames they are, and what the venue's sheet lets go. */
export interface FuzzRules extends DamageRules {
  readonly instruments: readonly Instrument[];
}

/** How many damaged frames came to what. */
export interface FuzzCounts {
  whole: number;
  without: number;
  nothing: number;
}

/** What the whole event does without. */
const SPARED: Readonly<Record<string, readonly string[]>> = {
  order: [
    ...["client_order_id", "order_id", "side", "type", "time_in_force", "price", "size"],
    ...["filled_size", "average_price", "reason"],
  ],
  fill: ["client_order_id", "liquidity", "fee", "fee_asset"],
  position: ["average_price", "unrealised_pnl"],
  mark_price: ["index"],
  funding: ["next_at_us"],
  funding_payment: ["instrument"],
  ignored: ["client_order_id"],
};
/** What is the venue's own word: another word is another event, and rightly so. */
const WORDS = [
  ...["order_id", "client_order_id", "trade_id", "fill_id", "payment_id"],
  ...["asset", "fee_asset", "reason", "account"],
];
/** Amounts of no grid: one that is very small is still one. */
const TINY = "1.5e-9";
const AMOUNTS = ["mark", "index", "average_price"];
/** Things of a kind that says nothing where another one is wanted. */
const NOTHING_SAID = ["nested deep", "true", '"true"', '"false"'];
/** What may be below zero, of any amount. */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  funding: ["rate"],
  fill: ["fee"],
  position: ["size", "unrealised_pnl"],
  balance: ["total", "free"],
  funding_payment: ["amount"],
};

const encoder = new TextEncoder();
const AT = micros(1_768_435_200_000_000);

/** Every wanted damage to the frames; what came of it that must not, as texts. */
export function wrongEvents(
  frames: readonly FuzzedFrame[],
  rules: FuzzRules,
  wanted: (index: number) => boolean,
  counts: FuzzCounts,
): string[] {
  const wrong: string[] = [];
  let index = 0;
  for (const frame of frames) {
    const whole = read(frame, frame.text, rules.instruments);
    if (whole.events.length === 0) continue;
    for (const damage of damagesOf(frame.text)) {
      if (!wanted(index++)) continue;
      const found = read(frame, damage.text, rules.instruments);
      const complaint = judge(whole.events, found, damage, rules, counts);
      if (complaint !== "") {
        wrong.push(`${frame.name}, ${damage.path} ${damage.what}: ${complaint}`);
      }
    }
  }
  return wrong;
}

interface Read {
  readonly outcome: string;
  readonly reason: string;
  readonly events: readonly Plain[];
}

function read(frame: FuzzedFrame, text: string, instruments: readonly Instrument[]): Read {
  const decoder = frame.make();
  const ignored = { deliver: () => {} };
  for (const earlier of frame.before ?? []) {
    const bytes = encoder.encode(earlier);
    decoder.decode(bytes, 0, bytes.length, AT, ignored);
  }
  const events: Plain[] = [];
  const bytes = encoder.encode(text);
  const outcome = decoder.decode(bytes, 0, bytes.length, AT, {
    deliver: (event: EngineEvent) => events.push(plain(event, instruments)),
  });
  return { outcome, reason: decoder.reason, events };
}

function plain(event: EngineEvent, instruments: readonly Instrument[]): Plain {
  const json = eventJson(event, (index) => instruments.find((one) => one.index === index)!);
  return JSON.parse(JSON.stringify(json)) as Plain;
}

/** Why the events of a damaged frame are wrong; "" when they are not. */
export function judge(
  whole: readonly Plain[],
  found: Read,
  damage: Damage,
  rules: FuzzRules,
  counts: FuzzCounts,
): string {
  const { outcome, events, reason } = found;
  if (outcome !== "decoded") {
    counts.nothing++;
    if (events.length > 0) return `${outcome}, and yet ${JSON.stringify(events)}`;
    return reason === "" ? `${outcome} without a reason` : "";
  }
  const is = (patterns: readonly RegExp[]) => patterns.some((one) => one.test(damage.path));
  // A thing or a yes where a text or a number was says as little as nothing.
  const isLack = damage.kind === "lack" || NOTHING_SAID.includes(damage.what);
  if (damage.kind === "wrong" && is(rules.means)) return "";
  if (isLack && is(rules.maySpeakBySilence)) return "";
  const isLackable = damage.kind !== "unknown" && is(rules.mayLack) ||
    damage.kind === "wrong" && is(rules.names);
  if (events.length !== whole.length && !isLackable) {
    return `${events.length} events of ${whole.length}: ${JSON.stringify(events)}`;
  }
  const isWhole = JSON.stringify(events) === JSON.stringify(whole);
  if (isWhole) counts.whole++;
  else counts.without++;
  if (isWhole) return "";
  if (damage.kind === "unknown") return `a stranger changed ${JSON.stringify(events)}`;
  let place = 0;
  for (const event of events) {
    let complaint = "an event that was not there";
    while (place < whole.length) {
      complaint = difference(whole[place++]!, event, damage);
      if (complaint === "" || !isLackable) break;
    }
    if (complaint !== "") return complaint;
  }
  return "";
}

/** Another instant of the frame is as true; one that nobody said is not. */
function isInstantOf(text: string, micros: number): boolean {
  const seconds = Math.floor(micros / 1e6);
  return text.includes(String(seconds)) || text.includes(new Date(micros / 1e3).toISOString());
}

/** What stands in the event that did not stand in the whole one, or lacks and must not. */
function difference(whole: Plain, found: Plain, damage: Damage): string {
  const kind = String(whole["kind"]);
  if (found["kind"] !== kind) return `${kind} became ${found["kind"]}`;
  for (const key of new Set([...Object.keys(whole), ...Object.keys(found)])) {
    const [was, is] = [whole[key], found[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (is === undefined && (key === "venue_at_us" || SPARED[kind]?.includes(key))) continue;
    if (key === "venue_at_us" && isInstantOf(damage.text, Number(is))) continue;
    if (key === "order_id" && is === undefined && found["client_order_id"] !== undefined) continue;
    if (key === "reason" && is === "other") continue;
    const isValue = damage.kind === "wrong";
    if (isValue && WORDS.includes(key)) continue;
    // A status that nobody knows is not trading.
    if (isValue && kind === "instrument_status" && key === "status" && is === "halted") continue;
    if (damage.what === TINY && AMOUNTS.includes(key)) continue;
    if (isValue && SIGNED[kind]?.includes(key)) continue;
    return `${kind}.${key} was ${JSON.stringify(was)}, is ${JSON.stringify(is)}`;
  }
  return "";
}
