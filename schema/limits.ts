import { MAX_PAGE } from "../src/control/page.ts";

/** What one operation may ask for. Checked before it runs (http/graphql-limits.ts). */
export const GRAPHQL_LIMITS = {
  tokens: 1000,
  depth: 10,
  aliases: 30,
  rootFields: 10,
  directives: 20,
  page: MAX_PAGE,
  cost: 2000,
  bodyBytes: 1_048_576,
  timeoutMs: 10_000,
  /** Per session. */
  subscriptions: 32,
} as const;
