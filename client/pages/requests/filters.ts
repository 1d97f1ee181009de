import type { Accessor } from "solid-js";
import {
  createUrlChoice,
  createUrlChoices,
  createUrlSetter,
  createUrlText,
  type UrlValue,
} from "../../lib/url-state.ts";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export const OUTCOMES = ["SUCCESS", "ERROR", "CANCELLED"] as const;
export const ORIGINS = ["CLIENT", "CHAT", "TEST", "REPLAY"] as const;
export const FLAGS = ["retried"] as const;

export interface RequestFilters {
  readonly search: UrlValue<string>;
  readonly range: UrlValue<(typeof RANGES)[number]>;
  readonly outcomes: UrlValue<readonly (typeof OUTCOMES)[number][]>;
  readonly flags: UrlValue<readonly (typeof FLAGS)[number][]>;
  /** "": whoever sent it. */
  readonly origin: UrlValue<(typeof ORIGINS)[number] | "">;
  readonly provider: UrlValue<string>;
  /** A provider key: comes from that key's panel. */
  readonly key: UrlValue<string>;
  readonly client: UrlValue<string>;
  /** `*` is a wildcard. */
  readonly model: UrlValue<string>;
  readonly isLive: UrlValue<"on" | "off">;
  readonly isSet: Accessor<boolean>;
  clear(): void;
  /** For the list. */
  readonly variables: Accessor<{ readonly filter: RequestFilter & { range: { from: string; to: string } } }>;
  /** For the feed: the same without a range, which is always now. */
  readonly feedFilter: Accessor<RequestFilter>;
}

interface RequestFilter {
  search: string | null;
  statuses: (typeof OUTCOMES)[number][] | null;
  retried: boolean | null;
  origins: (typeof ORIGINS)[number][] | null;
  providers: string[] | null;
  providerKeys: string[] | null;
  clientKeys: string[] | null;
  models: string[] | null;
}

export function createRequestFilters(): RequestFilters {
  const search = createUrlText("q");
  const range = createUrlChoice("range", RANGES, "24h");
  const outcomes = createUrlChoices("status", OUTCOMES);
  const flags = createUrlChoices("show", FLAGS);
  const origin = createUrlChoice("origin", ["", ...ORIGINS], "");
  const provider = createUrlText("provider");
  const key = createUrlText("key");
  const client = createUrlText("client");
  const model = createUrlText("model");
  const isLive = createUrlChoice("live", ["on", "off"], "on");
  const set = createUrlSetter();
  const one = (value: string) => (value === "" ? null : [value]);
  const feedFilter = (): RequestFilter => ({
    search: search() || null,
    statuses: outcomes().length > 0 ? [...outcomes()] : null,
    retried: flags().includes("retried") ? true : null,
    origins: origin() === "" ? null : [origin() as (typeof ORIGINS)[number]],
    providers: one(provider()),
    providerKeys: one(key()),
    clientKeys: one(client()),
    models: one(model()),
  });
  return {
    search,
    range,
    outcomes,
    flags,
    origin,
    provider,
    key,
    client,
    model,
    isLive,
    feedFilter,
    isSet: () => Object.values(feedFilter()).some((each) => each !== null),
    clear: () =>
      set({ q: null, status: null, show: null, origin: null, provider: null, key: null, client: null, model: null }),
    variables: () => ({ filter: { ...feedFilter(), range: { from: `now-${range()}`, to: "now" } } }),
  };
}
