import type { Control } from "../control.ts";
import { type CountedPage, mapPage, type PageArgs } from "../page.ts";
import { paginateSlots } from "../slot-page.ts";
import { NO_KEYS, type ProviderKeyCounts, type ProviderKeyView, viewKey } from "./key-status.ts";
import { matchKeys } from "./matching-keys.ts";
import type { ProviderKeyFilter } from "./provider-key-filter.ts";
import { type ProviderKeyOrder, readOrder } from "./provider-key-order.ts";

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
  const makeOrdering = await readOrder(control, order);
  const keys = await matchKeys(control, filter);
  const found = paginateSlots(keys.marks, page, makeOrdering(keys));
  const nowMs = control.now();
  return { ...mapPage(found, (slot) => viewKey(control, keys.table.rowAt(slot), nowMs)), counts: keys.counts };
}

export async function getProviderKey(control: Control, id: string): Promise<ProviderKeyView | null> {
  const row = (await control.rows.providerKeys()).get(id);
  return row === undefined ? null : viewKey(control, row, control.now());
}

/** Of one provider, or of all together. */
export async function countProviderKeys(control: Control, providerId?: string): Promise<ProviderKeyCounts> {
  const capacities = await control.capacities.read();
  if (providerId !== undefined) return capacities.get(providerId)?.counts ?? NO_KEYS;
  const sum: Record<keyof ProviderKeyCounts, number> = { ...NO_KEYS };
  for (const { counts } of capacities.values()) {
    for (const name of Object.keys(sum) as (keyof ProviderKeyCounts)[]) sum[name] += counts[name];
  }
  return sum;
}
