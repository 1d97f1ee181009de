import { graphql, type ResultOf } from "./graphql.ts";

/** What every page that names a failed mutation's reasons asks for. */
export const userErrorFields = graphql(`
  fragment UserErrorFields on UserError {
    __typename
    code
    message
    field
    ... on StaleVersionError { currentVersion }
    ... on ConfirmationRequiredError { flag choices }
    ... on ConflictError { blockers { __typename id ... on Model { name } } }
  }
`);

export const countFields = graphql(`
  fragment CountFields on ProviderKeyCounts {
    total active cooling exhausted invalid disabled unchecked
  }
`);

/** The numbers of one thing over one range. */
export const metricFields = graphql(`
  fragment MetricFields on UsageMetrics {
    requests errors retries totalTokens inputTokens outputTokens cost unpricedRequests p50LatencyMs p95LatencyMs p95FirstTokenMs
  }
`);

/** Who is signed in, and what he may do. */
export const viewerFields = graphql(`
  fragment ViewerFields on Viewer { kind scopes }
`);

export type Scope = ResultOf<typeof viewerFields>["scopes"][number];
export type Metrics = ResultOf<typeof metricFields>;
