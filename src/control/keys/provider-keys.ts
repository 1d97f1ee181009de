import type { ProviderKeyRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { type CountedPage, mapPage, type PageArgs, paginate, paginateSorted } from "../page.ts";
import { countStatuses, type ProviderKeyCounts, type ProviderKeyView, statusNow, viewKey } from "./key-status.ts";
import type { KeptOrder, ListedKey } from "./key-table.ts";
import { observedMatcher, type ProviderKeyFilter, rowMatcher } from "./provider-key-filter.ts";
import { keptOrder, type ProviderKeyOrder, readOrder } from "./provider-key-order.ts";

export type { ProviderKeyFilter } from "./provider-key-filter.ts";

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
  const rowOrder = await readOrder(control, order);
  const kept = keptOrder(order.field);
  // What moves by itself is sorted for the page alone, least laboriously when the nearest of equal ones come first.
  const isReversed = kept === "id" && (order.direction === "desc") !== (page.last != null);
  const { keys, counts } = await matchingKeys(control, filter, kept, isReversed);
  const nowMs = control.now();
  const found = kept === "id" ? paginate(keys, page, rowOrder) : paginateSorted(keys, page, rowOrder);
  return { ...mapPage(found, ({ row }) => viewKey(control, row, nowMs)), counts };
}

export async function getProviderKey(control: Control, id: string): Promise<ProviderKeyView | null> {
  const row = (await control.rows.providerKeys()).get(id);
  return row === undefined ? null : viewKey(control, row, control.now());
}

/** All that match. */
export async function findProviderKeys(control: Control, filter: ProviderKeyFilter): Promise<ProviderKeyRow[]> {
  return (await matchingKeys(control, filter)).keys.map(({ row }) => row);
}

/** Goes through all keys there are, so it makes nothing for a key but its place in the list. */
async function matchingKeys(
  control: Control,
  filter: ProviderKeyFilter,
  order: KeptOrder = "id",
  isReversed = false,
): Promise<{ keys: readonly ListedKey[]; counts: ProviderKeyCounts }> {
  const nowMs = control.now();
  const matches = rowMatcher(filter);
  const matchesObserved = observedMatcher(filter, nowMs);
  const statuses = filter.statuses ? new Set(filter.statuses) : null;
  const counts = { ...countStatuses([]) } as Record<keyof ProviderKeyCounts, number>;
  const keys: ListedKey[] = [];
  const table = await control.rows.keyTable();
  // By id they lie in memory as they were made; any other order costs several times as much to go through.
  const sorted = table.inOrder("id");
  for (let index = 0; index < sorted.length; index++) {
    const key = sorted[isReversed ? sorted.length - 1 - index : index]!;
    if (!matches(key)) continue;
    if (matchesObserved !== null && !matchesObserved(observeKey(control, key.row))) continue;
    const status = statusNow(control, key.row, nowMs);
    counts.total++;
    counts[status]++;
    if (statuses === null || statuses.has(status)) keys.push(key);
  }
  if (order === "id") return { keys, counts };
  const inOrder = table.inOrder(order);
  if (keys.length === inOrder.length) return { keys: inOrder, counts };
  const found = new Set(keys);
  return { keys: inOrder.filter((key) => found.has(key)), counts };
}

export function observeKey(control: Control, { id }: ProviderKeyRow) {
  return { health: control.pool.healthOf(id), use: control.pool.useOf(id), balance: control.balances.get(id) };
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
