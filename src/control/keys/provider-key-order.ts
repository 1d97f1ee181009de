import type { UsageMetrics } from "../../store/reports.ts";
import type { Control } from "../control.ts";
import type { RowOrder } from "../page.ts";
import { PROVIDER_KEY_STATUSES, statusNow } from "./key-status.ts";
import type { KeptOrder, ListedKey } from "./key-table.ts";

export const PROVIDER_KEY_ORDERS = [
  "name",
  "priority",
  "status",
  "createdAt",
  "lastUsedAt",
  "usageCount",
  "balance",
  "requests_24h",
  "errorRate_24h",
  "cost_24h",
] as const;
export interface ProviderKeyOrder {
  readonly field: (typeof PROVIDER_KEY_ORDERS)[number];
  readonly direction: "asc" | "desc";
}

type Row = ListedKey;

/** The order that is kept sorted; for what moves by itself, that in which equal ones come. */
export function keptOrder(field: ProviderKeyOrder["field"]): KeptOrder {
  return field === "name" || field === "priority" || field === "createdAt" ? field : "id";
}

/** What the table is sorted by; the last day's figures are read once for all its rows. */
export async function readOrder(control: Control, { field, direction }: ProviderKeyOrder): Promise<RowOrder<Row>> {
  const key = await keyOf(control, field);
  return { name: `${field}.${direction}`, descending: direction === "desc", key };
}

async function keyOf(control: Control, field: ProviderKeyOrder["field"]): Promise<(row: Row) => string | number> {
  const nowMs = control.now();
  switch (field) {
    case "name":
      return ({ sortName }) => sortName;
    case "priority":
      return ({ row }) => row.priority;
    case "status":
      return ({ row }) => PROVIDER_KEY_STATUSES.indexOf(statusNow(control, row, nowMs));
    case "createdAt":
      return ({ row }) => row.createdAt;
    case "lastUsedAt":
      return (row) => control.pool.useOf(row.id).lastUsedAt ?? 0;
    case "usageCount":
      return (row) => control.pool.useOf(row.id).useCount;
    case "balance":
      return (row) => control.balances.get(row.id)?.remaining ?? -1;
    case "requests_24h":
      return byUsage(control, ({ requests }) => requests);
    case "errorRate_24h":
      return byUsage(control, ({ errors, requests }) => (requests === 0 ? 0 : errors / requests));
    case "cost_24h":
      return byUsage(control, ({ costNanoUsd }) => costNanoUsd);
  }
}

const DAY_MS = 86_400_000;
/** Keys that served nothing are not in the report. */
const MOST_KEYS = 200_000;

async function byUsage(control: Control, read: (usage: UsageMetrics) => number): Promise<(row: Row) => number> {
  const toMs = control.now();
  const span = { fromMs: toMs - DAY_MS, toMs, timeZone: "UTC", interval: "month" } as const;
  const report = await control.store.usage.report({ ...span, groupBy: ["key"], filter: {}, top: MOST_KEYS });
  const byId = new Map(report.series.filter((one) => !one.isOther).map((one) => [one.values[0], read(one.totals)]));
  return (row) => byId.get(row.id) ?? 0;
}
