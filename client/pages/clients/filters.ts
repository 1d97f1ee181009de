import type { Accessor } from "solid-js";
import type { TableSort } from "../../components/table.tsx";
import {
  createUrlChoice,
  createUrlChoices,
  createUrlSetter,
  createUrlText,
  type UrlValue,
} from "../../lib/url-state.ts";

export const CLIENT_FLAGS = ["disabled", "expired"] as const;
type ClientFlag = (typeof CLIENT_FLAGS)[number];
const ORDERS = ["NAME", "EXPIRES_AT", "LAST_USED_AT"] as const;

export interface ClientFilters {
  readonly search: UrlValue<string>;
  readonly flags: UrlValue<readonly ClientFlag[]>;
  readonly sort: Accessor<TableSort>;
  sortBy(field: string): void;
  readonly isSet: Accessor<boolean>;
  clear(): void;
  readonly variables: Accessor<{
    readonly filter: { search: string | null; enabled: boolean | null; expired: boolean | null };
    readonly orderBy: { field: (typeof ORDERS)[number]; direction: "ASC" | "DESC" };
  }>;
}

export function createClientFilters(): ClientFilters {
  const search = createUrlText("q");
  const flags = createUrlChoices("show", CLIENT_FLAGS);
  const field = createUrlChoice("sort", ORDERS, "NAME");
  const direction = createUrlChoice("order", ["asc", "desc"], "asc");
  const set = createUrlSetter();
  return {
    search,
    flags,
    sort: () => ({ field: field(), descending: direction() === "desc" }),
    sortBy(wanted) {
      const known = ORDERS.find((each) => each === wanted);
      if (!known) return;
      if (known === field()) return direction.set(direction() === "asc" ? "desc" : "asc");
      set({ sort: known, order: known === "LAST_USED_AT" ? "desc" : null });
    },
    isSet: () => search() !== "" || flags().length > 0,
    clear: () => set({ q: null, show: null }),
    variables: () => ({
      filter: {
        search: search() || null,
        enabled: flags().includes("disabled") ? false : null,
        expired: flags().includes("expired") ? true : null,
      },
      orderBy: { field: field(), direction: direction() === "desc" ? "DESC" : "ASC" },
    }),
  };
}
