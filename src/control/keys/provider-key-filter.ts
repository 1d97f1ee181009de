import type { Health } from "../../policy/health.ts";
import type { KeyUse } from "../../pool.ts";
import type { ErrorClass } from "../../record.ts";
import type { KeyBalanceRow } from "../../store/types.ts";
import { parseUsd } from "../usage/money.ts";
import { readRange, type TimeRangeInput } from "../usage/time-range.ts";
import type { ProviderKeyStatus } from "./key-status.ts";
import type { ListedKey } from "./key-table.ts";

export interface ProviderKeyFilter {
  readonly ids?: readonly string[] | null;
  readonly search?: string | null;
  readonly providers?: readonly string[] | null;
  readonly statuses?: readonly ProviderKeyStatus[] | null;
  readonly tags?: readonly string[] | null;
  readonly importJobId?: string | null;
  readonly reasons?: readonly ErrorClass[] | null;
  readonly lastHttpStatus?: readonly number[] | null;
  readonly failuresAtLeast?: number | null;
  readonly lastUsed?: TimeRangeInput | null;
  readonly balance?: { readonly gte?: string | null; readonly lte?: string | null } | null;
}

/** The part of the filter that stands in the row; the rest moves by itself. */
export function rowMatcher(filter: ProviderKeyFilter): (key: ListedKey) => boolean {
  const ids = filter.ids ? new Set(filter.ids) : null;
  const providers = filter.providers ? new Set(filter.providers) : null;
  const tags = filter.tags ? new Set(filter.tags) : null;
  const search = filter.search?.trim().toLowerCase();
  const importJobId = filter.importJobId ?? null;
  return (key) =>
    (ids === null || ids.has(key.id)) &&
    (providers === null || providers.has(key.row.providerId)) &&
    (importJobId === null || key.row.importJobId === importJobId) &&
    (tags === null || key.row.tags.some((tag) => tags.has(tag))) &&
    (!search || key.text.includes(search));
}

/** What is observed of a key. */
export interface Observed {
  readonly health: Health | null;
  readonly use: KeyUse;
  readonly balance: KeyBalanceRow | null;
}

/** Null when the filter asks for nothing that is observed (the status is seen apart). Throws on a range that cannot be meant. */
export function observedMatcher(filter: ProviderKeyFilter, nowMs: number): ((key: Observed) => boolean) | null {
  const reasons = filter.reasons ? new Set<ErrorClass | null>(filter.reasons) : null;
  const httpStatuses = filter.lastHttpStatus ? new Set<number | null>(filter.lastHttpStatus) : null;
  const failures = filter.failuresAtLeast ?? null;
  const used = filter.lastUsed ? readRange(filter.lastUsed, { timeZone: "UTC", nowMs }) : null;
  const from = filter.balance?.gte == null ? null : parseUsd(filter.balance.gte);
  const to = filter.balance?.lte == null ? null : parseUsd(filter.balance.lte);
  if (!reasons && !httpStatuses && failures === null && !used && from === null && to === null) return null;
  return ({ health, use, balance }) =>
    (reasons === null || reasons.has(health?.errorClass ?? null)) &&
    (httpStatuses === null || httpStatuses.has(health?.httpStatus ?? null)) &&
    (failures === null || (health?.failures ?? 0) >= failures) &&
    (used === null || (use.lastUsedAt !== null && use.lastUsedAt >= used.fromMs && use.lastUsedAt < used.toMs)) &&
    (from === null || (balance?.remaining != null && balance.remaining >= from)) &&
    (to === null || (balance?.remaining != null && balance.remaining <= to));
}
