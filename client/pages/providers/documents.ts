import { countFields, metricFields, userErrorFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

export const providerFields = graphql(
  `
    fragment ProviderFields on Provider {
      id
      name
      kind
      baseUrl
      apiVersion
      botId
      strategy
      enabled
      memo
      quirks { quirk source since note }
      ignoredQuirks
      keyCounts { ...CountFields }
      createdAt
      updatedAt
      version
    }
  `,
  [countFields],
);

export const providersQuery = graphql(
  `
    query Providers($first: Int, $after: String, $filter: ProviderFilter) {
      providers(first: $first, after: $after, filter: $filter) {
        nodes { ...ProviderFields sparkline { requests errors } }
        pageInfo { hasNextPage endCursor }
        totalCount
      }
    }
  `,
  [providerFields],
);

export const providerQuery = graphql(
  `
    query Provider($id: ID!) {
      provider(id: $id) {
        ...ProviderFields
        models { id name }
        usage { ...MetricFields }
        sparkline { startsAt stepSeconds requests errors }
      }
    }
  `,
  [providerFields, metricFields],
);

/** Vendors to choose from; the gateway knows them. */
export const presetsQuery = graphql(`
  query ProviderPresets {
    providerPresets { id name kind baseUrl keyUrl keyPrefixes model quirks }
  }
`);

export const createProviderMutation = graphql(
  `
    mutation CreateProvider($input: CreateProviderInput!) {
      createProvider(input: $input) {
        provider { ...ProviderFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [providerFields, userErrorFields],
);

export const updateProviderMutation = graphql(
  `
    mutation UpdateProvider($input: UpdateProviderInput!) {
      updateProvider(input: $input) {
        provider { ...ProviderFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [providerFields, userErrorFields],
);

export const forgetQuirkMutation = graphql(
  `
    mutation ForgetProviderQuirk($input: ForgetProviderQuirkInput!) {
      forgetProviderQuirk(input: $input) {
        provider { ...ProviderFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [providerFields, userErrorFields],
);

export const deleteProvidersMutation = graphql(
  `
    mutation DeleteProviders($input: DeleteInput!) {
      deleteProviders(input: $input) {
        deletedIds
        undoToken
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export const restoreProvidersMutation = graphql(
  `
    mutation RestoreProviders($input: RestoreInput!) {
      restoreProviders(input: $input) {
        restoredIds
        conflictingIds
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export type Provider = ResultOf<typeof providerFields>;
export type ProviderRow = ResultOf<typeof providersQuery>["providers"]["nodes"][number];
export type ProviderKind = Provider["kind"];
export type KeyStrategy = Provider["strategy"];
export type ProviderQuirk = Provider["quirks"][number];
export type Quirk = ProviderQuirk["quirk"];
export type Preset = ResultOf<typeof presetsQuery>["providerPresets"][number];
