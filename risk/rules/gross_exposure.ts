/**
 * Worst-case value of all positions together: sum over instruments of max(|W+|, |W-|) at the mark.
 * @module
 */
import { refused, type RiskRule, short } from "./rule.ts";

export const grossExposure: RiskRule = {
  name: "gross_exposure",
  check(order, _view, limits) {
    if (order.reducing || order.grossExposure <= limits.grossExposureMax * (1 + 1e-12)) {
      return undefined;
    }
    return refused(
      "gross_exposure_max",
      `Worst-case exposure of all instruments must be at most ` +
        `${short(limits.grossExposureMax)}, found ${short(order.grossExposure)}`,
    );
  },
};
