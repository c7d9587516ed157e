/**
 * Portfolio, shadow ledger and a straightforward twin agree exactly, for any sequence of fills:
 * repeats, flips, fees in any asset, fees that come later, odd ticks, lots and contract sizes.
 * @module
 */
import {
  type Instrument,
  instrumentIndex,
  money,
  moneyToText,
  mulDivHalfEven,
  strategyId,
  unwrap,
} from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { Fill } from "@/engine/messages/mod.ts";
import { PositionKeeper } from "@/engine/portfolio/mod.ts";
import { ShadowLedger } from "@/risk/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeView, fillOf, perpetual } from "@/tests/support/fake_view.ts";

const SEEDS = 40;
const FILLS = 120;
const BTC = instrumentIndex(0);
const MAKER = strategyId("maker");

/**
 * The page of MARKETS section 6 read aloud: one fill at a time, no shared code but the rounding.
 */
class Twin {
  q = 0n;
  cost = 0n;
  realised = 0n;
  cash = 0n;
  fees: Record<string, bigint> = {};

  fill(instrument: Instrument, fill: Fill): void {
    const s = fill.side === "buy" ? 1n : -1n;
    const v = BigInt(fill.size);
    const p = BigInt(fill.price) * instrument.tickLotMoney;
    this.cash -= s * v * p;
    const held = this.q < 0n ? -this.q : this.q;
    const reducing = this.q * s >= 0n ? 0n : (v < held ? v : held);
    if (reducing > 0n) {
      const part = reducing === held ? this.cost : mulDivHalfEven(this.cost, reducing, held);
      this.realised += -s * reducing * p - part;
      this.cost -= part;
    }
    this.cost += s * (v - reducing) * p;
    this.q += s * v;
  }

  fee(asset: string, amount: bigint): void {
    this.fees[asset] = (this.fees[asset] ?? 0n) + amount;
  }
}

function randomInstrument(random: SeededRandom): Instrument {
  const ticks = ["0.1", "0.01", "0.0625", "3", "0.000001"];
  const lots = ["0.001", "1", "0.00005", "7"];
  const contracts = ["1", "0.01", "10"];
  return perpetual(0, {
    tick: ticks[Math.floor(random.next() * ticks.length)]!,
    lot: lots[Math.floor(random.next() * lots.length)]!,
    contractSize: contracts[Math.floor(random.next() * contracts.length)]!,
  });
}

function randomFill(random: SeededRandom, number: number): Fill {
  const assets = ["USDT", "BNB", "BTC"];
  const withFee = random.next() < 0.7;
  return fillOf({
    id: `f${number}`,
    side: random.next() < 0.5 ? "buy" : "sell",
    price: 1 + Math.floor(random.next() * 1_000_000),
    // Mostly small, now and then one that flips everything.
    size: 1 + Math.floor(random.next() ** 4 * 5_000),
    ...(withFee
      ? {
        fee: ((random.next() - 0.3) * 10).toFixed(12),
        feeAsset: assets[Math.floor(random.next() * assets.length)]!,
      }
      : {}),
  });
}

/** The three books side by side, fed the same story. */
class ThreeBooks {
  readonly breaks: string[] = [];
  readonly #instrument: Instrument;
  readonly #view: FakeView;
  readonly #shadow = new ShadowLedger((text) => this.breaks.push(text));
  readonly #portfolio = new PositionKeeper();
  readonly #twin = new Twin();
  readonly #feeKnown = new Set<string>();

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
    this.#view = new FakeView(instrument);
    unwrap(this.#portfolio.onInstrument(instrument));
  }

  /**
   * A fill; the order manager keeps repeats from the portfolio, the shadow ledger must do so
   * itself.
   */
  tell(fill: Fill, isRepeat: boolean): void {
    if (!isRepeat) {
      this.#twin.fill(this.#instrument, fill);
      this.#portfolio.onFill(fill, MAKER);
      if (fill.fee !== undefined) {
        this.#feeKnown.add(fill.fillId);
        this.#twin.fee(fill.feeAsset!, fill.fee);
      }
    }
    this.#view.market().position = this.#portfolio.size(BTC);
    this.#shadow.onFill(fill, this.#view);
  }

  /** The fee of an earlier fill arrives, perhaps again. */
  tellLateFee(fill: Fill): void {
    const fee = money(123_456_789n);
    const late: Fill = { ...fill, fee, feeAsset: "BNB" };
    if (!this.#feeKnown.has(fill.fillId)) {
      this.#feeKnown.add(fill.fillId);
      this.#twin.fee("BNB", fee);
      this.#portfolio.onFee(late, MAKER);
    }
    this.#shadow.onFill(late, this.#view);
  }

  compare(where: string): void {
    const twin = this.#twin;
    const line = this.#shadow.lines()[0]!;
    const book = this.#portfolio.book(BTC)!;
    const wanted = {
      size: Number(twin.q),
      realised: moneyToText(money(twin.realised)),
      cost: moneyToText(money(twin.cost)),
    };
    assertEquals({ size: line.size, realised: line.realised, cost: line.cost }, wanted, where);
    const held = book.position;
    assertEquals(
      {
        size: Number(held.size),
        realised: moneyToText(held.realised),
        cost: moneyToText(held.cost),
      },
      wanted,
      where,
    );
    const fees = Object.entries(twin.fees);
    assertEquals(
      { ...line.fees },
      Object.fromEntries(fees.map(([asset, sum]) => [asset, moneyToText(money(sum))])),
      where,
    );
    for (const [asset, sum] of fees) assertEquals(book.fees.get(asset), money(sum), where);
    assertEquals(twin.realised - twin.cost, twin.cash, where);
  }
}

Deno.test(`portfolio, shadow ledger and twin agree for any fills (seeds 0 to ${SEEDS - 1})`, () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = new SeededRandom(seed);
    const books = new ThreeBooks(randomInstrument(random));
    const history: Fill[] = [];
    for (let number = 0; number < FILLS; number++) {
      const isRepeat = history.length > 0 && random.next() < 0.3;
      const fill = isRepeat
        ? history[Math.floor(random.next() * history.length)]!
        : randomFill(random, number);
      if (!isRepeat) history.push(fill);
      books.tell(fill, isRepeat);
      if (random.next() < 0.2) books.tellLateFee(fill);
      books.compare(`seed ${seed}, fill ${number}`);
    }
    assertEquals(books.breaks, [], `seed ${seed}`);
  }
});
