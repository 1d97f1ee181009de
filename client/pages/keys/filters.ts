import type { Accessor } from "solid-js";
import type { TableSort } from "../../components/table.tsx";
import {
  createUrlChoice,
  createUrlChoices,
  createUrlSetter,
  createUrlText,
  type UrlValue,
} from "../../lib/url-state.ts";
import type { KeyStatus } from "./documents.ts";

export const KEY_STATUSES = [
  "ACTIVE",
  "COOLING",
  "EXHAUSTED",
  "INVALID",
  "DISABLED",
  "UNCHECKED",
] as const satisfies readonly KeyStatus[];

const ORDERS = ["STATUS", "NAME", "PRIORITY", "LAST_USED_AT", "USAGE_COUNT", "CREATED_AT"] as const;
type Order = (typeof ORDERS)[number];

export interface KeyFilters {
  readonly search: UrlValue<string>;
  readonly provider: UrlValue<string>;
  readonly statuses: UrlValue<readonly KeyStatus[]>;
  readonly sort: Accessor<TableSort>;
  /** A second click on the same column turns the order round. */
  sortBy(field: string): void;
  readonly isSet: Accessor<boolean>;
  clear(): void;
  /** The operation's variables. */
  readonly variables: Accessor<{
    readonly filter: { search: string | null; providers: string[] | null; statuses: KeyStatus[] | null };
    readonly orderBy: { field: Order; direction: "ASC" | "DESC" };
  }>;
}

/** What the table shows and in which order: all of it stands in the URL. */
export function createKeyFilters(): KeyFilters {
  const search = createUrlText("q");
  const provider = createUrlText("provider");
  const statuses = createUrlChoices("status", KEY_STATUSES);
  const field = createUrlChoice("sort", ORDERS, "NAME");
  const direction = createUrlChoice("order", ["asc", "desc"], "asc");
  const set = createUrlSetter();
  return {
    search,
    provider,
    statuses,
    sort: () => ({ field: field(), descending: direction() === "desc" }),
    sortBy(wanted) {
      const known = ORDERS.find((each) => each === wanted);
      if (!known) return;
      if (known === field()) return direction.set(direction() === "asc" ? "desc" : "asc");
      // Times and totals are looked at from the largest.
      set({ sort: known, order: known.endsWith("_AT") || known === "USAGE_COUNT" ? "desc" : null });
    },
    isSet: () => search() !== "" || provider() !== "" || statuses().length > 0,
    clear: () => set({ q: null, provider: null, status: null }),
    variables: () => ({
      filter: {
        search: search() || null,
        providers: provider() ? [provider()] : null,
        statuses: statuses().length > 0 ? [...statuses()] : null,
      },
      orderBy: { field: field(), direction: direction() === "desc" ? "DESC" : "ASC" },
    }),
  };
}
