import { advance, QUIET, type Timing, type Track } from "./alert-track.ts";
import type { Verdict } from "./alert-verdict.ts";

/** One look at the past. */
export interface Look {
  readonly atMs: number;
  readonly verdict: Verdict;
}

export interface Firing {
  readonly openedAt: number;
  /** Null: it would still be open. */
  readonly resolvedAt: number | null;
  readonly occurrences: number;
}

/**
 * What a rule would have made of looks that are `stepMs` apart, oldest first: the same steps as it takes now. A look stands for all of
 * its step, so what had to hold for less than that has held.
 */
export function replay(
  looks: readonly Look[],
  rule: Timing & { readonly cooldownMs: number; readonly stepMs: number },
) {
  const timing = { forMs: Math.max(0, rule.forMs - rule.stepMs), staleMs: Math.max(rule.staleMs, rule.stepMs) };
  const firings: Firing[] = [];
  let track: Track = QUIET;
  for (const { atMs, verdict } of looks) {
    const next = advance(track, verdict, timing, atMs);
    track = next.track;
    const last = firings.at(-1);
    if (next.step === "open") {
      const isAgain = last?.resolvedAt != null && atMs - last.resolvedAt < rule.cooldownMs;
      if (isAgain) firings[firings.length - 1] = { ...last, resolvedAt: null, occurrences: last.occurrences + 1 };
      else firings.push({ openedAt: atMs, resolvedAt: null, occurrences: 1 });
    } else if (next.step === "resolve") {
      firings[firings.length - 1] = { ...last!, resolvedAt: atMs };
    }
  }
  return firings;
}
