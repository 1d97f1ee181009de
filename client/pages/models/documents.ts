import { metricFields, userErrorFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

export const modelFields = graphql(`
  fragment ModelFields on Model {
    id
    name
    displayName
    description
    capabilities
    contextWindow
    maxOutputTokens
    enabled
    aliases
    price { input output cacheRead cacheWrite reasoning perRequest source ref effectiveFrom }
    targets {
      provider { id name kind enabled }
      providerId
      upstreamModel
      priority
      weight
      enabled
      usableKeys
      totalKeys
      traits { thinking sampling toolsNeedResponses maxOutputTokens efforts structuredOutput }
      effectiveTraits { thinking sampling toolsNeedResponses maxOutputTokens efforts structuredOutput }
    }
    health { state usableKeys totalKeys requests5m successRate5m lastError lastErrorAt }
    createdAt
    updatedAt
    version
  }
`);

export const modelsQuery = graphql(
  `
    query Models($first: Int, $after: String, $filter: ModelFilter) {
      models(first: $first, after: $after, filter: $filter) {
        nodes { ...ModelFields sparkline { requests errors } }
        pageInfo { hasNextPage endCursor }
        totalCount
      }
    }
  `,
  [modelFields],
);

export const modelQuery = graphql(
  `
    query Model($id: ID!) {
      model(id: $id) {
        ...ModelFields
        price { list { releasedOn } tiers { aboveTokens input output } }
        usage { ...MetricFields }
        sparkline { startsAt stepSeconds requests errors }
      }
    }
  `,
  [modelFields, metricFields],
);

export const modelEvents = graphql(
  `
    subscription ModelEvents($after: String) {
      modelEvents(after: $after) {
        __typename
        ... on StreamEvent { cursor at }
        ... on ModelEvent { kind modelId healthChanged model { ...ModelFields } }
      }
    }
  `,
  [modelFields],
);

/** Who would serve a short chat request now. Nobody is asked. */
export const routeQuery = graphql(`
  query ModelRoute($model: String!) {
    explainRoute(input: { model: $model }) {
      candidates {
        order
        verdict
        skip
        reason
        chance
        provider { id name }
        providerKey { id name }
        upstreamModel
        parked { until message }
      }
      omitted
      refusal { httpStatus message }
    }
  }
`);

export const testModelMutation = graphql(
  `
    mutation TestModel($input: TestModelInput!) {
      testModel(input: $input) {
        ok
        httpStatus
        latencyMs
        text
        errorMessage
        request { id }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export const createModelMutation = graphql(
  `
    mutation CreateModel($input: CreateModelInput!) {
      createModel(input: $input) {
        model { ...ModelFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [modelFields, userErrorFields],
);

export const updateModelMutation = graphql(
  `
    mutation UpdateModel($input: UpdateModelInput!) {
      updateModel(input: $input) {
        model { ...ModelFields }
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [modelFields, userErrorFields],
);

export const deleteModelsMutation = graphql(
  `
    mutation DeleteModels($input: DeleteInput!) {
      deleteModels(input: $input) {
        deletedIds
        undoToken
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export const restoreModelsMutation = graphql(
  `
    mutation RestoreModels($input: RestoreInput!) {
      restoreModels(input: $input) {
        restoredIds
        conflictingIds
        userErrors { ...UserErrorFields }
      }
    }
  `,
  [userErrorFields],
);

export type Model = ResultOf<typeof modelFields>;
export type ModelRow = ResultOf<typeof modelsQuery>["models"]["nodes"][number];
export type ModelDetail = NonNullable<ResultOf<typeof modelQuery>["model"]>;
export type Candidate = ResultOf<typeof routeQuery>["explainRoute"]["candidates"][number];
export type ModelTarget = Model["targets"][number];
export type TraitOverrides = NonNullable<ModelTarget["traits"]>;
export type Effort = NonNullable<TraitOverrides["efforts"]>[number];
