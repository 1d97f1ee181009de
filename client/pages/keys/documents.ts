import { countFields, metricFields, userErrorFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

/** Everything about a key but its history and numbers: also what live events carry. */
export const keyFields = graphql(`
  fragment KeyFields on ProviderKey {
    id
    name
    provider { id name kind enabled }
    secretPreview
    fingerprint
    enabled
    status
    statusReason { errorClass httpStatus message since }
    cooldownUntil
    consecutiveFailures
    parkedModels { model state until }
    inFlight
    lastUsedAt
    usageCount
    limits { rpm rpmUsed tpm tpmUsed rpd rpdUsed concurrency inFlight }
    balance { remaining total currency refreshedAt estimatedEmptyAt source }
    priority
    weight
    tags
    memo
    userAgent
    proxyPreview
    createdAt
    updatedAt
    version
  }
`);

export const keyChangeFields = graphql(`
  fragment KeyChangeFields on KeyHealthChange {
    at model from to until errorClass httpStatus message requestId
  }
`);

export const keysQuery = graphql(
  `
    query Keys($first: Int, $after: String, $filter: ProviderKeyFilter, $orderBy: ProviderKeyOrder) {
      providerKeys(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        nodes { ...KeyFields sparkline { requests errors } }
        pageInfo { hasNextPage endCursor }
        totalCount
        counts { ...CountFields }
      }
    }
  `,
  [keyFields, countFields],
);

export const keyQuery = graphql(
  `
    query Key($id: ID!) {
      providerKey(id: $id) {
        ...KeyFields
        usage { ...MetricFields }
        sparkline { startsAt stepSeconds requests errors }
        healthHistory(first: 50) { nodes { ...KeyChangeFields } }
      }
    }
  `,
  [keyFields, metricFields, keyChangeFields],
);

export const keyEvents = graphql(
  `
    subscription KeyEvents($filter: ProviderKeyFilter, $after: String) {
      keyEvents(filter: $filter, after: $after) {
        __typename
        ... on StreamEvent { cursor at }
        ... on KeyEventBatch {
          events { kind keyId key { ...KeyFields } change { ...KeyChangeFields } }
          counts { ...CountFields }
        }
      }
    }
  `,
  [keyFields, keyChangeFields, countFields],
);

/** For choices of a provider: the filter, the form of a new key. */
export const providerOptionsQuery = graphql(`
  query ProviderOptions {
    providers(first: 200) { nodes { id name kind enabled } }
  }
`);

export const createKeyMutation = graphql(
  `
    mutation CreateKey($input: CreateProviderKeyInput!) {
      createProviderKey(input: $input) {
        providerKey { ...KeyFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [keyFields, userErrorFields],
);

export const updateKeyMutation = graphql(
  `
    mutation UpdateKey($input: UpdateProviderKeyInput!) {
      updateProviderKey(input: $input) {
        providerKey { ...KeyFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [keyFields, userErrorFields],
);

export const actOnKeysMutation = graphql(
  `
    mutation ActOnKeys($input: ActOnProviderKeysInput!) {
      actOnProviderKeys(input: $input) {
        affected
        providerKeys { ...KeyFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [keyFields, userErrorFields],
);

export const deleteKeysMutation = graphql(
  `
    mutation DeleteKeys($input: DeleteProviderKeysInput!) {
      deleteProviderKeys(input: $input) {
        deletedIds
        undoToken
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export const restoreKeysMutation = graphql(
  `
    mutation RestoreKeys($input: RestoreInput!) {
      restoreProviderKeys(input: $input) {
        restoredIds
        conflictingIds
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export type Key = ResultOf<typeof keyFields>;
export type KeyRow = ResultOf<typeof keysQuery>["providerKeys"]["nodes"][number];
export type KeyChange = ResultOf<typeof keyChangeFields>;
export type KeyStatus = Key["status"];
export type ProviderOption = ResultOf<typeof providerOptionsQuery>["providers"]["nodes"][number];
