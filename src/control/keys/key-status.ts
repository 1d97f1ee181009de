import type { KeyHealthState } from "../../events.ts";
import type { KeyStatus } from "../../pool.ts";
import type { ProviderKeyRow } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";

export const PROVIDER_KEY_STATUSES = ["active", "cooling", "exhausted", "invalid", "disabled", "unchecked"] as const;
/** What a key is good for now: a person's wish ("disabled") stands before what was observed. */
export type ProviderKeyStatus = (typeof PROVIDER_KEY_STATUSES)[number];

/** A key with its live state, as every list and detail shows it. */
export interface ProviderKeyView extends ProviderKeyRow {
  readonly status: ProviderKeyStatus;
  readonly live: KeyStatus;
}

export interface ProviderKeyCounts extends Readonly<Record<ProviderKeyStatus, number>> {
  readonly total: number;
}

export function viewKey(deps: Pick<ControlDeps, "pool">, row: ProviderKeyRow, nowMs: number): ProviderKeyView {
  const live = deps.pool.status(row.id, nowMs);
  return { ...row, live, status: statusOf(row.enabled, live.health) };
}

export function statusOf(enabled: boolean, health: KeyHealthState): ProviderKeyStatus {
  return enabled ? health : "disabled";
}

/** A key whose health nobody has seen yet is asked like a healthy one. */
export function isUsable(status: ProviderKeyStatus): boolean {
  return status === "active" || status === "unchecked";
}

export const NO_KEYS: ProviderKeyCounts = {
  total: 0,
  active: 0,
  cooling: 0,
  exhausted: 0,
  invalid: 0,
  disabled: 0,
  unchecked: 0,
};

/** From numbers in the order of PROVIDER_KEY_STATUSES. */
export function nameCounts(numbers: Uint32Array): ProviderKeyCounts {
  const counts: Record<keyof ProviderKeyCounts, number> = { ...NO_KEYS };
  for (const [index, status] of PROVIDER_KEY_STATUSES.entries()) {
    counts[status] = numbers[index]!;
    counts.total += numbers[index]!;
  }
  return counts;
}

/** Keys that a person wants in use, whatever their health. */
export function countEnabled(counts: ProviderKeyCounts): number {
  return counts.total - counts.disabled;
}
