/**
 * Order intents of the sign workloads to requests that are ready for the wire, by the product's own
 * encoders and signers. The keys are the race's public test keys.
 * @module
 */
import {
  clientOrderId,
  createInstrument,
  instrumentIndex,
  strategyId,
  unwrap,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { PlaceOrder } from "@/engine/messages/mod.ts";
import { binanceTools, createSigner, encodeRequest, signedQuery } from "@/exchanges/binance/mod.ts";

/** One order to sign. */
export interface SignIntent {
  readonly id: number;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly qty: string;
  readonly ts: number;
}

/** A request ready for the wire. */
export interface SignedRequest {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tx?: string;
}

const KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

/** What signs one venue's orders; a venue without one says so. */
export function signer(venue: VenueId): Promise<(intent: SignIntent) => SignedRequest> {
  if (venue === "binance") return Promise.resolve(binanceOrders());
  return Promise.reject(new Error(`signing orders of ${venue} is not raced yet`));
}

function binanceOrders(): (intent: SignIntent) => SignedRequest {
  const terms = unwrap(binanceTools.termsFrom("BTC-USDT-PERP", "0.1", "0.001", "1"));
  const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
  const signing = unwrap(createSigner({ key: KEY, secret: SECRET }));
  const headers = { "X-MBX-APIKEY": KEY };
  return (intent) => {
    const order: PlaceOrder = {
      kind: "place_order",
      instrument: instrument.index,
      clientOrderId: clientOrderId(`x-${intent.id}`),
      strategy: strategyId("race"),
      side: intent.side,
      type: "limit",
      timeInForce: "gtc",
      postOnly: true,
      reduceOnly: false,
      price: unwrap(instrument.priceFromText(intent.price)),
      triggerPrice: undefined,
      size: unwrap(instrument.sizeFromText(intent.qty)),
    };
    const wire = unwrap(encodeRequest(order, instrument));
    return {
      url: `https://fapi.binance.com${wire.restPath}`,
      method: wire.restMethod,
      headers,
      body: signedQuery(wire.params, intent.ts, signing),
    };
  };
}
