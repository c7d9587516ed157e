/**
 * Instruments of OKX for tests: a swap of 0.01 BTC a contract, and spot.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";

/** The venue's answer for BTC-USDT-SWAP and BTC-USDT, as its documentation shows it. */
export const LISTING = JSON.stringify({
  code: "0",
  msg: "",
  data: [
    {
      instId: "BTC-USDT-SWAP",
      instIdCode: 10459,
      instType: "SWAP",
      baseCcy: "",
      quoteCcy: "",
      settleCcy: "USDT",
      ctVal: "0.01",
      ctMult: "1",
      ctValCcy: "BTC",
      ctType: "linear",
      tickSz: "0.1",
      lotSz: "0.01",
      minSz: "0.01",
      maxLmtSz: "100000000",
      maxMktSz: "12000",
      state: "live",
      uly: "BTC-USDT",
      instFamily: "BTC-USDT",
      expTime: "",
    },
    {
      instId: "BTC-USDT",
      instIdCode: 3,
      instType: "SPOT",
      baseCcy: "BTC",
      quoteCcy: "USDT",
      settleCcy: "",
      ctVal: "",
      ctMult: "",
      ctValCcy: "",
      ctType: "",
      tickSz: "0.1",
      lotSz: "0.00000001",
      minSz: "0.00001",
      maxLmtSz: "9999999999",
      maxMktSz: "",
      state: "live",
      uly: "",
      instFamily: "",
      expTime: "",
    },
  ],
});

/** Both instruments: the swap is 0, spot is 1. */
export function instruments(): [swap: Instrument, spot: Instrument] {
  const terms = unwrap(okxTools.parseInstruments(LISTING));
  const made = terms.map((one, index) => unwrap(createInstrument(instrumentIndex(index), one)));
  return [made[0]!, made[1]!];
}
