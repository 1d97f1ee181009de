import { GatewayError } from "../errors.ts";
import type { ErrorClass } from "../record.ts";
import type { Failure } from "./failure.ts";
import { quote } from "./wording.ts";

export interface RetryQuestion {
  /** Upstream calls made so far for this request. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** True once a content byte was forwarded: nothing is tried again after that. */
  readonly committed: boolean;
  readonly failure: Failure;
  /** Unix ms; null when the request has no limit as a whole. */
  readonly deadlineMs: number | null;
  readonly nowMs: number;
}

/** May another candidate be asked for this request? */
export function mayRetry({ attempts, maxAttempts, committed, failure, deadlineMs, nowMs }: RetryQuestion): boolean {
  return !committed && failure.retryable && attempts < maxAttempts && (deadlineMs === null || nowMs < deadlineMs);
}

/** Why a pool had no key to offer. */
export interface NoCandidate {
  readonly reason: "empty" | "cooling" | "exhausted" | "invalid";
  /** When the first key may be asked again, Unix ms; null when unknown. */
  readonly earliestMs: number | null;
  /** What parks the key that returns first. */
  readonly errorClass?: ErrorClass | null;
}

/** Of two pools that had nobody to offer the one that the client should hear of: waiting helps more, or sooner. */
export function combineNone(a: NoCandidate | null, b: NoCandidate): NoCandidate {
  if (a === null) return b;
  const rank = HOPE[a.reason] - HOPE[b.reason];
  if (rank !== 0) return rank > 0 ? a : b;
  return (a.earliestMs ?? Infinity) <= (b.earliestMs ?? Infinity) ? a : b;
}

/** The higher, the sooner waiting helps. */
export const HOPE: Readonly<Record<NoCandidate["reason"], number>> = { cooling: 3, exhausted: 2, invalid: 1, empty: 0 };

/** Longest wait that a client is told. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * What the client hears when nobody could answer. `failures`: the attempts in order, `none`: the pools that had no key left.
 * A fault of the request is told as it is; otherwise what passes soonest decides: rate limit, then the upstream's trouble, then
 * empty accounts, then refused keys (a pooled key's 401 is never shown as the client's own). Public texts name no address,
 * key or account. When attempts were made the error is `final`: official SDKs must not multiply them by retrying on their own.
 */
export function finalError(failures: readonly Failure[], none: NoCandidate | null, nowMs: number): GatewayError {
  const last = failures[failures.length - 1];
  if (last === undefined) return nobodyAsked(none ?? { reason: "empty", earliestMs: null }, nowMs);
  if (last.scope === "none") return requestFault(last);
  const waiting = none?.reason === "cooling" && none.errorClass === "rate_limited";
  if (waiting || failures.some((failure) => failure.errorClass === "rate_limited"))
    return rateLimited(failures, none, nowMs);
  const fault = failures.findLast((failure) => UPSTREAM_FAULTS.has(failure.errorClass));
  if (fault !== undefined) return upstreamFailed(fault, waitMs(failures, none, nowMs));
  if (failures.some((failure) => failure.errorClass === "quota")) return quotaSpent(waitMs(failures, none, nowMs));
  return keysRefused();
}

const UPSTREAM_FAULTS: ReadonlySet<ErrorClass> = new Set(["upstream_error", "timeout", "network", "truncated"]);

/** No attempt was made, so a client's own retry costs the upstream nothing: it may come back after the wait. */
function nobodyAsked(none: NoCandidate, nowMs: number): GatewayError {
  const retryAfterMs = waitMs([], none, nowMs);
  switch (none.reason) {
    case "cooling":
      return !UPSTREAM_FAULTS.has(none.errorClass ?? "rate_limited")
        ? new GatewayError(
            "rate_limited",
            429,
            `Every upstream key for this model is rate limited.${comeBack(retryAfterMs)}`,
            {
              code: "rate_limit_exceeded",
              retryAfterMs,
            },
          )
        : new GatewayError(
            "upstream_error",
            503,
            `The upstream of this model is failing and is left alone for a moment.${comeBack(retryAfterMs)}`,
            {
              code: "upstream_unavailable",
              retryAfterMs,
            },
          );
    case "exhausted":
      return quotaSpent(retryAfterMs);
    case "invalid":
      return keysRefused();
    case "empty":
      return new GatewayError(
        "no_candidate",
        503,
        "No upstream key is available for this model. Ask the operator of this gateway to add or enable one.",
        {
          code: "no_upstream_key",
          final: true,
        },
      );
  }
}

