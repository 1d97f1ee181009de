import type { ConditionOf } from "../alert-rule.ts";

/**
 * Whether what was seen breaks a condition. Between the line and the line less a tenth or a fifth lies "unsure": there nothing
 * begins and nothing ends, so that a value that trembles at the line is one incident (hysteresis).
 */
export type Verdict = "firing" | "clear" | "unsure";

const BACK = 0.9;

export function judgeKey(condition: ConditionOf<"KEY_INVALID">, state: string): Verdict {
  if (state === "invalid" || (state === "exhausted" && condition.includeExhausted)) return "firing";
  // A key that nobody has tried since (reset, replaced) is no longer known to be bad.
  return "clear";
}

export function judgeProvider(
  { minKeys, minShare }: ConditionOf<"PROVIDER_LOW">,
  keys: { readonly usable: number; readonly enabled: number },
): Verdict {
  // Without keys it is not in use: that is a matter for the overview, not for the night.
  if (keys.enabled === 0) return "clear";
  const tooFew = minKeys !== null && keys.usable < minKeys;
  const tooSmall = minShare !== null && keys.usable / keys.enabled < minShare;
  return tooFew || tooSmall ? "firing" : "clear";
}

export function judgeBalance({ belowNanoUsd }: ConditionOf<"LOW_BALANCE">, nanoUsd: number): Verdict {
  if (nanoUsd < belowNanoUsd) return "firing";
  return nanoUsd * BACK >= belowNanoUsd ? "clear" : "unsure";
}

export function judgeErrorRate(
  { share, minRequests }: ConditionOf<"ERROR_RATE">,
  { requests, errors }: { readonly requests: number; readonly errors: number },
): Verdict {
  if (requests < Math.max(1, minRequests)) return "unsure";
  const rate = errors / requests;
  if (rate >= share) return "firing";
  return rate < share * 0.8 ? "clear" : "unsure";
}

export function judgeLatency(
  { aboveMs, minRequests }: ConditionOf<"LATENCY">,
  seen: { readonly requests: number; readonly valueMs: number | null },
): Verdict {
  if (seen.valueMs === null || seen.requests < Math.max(1, minRequests)) return "unsure";
  if (seen.valueMs > aboveMs) return "firing";
  return seen.valueMs < aboveMs * BACK ? "clear" : "unsure";
}

/** Money that is spent does not come back: it clears when the period turns. */
export function judgeBudget({ limitNanoUsd, share }: ConditionOf<"BUDGET">, spentNanoUsd: number): Verdict {
  return spentNanoUsd >= limitNanoUsd * share ? "firing" : "clear";
}

export function judgeSpike(
  { factor, minNanoUsd }: ConditionOf<"SPEND_SPIKE">,
  { nowNanoUsd, usualNanoUsd }: { readonly nowNanoUsd: number; readonly usualNanoUsd: number },
): Verdict {
  // Without a past there is nothing to compare with; the smallest sum alone decides then.
  const line = Math.max(minNanoUsd, usualNanoUsd * factor);
  if (nowNanoUsd >= line && nowNanoUsd > 0) return "firing";
  return nowNanoUsd < line * 0.8 ? "clear" : "unsure";
}

export function judgeTraffic({ windowMs }: ConditionOf<"NO_TRAFFIC">, silentMs: number): Verdict {
  return silentMs >= windowMs ? "firing" : "clear";
}

export function judgeDisk(
  { belowBytes, belowShare }: ConditionOf<"DISK_SPACE">,
  { freeBytes, totalBytes }: { readonly freeBytes: number; readonly totalBytes: number },
): Verdict {
  const line = Math.max(belowBytes ?? 0, (belowShare ?? 0) * totalBytes);
  if (freeBytes < line) return "firing";
  return freeBytes * BACK >= line ? "clear" : "unsure";
}
