import { countFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

export const tickFields = graphql(`
  fragment TickFields on LiveUsageTick {
    at
    requestsPerSecond
    tokensPerSecond
    costPerHour
    errorRate
    activeRequests
    activeStreams
    p95LatencyMs
    p95FirstTokenMs
  }
`);

export const overviewQuery = graphql(
  `
    query Overview($timeZone: String!) {
      overview(timeZone: $timeZone) {
        now { ...TickFields }
        today { requests errors totalTokens cost unpricedRequests p95FirstTokenMs }
        yesterday { requests errors totalTokens cost unpricedRequests p95FirstTokenMs }
        keyCounts { ...CountFields }
        providers
        models
        clientKeys
        openAlerts
        attention {
          kind
          severity
          title
          detail
          count
          subject { __typename id ... on Provider { name } ... on ProviderKey { name } ... on Model { name } }
          subjectName
        }
        versionInfo { version startedAt logRetentionDays databaseBytes }
      }
      providers(first: 50) { nodes { id name kind enabled keyCounts { ...CountFields } } }
    }
  `,
  [tickFields, countFields],
);

export const dayQuery = graphql(`
  query Day($timeZone: String!) {
    usage(range: { from: "now-24h", to: "now" }, interval: HOUR, timeZone: $timeZone) {
      buckets
      partialLastBucket
      totals { requests errors totalTokens cost unpricedRequests }
      series {
        requests
        errors
        inputTokens
        cacheReadTokens
        cacheWriteTokens
        outputTokens
        reasoningTokens
        cost
      }
    }
  }
`);

export const liveUsage = graphql(
  `
    subscription LiveUsage {
      liveUsage(intervalMs: 1000) {
        __typename
        ... on LiveUsageSnapshot {
          cursor
          at
          stepMs
          times
          requests
          errors
          tokens
          cost
          firstTokenSeries: p95FirstTokensMs
          now { ...TickFields }
        }
        ... on LiveUsageTick { cursor ...TickFields }
      }
    }
  `,
  [tickFields],
);

export type Tick = ResultOf<typeof tickFields>;
export type OverviewData = ResultOf<typeof overviewQuery>;
export type AttentionItem = OverviewData["overview"]["attention"][number];
export type Snapshot = Extract<ResultOf<typeof liveUsage>["liveUsage"], { __typename: "LiveUsageSnapshot" }>;
