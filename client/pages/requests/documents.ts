import { userErrorFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

/** A row of the list; the live feed carries the same. */
export const requestFields = graphql(`
  fragment RequestFields on RequestLog {
    id
    receivedAt
    endedAt
    status
    origin
    format
    endpoint
    requestedModel
    servedModel
    provider { id name }
    providerKey { id name }
    clientKey { id name builtin }
    stream
    httpStatus
    errorClass
    errorMessage
    usage { totalTokens inputTokens cacheReadTokens cacheWriteTokens outputTokens reasoningTokens }
    usageSource
    cost
    latencyMs
    firstTokenMs
    attemptCount
    droppedFields
  }
`);

export const requestsQuery = graphql(
  `
    query Requests($first: Int, $after: String, $filter: RequestLogFilter) {
      requestLogs(first: $first, after: $after, filter: $filter) {
        nodes { ...RequestFields }
        pageInfo { hasNextPage endCursor }
        totalCount
        isPartial
      }
    }
  `,
  [requestFields],
);

export const activeRequestsQuery = graphql(
  `
    query ActiveRequests {
      activeRequests { ...RequestFields }
    }
  `,
  [requestFields],
);

export const requestQuery = graphql(
  `
    query Request($id: ID!) {
      requestLog(id: $id) {
        ...RequestFields
        costLines { part tokens pricePerMillion cost }
        price { input output cacheRead cacheWrite source ref }
        clientAddress
        userAgent
        requestBytes
        responseBytes
        usage { raw }
        attempts {
          index
          provider { id name }
          providerKey { id name }
          upstreamModel
          startOffsetMs
          durationMs
          outcome
          httpStatus
          errorClass
          errorMessage
          cooldownMs
          upstreamRequestId
        }
      }
    }
  `,
  [requestFields],
);

/** Asked for on its own: it needs a scope that not every viewer has, and may be large. */
export const requestContentQuery = graphql(`
  query RequestContent($id: ID!) {
    requestLog(id: $id) {
      id
      content {
        policy
        requestHeaders
        responseHeaders
        requestBody { bytes text }
        responseBody { bytes text }
        truncated
      }
    }
  }
`);

export const requestFeed = graphql(
  `
    subscription RequestFeed($filter: RequestLogFilter, $after: String, $maxPerSecond: Int!) {
      requestFeed(filter: $filter, after: $after, maxPerSecond: $maxPerSecond) {
        __typename
        ... on StreamEvent { cursor at }
        ... on RequestFeedBatch {
          started { ...RequestFields }
          settled { ...RequestFields }
          dropped
        }
      }
    }
  `,
  [requestFields],
);

export const cancelRequestMutation = graphql(
  `
    mutation CancelRequest($input: CancelRequestInput!) {
      cancelRequest(input: $input) {
        cancelled
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

/** Names for the filters. */
export const requestFilterOptionsQuery = graphql(`
  query RequestFilterOptions {
    providers(first: 200) { nodes { id name } }
    clientKeys(first: 200) { nodes { id name builtin } }
  }
`);

/** The name behind an id in the URL. */
export const keyNameQuery = graphql(`
  query KeyName($id: ID!) {
    providerKey(id: $id) { id name }
  }
`);

export type Request = ResultOf<typeof requestFields>;
export type RequestDetail = NonNullable<ResultOf<typeof requestQuery>["requestLog"]>;
export type Attempt = RequestDetail["attempts"][number];
export type RequestContent = NonNullable<NonNullable<ResultOf<typeof requestContentQuery>["requestLog"]>["content"]>;
