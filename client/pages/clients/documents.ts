import { metricFields, userErrorFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

export const clientFields = graphql(`
  fragment ClientFields on ClientKey {
    id
    name
    secretPreview
    enabled
    expiresAt
    expired
    letIn
    allowedModels
    requestContent
    strictParameters
    tags
    memo
    builtin
    lastUsedAt
    createdAt
    updatedAt
    version
  }
`);

export const clientsQuery = graphql(
  `
    query Clients($first: Int, $after: String, $filter: ClientKeyFilter, $orderBy: ClientKeyOrder) {
      clientKeys(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
        nodes { ...ClientFields sparkline { requests errors } }
        pageInfo { hasNextPage endCursor }
        totalCount
      }
    }
  `,
  [clientFields],
);

export const clientQuery = graphql(
  `
    query Client($id: ID!) {
      clientKey(id: $id) {
        ...ClientFields
        usage { ...MetricFields }
        sparkline { startsAt stepSeconds requests errors }
      }
    }
  `,
  [clientFields, metricFields],
);

export const createClientMutation = graphql(
  `
    mutation CreateClient($input: CreateClientKeyInput!) {
      createClientKey(input: $input) {
        clientKey { ...ClientFields }
        secret
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const updateClientMutation = graphql(
  `
    mutation UpdateClient($input: UpdateClientKeyInput!) {
      updateClientKey(input: $input) {
        clientKey { ...ClientFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const rotateClientMutation = graphql(
  `
    mutation RotateClient($input: RotateClientKeyInput!) {
      rotateClientKey(input: $input) {
        clientKey { ...ClientFields }
        secret
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [clientFields, userErrorFields],
);

export const deleteClientsMutation = graphql(
  `
    mutation DeleteClients($input: DeleteInput!) {
      deleteClientKeys(input: $input) {
        deletedIds
        undoToken
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export const restoreClientsMutation = graphql(
  `
    mutation RestoreClients($input: RestoreInput!) {
      restoreClientKeys(input: $input) {
        restoredIds
        conflictingIds
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

/** Names for choosing which models a key may call. */
export const modelNamesQuery = graphql(`
  query ModelNames {
    models(first: 200) { nodes { id name enabled } }
  }
`);

export type Client = ResultOf<typeof clientFields>;
export type ClientRow = ResultOf<typeof clientsQuery>["clientKeys"]["nodes"][number];
