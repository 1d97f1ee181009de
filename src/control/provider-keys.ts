import type { KeyHealthChange } from "../events.ts";
import type { ProviderKeyRow } from "../store/types.ts";
import { badInput } from "./bad-input.ts";
import type { Control } from "./control.ts";
import {
  countStatuses,
  PROVIDER_KEY_STATUSES,
  type ProviderKeyCounts,
  type ProviderKeyStatus,
  type ProviderKeyView,
  viewKey,
} from "./key-status.ts";
import { type CountedPage, MAX_PAGE, type PageArgs, paginate, type RowOrder } from "./page.ts";

export interface ProviderKeyFilter {
  readonly ids?: readonly string[] | null;
  readonly search?: string | null;
  readonly providers?: readonly string[] | null;
  readonly statuses?: readonly ProviderKeyStatus[] | null;
  readonly tags?: readonly string[] | null;
}

export const PROVIDER_KEY_ORDERS = ["name", "priority", "status", "createdAt", "lastUsedAt", "usageCount"] as const;
export interface ProviderKeyOrder {
  readonly field: (typeof PROVIDER_KEY_ORDERS)[number];
  readonly direction: "asc" | "desc";
}

export interface ProviderKeyPage extends CountedPage<ProviderKeyView> {
  /** By status, over everything that the filter without `statuses` matches. */
  readonly counts: ProviderKeyCounts;
}

export async function listProviderKeys(
  control: Control,
  filter: ProviderKeyFilter,
  page: PageArgs,
  order: ProviderKeyOrder = { field: "name", direction: "asc" },
): Promise<ProviderKeyPage> {
  const matching = await findProviderKeys(control, { ...filter, statuses: null });
  const shown = filter.statuses ? matching.filter((key) => filter.statuses?.includes(key.status)) : matching;
  return { ...paginate(shown, page, orderOf(order)), counts: countStatuses(matching.map((key) => key.status)) };
}

export async function getProviderKey(control: Control, id: string): Promise<ProviderKeyView | null> {
  const row = (await control.rows.providerKeys()).get(id);
  return row === undefined ? null : viewKey(control, row, control.now());
}

/** All that match, in no particular order. */
export async function findProviderKeys(control: Control, filter: ProviderKeyFilter): Promise<ProviderKeyView[]> {
  const matches = matcher(filter);
  const nowMs = control.now();
  const found: ProviderKeyView[] = [];
  for (const row of (await control.rows.providerKeys()).values()) {
    if (!matches(row)) continue;
    const key = viewKey(control, row, nowMs);
    if (!filter.statuses || filter.statuses.includes(key.status)) found.push(key);
  }
  return found;
}

/** Of one provider, or of all together. */
export async function countProviderKeys(control: Control, providerId?: string): Promise<ProviderKeyCounts> {
  const capacities = await control.capacities.read();
  if (providerId !== undefined) return capacities.get(providerId)?.counts ?? countStatuses([]);
  const sum = { ...countStatuses([]) } as Record<keyof ProviderKeyCounts, number>;
  for (const { counts } of capacities.values()) {
    for (const name of Object.keys(sum) as (keyof ProviderKeyCounts)[]) sum[name] += counts[name];
  }
  return sum;
}

/** Newest first. */
export function readKeyHistory(control: Control, keyId: string, first: number): Promise<KeyHealthChange[]> {
  if (first < 0 || first > MAX_PAGE) throw badInput(`A page has 0 to ${MAX_PAGE} rows.`, "first");
  return control.store.keyStates.history(keyId, first);
}

/** The part of the filter that stands in the row; the status is seen apart, since it moves by itself. */
export function matcher(filter: ProviderKeyFilter): (row: ProviderKeyRow) => boolean {
  const ids = filter.ids ? new Set(filter.ids) : null;
  const providers = filter.providers ? new Set(filter.providers) : null;
  const tags = filter.tags ? new Set(filter.tags) : null;
  const search = filter.search?.trim().toLowerCase();
  return (row) =>
    (ids === null || ids.has(row.id)) &&
    (providers === null || providers.has(row.providerId)) &&
    (tags === null || row.tags.some((tag) => tags.has(tag))) &&
    (!search || searchable(row).includes(search));
}

function searchable(row: ProviderKeyRow): string {
  return [row.name, row.memo ?? "", row.secretPreview, row.fingerprint, ...row.tags].join("\n").toLowerCase();
}

function orderOf({ field, direction }: ProviderKeyOrder): RowOrder<ProviderKeyView> {
  const key = (row: ProviderKeyView): string | number => {
    switch (field) {
      case "name":
        return row.name.toLowerCase();
      case "priority":
        return row.priority;
      case "status":
        return PROVIDER_KEY_STATUSES.indexOf(row.status);
      case "createdAt":
        return row.createdAt;
      case "lastUsedAt":
        return row.live.lastUsedAt ?? 0;
      case "usageCount":
        return row.live.useCount;
    }
  };
  return { name: `${field}.${direction}`, descending: direction === "desc", key };
}
