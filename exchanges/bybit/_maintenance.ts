/**
 * The venue's own announcements: which products are under maintenance now.
 *
 * Only a maintenance that was seen begin can end here: an old one that is "completed" says nothing
 * about whether an instrument trades.
 *
 * Source: venue documentation "System status", read 2026-07.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import { idField, type JsonObject, textField } from "./_json.ts";

const ONGOING_MAX = 256;
const PRODUCTS: readonly (readonly [code: number, product: Product])[] = [
  [1, "perpetual"],
  [2, "spot"],
];
/** Trading, REST, order socket, private socket, market data. */
const SERVICES: readonly number[] = [1, 2, 3, 4, 5];

/** A product came under maintenance, or came back. */
export interface MaintenanceChange {
  readonly product: Product;
  readonly status: "maintenance" | "trading";
}

/** Maintenances under way. */
export class MaintenanceWatch {
  readonly #ongoing = new Map<string, readonly Product[]>();

  /** Whether a product is under maintenance. */
  isUnder(product: Product): boolean {
    for (const products of this.#ongoing.values()) if (products.includes(product)) return true;
    return false;
  }

  /** Takes announcements, whole or in part, and says what changed. */
  take(items: readonly JsonObject[]): MaintenanceChange[] {
    const before = PRODUCTS.map(([, product]) => this.isUnder(product));
    for (const item of items) this.#takeOne(item);
    return PRODUCTS.flatMap(([, product], index): MaintenanceChange[] => {
      const isUnder = this.isUnder(product);
      if (isUnder === before[index]) return [];
      return [{ product, status: isUnder ? "maintenance" : "trading" }];
    });
  }

  #takeOne(item: JsonObject): void {
    const id = idField(item, "id");
    const state = textField(item, "state");
    if (state === "completed" || state === "canceled") {
      this.#ongoing.delete(id);
      return;
    }
    if (state !== "ongoing" || !touches(item["serviceTypes"])) return;
    const codes = numbersOf(item["product"]);
    const products = PRODUCTS.flatMap(([code, product]) => codes.includes(code) ? [product] : []);
    if (products.length > 0 && this.#ongoing.size < ONGOING_MAX) this.#ongoing.set(id, products);
  }
}

function touches(services: unknown): boolean {
  return numbersOf(services).some((service) => SERVICES.includes(service));
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