/** The upstream's own verdict on the request, under its status: the client is the one who can mend it. */
function requestFault(failure: Failure): GatewayError {
  const status = failure.errorClass === "too_large" ? 413 : (failure.httpStatus ?? 400);
  const words = quote(failure.message) ?? "The upstream refused this request.";
  const code = failure.errorClass === "not_found" ? "model_not_found" : failure.errorClass;
  return new GatewayError(failure.errorClass, status, words, { code, final: true });
}

function rateLimited(failures: readonly Failure[], none: NoCandidate | null, nowMs: number): GatewayError {
  const limit = failures.findLast((failure) => failure.errorClass === "rate_limited");
  const retryAfterMs = waitMs(failures, none, nowMs);
  return new GatewayError(
    "rate_limited",
    429,
    `The upstream's rate limit is reached${said(limit)}.${comeBack(retryAfterMs)}`,
    {
      code: "rate_limit_exceeded",
      retryAfterMs,
      final: true,
    },
  );
}

function upstreamFailed(failure: Failure, retryAfterMs: number | undefined): GatewayError {
  const { errorClass, httpStatus } = failure;
  if (errorClass === "timeout" || httpStatus === 504 || httpStatus === 408) {
    return new GatewayError("timeout", 504, "The upstream did not answer in time. Try again later.", {
      code: "upstream_timeout",
      final: true,
    });
  }
  if (httpStatus === 503 || httpStatus === 529) {
    return new GatewayError(
      "upstream_error",
      503,
      `The upstream is overloaded${said(failure)}.${comeBack(retryAfterMs)}`,
      {
        code: "upstream_overloaded",
        retryAfterMs,
        final: true,
      },
    );
  }
  if (errorClass === "network" || errorClass === "truncated") {
    return new GatewayError(errorClass, 502, "The connection to the upstream failed. Try again later.", {
      code: "upstream_unreachable",
      final: true,
    });
  }
  return new GatewayError(
    "upstream_error",
    502,
    `The upstream failed${httpStatus === null ? "" : ` (${httpStatus})`}${said(failure)}. Try again later.`,
    {
      code: "upstream_error",
      final: true,
    },
  );
}

function quotaSpent(retryAfterMs: number | undefined): GatewayError {
  return new GatewayError(
    "quota",
    429,
    "The upstream accounts for this model have no quota left. Ask the operator of this gateway.",
    {
      code: "insufficient_quota",
      retryAfterMs,
      final: true,
    },
  );
}

function keysRefused(): GatewayError {
  return new GatewayError(
    "key_invalid",
    502,
    "The upstream refused this gateway's credentials. Your own key is fine: ask the operator of this gateway.",
    {
      code: "upstream_auth_failed",
      final: true,
    },
  );
}

/** The shortest wait that anybody named; never more than an hour, and at least a second once there is one. */
function waitMs(failures: readonly Failure[], none: NoCandidate | null, nowMs: number): number | undefined {
  let shortest = none?.earliestMs == null ? Infinity : none.earliestMs - nowMs;
  for (const { retryAfterMs, resetAtMs } of failures) {
    if (retryAfterMs !== null) shortest = Math.min(shortest, retryAfterMs);
    if (resetAtMs !== null) shortest = Math.min(shortest, resetAtMs - nowMs);
  }
  return shortest === Infinity ? undefined : Math.min(Math.max(shortest, 1000), LONGEST_WAIT_MS);
}

function comeBack(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined ? " Try again shortly." : ` Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
}

/** The upstream's words as a quotation behind a colon, without its full stop. */
function said(failure: Failure | undefined): string {
  const words = failure?.httpStatus == null ? null : quote(failure.message);
  return words === null ? "" : `: ${words.replace(/[.\s]+$/, "")}`;
}
