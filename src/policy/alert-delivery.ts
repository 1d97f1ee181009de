/** What came of handing a message over. `refused`: the receiver said no in a way that a repetition cannot change. */
export interface Attempted {
  readonly kind: "delivered" | "failed" | "refused";
  readonly retryAfterMs: number | null;
}

const MINUTE_MS = 60_000;
/** After the first attempt, the second … Together an hour and three quarters: longer than most outages of a chat service. */
const PAUSES_MS = [10_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS] as const;
const LONGEST_PAUSE_MS = 60 * MINUTE_MS;

/** `attempts` counts this one. Null `nextAttemptAt`: nothing is tried any more. */
export function afterAttempt(
  { kind, retryAfterMs }: Attempted,
  attempts: number,
  nowMs: number,
): { readonly state: "PENDING" | "DELIVERED" | "FAILED"; readonly nextAttemptAt: number | null } {
  if (kind === "delivered") return { state: "DELIVERED", nextAttemptAt: null };
  const pauseMs = PAUSES_MS[attempts - 1];
  if (kind === "refused" || pauseMs === undefined) return { state: "FAILED", nextAttemptAt: null };
  return { state: "PENDING", nextAttemptAt: nowMs + Math.min(LONGEST_PAUSE_MS, Math.max(pauseMs, retryAfterMs ?? 0)) };
}

/** 408, 425 and 429 pass; the other 4xx are a mistake in the channel. */
export function isFinalStatus(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}
