import { expect, test } from "bun:test";
import { readOperation } from "../../client/graphiql/operation.ts";

/** As GraphiQL calls its fetcher: with the name of the operation that it parsed last. */
const read = (query: string, operationName?: string) => {
  const { params, isSubscription } = readOperation({ query, operationName, variables: { a: 1 } });
  expect(params).toMatchObject({ query, variables: { a: 1 } });
  return { name: params.operationName, isSubscription };
};

const BOTH = "query Once { viewer { name } } subscription Live { liveUsage { __typename } }";

test.each([
  ["a query", "{ viewer { name } }", undefined, { name: null, isSubscription: false }],
  ["a subscription", "subscription { liveUsage { __typename } }", undefined, { name: null, isSubscription: true }],
  [
    "a subscription behind a fragment",
    "fragment F on A { b } subscription S { c }",
    "S",
    { name: "S", isSubscription: true },
  ],
  ["a query beside a subscription", BOTH, "Once", { name: "Once", isSubscription: false }],
  ["a subscription beside a query", BOTH, "Live", { name: "Live", isSubscription: true }],
  ["one of two that nobody named", BOTH, undefined, { name: null, isSubscription: false }],
  [
    "the name of what stood there before",
    "subscription { liveUsage { __typename } }",
    "Once",
    { name: null, isSubscription: true },
  ],
  ["the name before it was changed", "mutation Second { b }", "First", { name: "Second", isSubscription: false }],
  ["a name that none of two has", BOTH, "Third", { name: null, isSubscription: false }],
  ["what does not parse", "subscription {", undefined, { name: null, isSubscription: false }],
] as const)("%s is run as what its text says", (_what, query, operationName, expected) => {
  expect(read(query, operationName)).toEqual(expected);
});
