import type { Control } from "../control.ts";
import { foreignCursor } from "../page.ts";
import type { SlotOrdering } from "../slot-page.ts";
import type { KeyTable } from "./key-table.ts";
import type { MatchingKeys } from "./matching-keys.ts";

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

/** Makes the order over the keys as they are; what it has to wait for comes before. */
export type MakeOrdering = (keys: MatchingKeys) => SlotOrdering;

/**
 * Orders by what moves by itself (status, last use, count of uses, balance) are by what it is when the page is made; those by the last
 * day's figures by figures that are at most a minute old.
 */
export async function readOrder(control: Control, { field, direction }: ProviderKeyOrder): Promise<MakeOrdering> {
  const column = await columnOf(control, field);
  const name = `${field}.${direction}`;
  return (keys) => {
    const order = field === "name" ? byName(keys.table) : byNumbers(keys.table, column(keys));
    return { name, descending: direction === "desc", ...order };
  };
}

type Ordering = Omit<SlotOrdering, "name" | "descending">;
type Numbers = Readonly<Record<number, number>>;

async function columnOf(control: Control, field: ProviderKeyOrder["field"]): Promise<(keys: MatchingKeys) => Numbers> {
  switch (field) {
    case "name":
      return ({ table }) => table.byName.ranks;
    case "priority":
      return ({ columns }) => columns.priority;
    case "status":
      return ({ statuses }) => statuses;
    case "createdAt":
      return ({ columns }) => columns.createdAt;
    case "lastUsedAt":
      return ({ columns }) => columns.lastUsedAt;
    case "usageCount":
      return ({ columns }) => columns.useCount;
    case "balance":
      return ({ columns }) => columns.balance;
    case "requests_24h":
    case "errorRate_24h":
    case "cost_24h": {
      const figures = await control.keyFigures.read();
      return ({ table }) => figures.column(field, table);
    }
  }
}

/** By the ranks of the names: no two are equal. */
function byName(table: KeyTable): Ordering {
  const { byName: order } = table;
  return {
    values: order.ranks,
    ranks: order.ranks,
    placeOf: (slot) => ({ key: table.sortNameAt(slot), id: table.rowAt(slot).id }),
    edgeOf: ({ key, id }, isUpper) => {
      if (typeof key !== "string") throw foreignCursor();
      const isBelow = (slot: number) => {
        const name = table.sortNameAt(slot);
        return name === key ? isIdBelow(table, slot, id, isUpper) : name < key;
      };
      return { value: order.countWhile(isBelow) - BETWEEN, rank: 0 };
    },
  };
}

function byNumbers(table: KeyTable, values: Numbers): Ordering {
  const { byId: order } = table;
  return {
    values,
    ranks: order.ranks,
    placeOf: (slot) => ({ key: values[slot]!, id: table.rowAt(slot).id }),
    edgeOf: ({ key, id }, isUpper) => {
      if (typeof key !== "number") throw foreignCursor();
      return { value: key, rank: order.countWhile((slot) => isIdBelow(table, slot, id, isUpper)) - BETWEEN };
    },
  };
}

/** Half a rank: between the last one below and the first one above. */
const BETWEEN = 0.5;

function isIdBelow(table: KeyTable, slot: number, id: string, isUpper: boolean): boolean {
  const own = table.rowAt(slot).id;
  return own < id || (isUpper && own === id);
}
