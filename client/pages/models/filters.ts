import type { Accessor } from "solid-js";
import { createUrlChoices, createUrlSetter, createUrlText, type UrlValue } from "../../lib/url-state.ts";

export const MODEL_FLAGS = ["down", "degraded", "unpriced", "disabled"] as const;
export type ModelFlag = (typeof MODEL_FLAGS)[number];

export interface ModelFilters {
  readonly search: UrlValue<string>;
  readonly provider: UrlValue<string>;
  readonly flags: UrlValue<readonly ModelFlag[]>;
  readonly isSet: Accessor<boolean>;
  clear(): void;
  readonly variables: Accessor<{
    readonly filter: {
      search: string | null;
      providers: string[] | null;
      health: ("DOWN" | "DEGRADED")[] | null;
      priceMissing: boolean | null;
      enabled: boolean | null;
    };
  }>;
}

export function createModelFilters(): ModelFilters {
  const search = createUrlText("q");
  const provider = createUrlText("provider");
  const flags = createUrlChoices("show", MODEL_FLAGS);
  const set = createUrlSetter();
  const has = (flag: ModelFlag) => flags().includes(flag);
  return {
    search,
    provider,
    flags,
    isSet: () => search() !== "" || provider() !== "" || flags().length > 0,
    clear: () => set({ q: null, provider: null, show: null }),
    variables: () => {
      const health = [has("down") ? ("DOWN" as const) : null, has("degraded") ? ("DEGRADED" as const) : null];
      const wanted = health.filter((each) => each !== null);
      return {
        filter: {
          search: search() || null,
          providers: provider() ? [provider()] : null,
          health: wanted.length > 0 ? wanted : null,
          priceMissing: has("unpriced") ? true : null,
          enabled: has("disabled") ? false : null,
        },
      };
    },
  };
}
