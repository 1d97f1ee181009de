import type { KeyHealthState } from "../events.ts";
import type { ErrorClass } from "../record.ts";
import type { Settings } from "../settings.ts";
import type { Failure } from "./failure.ts";

/**
 * What was observed of a key (or of a key for one model): a value, replaced and never changed.
 *
 * ```
 * unchecked ──success──▶ active ──429, upstream fault──▶ cooling ──────until──▶ half-open: one probe
 *                          ▲      ──no credit──────────▶ exhausted ─until──▶      │ success ▶ active
 *                          │      ──refused────────────▶ invalid ───until──▶      │ failure ▶ parked again, longer
 *                          └───────────────────────────────────────────────────────┘
 * ```
 * Nothing is parked for ever: a vendor whose login failed for two minutes refuses every key, and those keys must come back by
 * themselves. A person's wish (`enabled`) stands apart and never changes by itself.
 */
export interface Health {
  readonly state: KeyHealthState;
  /** End of the parking; null unless parked. Past it the next request may probe. */
  readonly untilMs: number | null;
  /** Since when it is in this state; for a parked one, when the latest parking began. */
  readonly sinceMs: number;
  /** Incidents without a success between them. */
  readonly failures: number;
  readonly errorClass: ErrorClass | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
}

export type HealthSettings = Pick<Settings, "cooldownBaseMs" | "cooldownMaxMs" | "retryAfterMaxMs">;

