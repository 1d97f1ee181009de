import { viewerFields } from "../../api/fragments.ts";
import { graphql, type ResultOf } from "../../api/graphql.ts";

export const setUpMutation = graphql(
  `
    mutation SetUp($input: SetUpInput!) {
      setUp(input: $input) {
        viewer { ...ViewerFields }
        userErrors { code message field }
      }
    }
  `,
  [viewerFields],
);

export const acceptInvitationMutation = graphql(
  `
    mutation AcceptInvitation($input: AcceptInvitationInput!) {
      acceptInvitation(input: $input) {
        viewer { ...ViewerFields }
        userErrors { code message field }
      }
    }
  `,
  [viewerFields],
);

/** How far the first run has come: it survives a reload. */
export const progressQuery = graphql(`
  query SetupProgress {
    providers(first: 1) { nodes { id name kind keyCounts { total } } totalCount }
    models(first: 1) { nodes { id name } }
  }
`);

/** The first request of the new client key, running or settled. */
export const firstRequest = graphql(`
  subscription FirstRequest($filter: RequestLogFilter) {
    requestFeed(filter: $filter, maxPerSecond: 5) {
      __typename
      ... on RequestFeedBatch {
        started { id }
        settled { id status httpStatus errorMessage servedModel requestedModel latencyMs cost }
      }
    }
  }
`);

type FirstBatch = Extract<ResultOf<typeof firstRequest>["requestFeed"], { __typename: "RequestFeedBatch" }>;
/** A request of the new client key that has ended. */
export type Arrival = FirstBatch["settled"][number];