export interface FailureContext {
  /** When the failed attempt was begun, Unix ms. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly settings: HealthSettings;
  readonly random: () => number;
}

/** A refused key is tried again after 10 min, 20 min, … 6 h: at most a handful of wasted calls a day. */
const INVALID_BASE_MS = 600_000;
/** An empty account says nothing about when it is filled: asked again after 1 h, 2 h, … 6 h. */
const EXHAUSTED_BASE_MS = 3_600_000;
const LONGEST_PARKING_MS = 21_600_000;
/** Longest that a stated quota reset is believed: vendors' allowances are per month at most. */
const LONGEST_RESET_MS = 32 * 86_400_000;
/** This many upstream faults in a row may be accidents: the key is then avoided, but still asked when there is no other. */
const TOLERATED_UPSTREAM_FAULTS = 2;
/** After this many longest cooldowns without an incident the count starts again. */
const FORGIVEN_AFTER_COOLDOWNS = 10;

export function unchecked(nowMs: number): Health {
  return fresh("unchecked", nowMs);
}

export function active(nowMs: number): Health {
  return fresh("active", nowMs);
}

function fresh(state: "unchecked" | "active", nowMs: number): Health {
  return { state, untilMs: null, sinceMs: nowMs, failures: 0, errorClass: null, httpStatus: null, message: null };
}

/**
 * `parked`: must not be asked. `probe`: its time is over, one request at a time may try it. A pool whose keys are all parked
 * may still use those that are `isAccidental`.
 */
export function availability(health: Health, nowMs: number): "ready" | "probe" | "parked" {
  if (health.untilMs === null) return "ready";
  return nowMs < health.untilMs ? "parked" : "probe";
}

/**
 * True when it is parked only for one or two upstream faults in a row (5xx, timeout, network). They say little about the key: with
 * a single key and a vendor that fails one call in a hundred, refusing everything for a second would be the worse outage.
 */
export function isAccidental(health: Health): boolean {
  return (
    health.state === "cooling" && health.errorClass !== "rate_limited" && health.failures <= TOLERATED_UPSTREAM_FAULTS
  );
}

/** The state as shown: a cooling key whose time is over is ready again, the others stay what they are until a probe succeeds. */
export function shownState(health: Health, nowMs: number): KeyHealthState {
  return nowMs >= shownActiveFrom(health) ? "active" : health.state;
}

/** When it begins to show as active without anything happening; Infinity when it does not. */
export function shownActiveFrom({ state, untilMs }: Health): number {
  return state === "cooling" && untilMs !== null ? untilMs : Infinity;
}

/** The same object when nothing changes: success of an attempt that began before the parking proves nothing about it. */
export function applySuccess(health: Health, startedAtMs: number, nowMs: number): Health {
  if (health.state === "active" && health.failures === 0) return health;
  if (health.untilMs !== null && startedAtMs < health.sinceMs) return health;
  return active(nowMs);
}

/** The same object when the failure is nobody's fault, or belongs to the incident that is already being waited out. */
export function applyFailure(health: Health, failure: Failure, context: FailureContext): Health {
  const state = stateAfter(failure);
  if (failure.scope === "none" || state === null) return health;
  const parked = health.untilMs !== null;
  // Parallel requests fail together: what was begun before the parking is part of the same incident and must not double it.
  const sameIncident = parked && context.startedAtMs <= health.sinceMs;
  const failures = sameIncident ? health.failures : countAfter(health, context) + 1;
  const untilMs = context.nowMs + parkingMs(state, failure, failures, context);
  if (sameIncident && SEVERITY[state] < SEVERITY[health.state]) return health;
  if (sameIncident && SEVERITY[state] === SEVERITY[health.state]) return extend(health, failure, untilMs);
  return {
    state,
    untilMs,
    sinceMs: context.nowMs,
    failures,
    errorClass: failure.errorClass,
    httpStatus: failure.httpStatus,
    message: failure.message,
  };
}

const SEVERITY: Readonly<Record<KeyHealthState, number>> = {
  unchecked: 0,
  active: 0,
  cooling: 1,
  exhausted: 2,
  invalid: 3,
};

function stateAfter(failure: Failure): "cooling" | "exhausted" | "invalid" | null {
  switch (failure.errorClass) {
    case "key_invalid":
      return "invalid";
    case "quota":
      return "exhausted";
    case "rate_limited":
    case "upstream_error":
    case "timeout":
    case "network":
    case "truncated":
      return "cooling";
    default:
      return null;
  }
}

/** Within one incident only a wait that the upstream itself asked for may lengthen the parking. */
function extend(health: Health, failure: Failure, untilMs: number): Health {
  const asked = failure.retryAfterMs !== null || failure.resetAtMs !== null;
  return asked && untilMs > health.untilMs! ? { ...health, untilMs } : health;
}

function countAfter(health: Health, context: FailureContext): number {
  const forgivenMs = (health.untilMs ?? health.sinceMs) + FORGIVEN_AFTER_COOLDOWNS * context.settings.cooldownMaxMs;
  return health.state === "cooling" && context.nowMs > forgivenMs ? 0 : health.failures;
}

function parkingMs(
  state: "cooling" | "exhausted" | "invalid",
  failure: Failure,
  failures: number,
  { nowMs, settings, random }: FailureContext,
): number {
  if (state === "invalid") return backoff(INVALID_BASE_MS, LONGEST_PARKING_MS, failures, random);
  if (state === "exhausted") {
    if (failure.resetAtMs !== null && failure.resetAtMs > nowMs) {
      return Math.min(failure.resetAtMs - nowMs, LONGEST_RESET_MS);
    }
    return backoff(EXHAUSTED_BASE_MS, LONGEST_PARKING_MS, failures, random);
  }
  const cooldown = backoff(settings.cooldownBaseMs, settings.cooldownMaxMs, failures, random);
  const asked = Math.min(failure.retryAfterMs ?? 0, settings.retryAfterMaxMs);
  // Exactly what was asked for; "Retry-After: 0" must not turn into a hammer.
  return asked >= settings.cooldownBaseMs ? asked : Math.max(asked, cooldown);
}

/** base · 2^(n-1) up to `longest`, less up to a quarter at random, so that keys that fell together do not return together. */
function backoff(base: number, longest: number, failures: number, random: () => number): number {
  const full = Math.min(base * 2 ** Math.min(failures - 1, 40), longest);
  return Math.max(1, Math.round(full * (1 - 0.25 * random())));
}
