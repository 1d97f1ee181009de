import { viewerFields } from "../../api/fragments.ts";
import { graphql } from "../../api/graphql.ts";

export const viewerQuery = graphql(
  `
    query Viewer {
      viewer { ...ViewerFields setupRequired signInWith }
    }
  `,
  [viewerFields],
);

export const signInMutation = graphql(
  `
    mutation SignIn($input: SignInInput!) {
      signIn(input: $input) {
        viewer { ...ViewerFields }
        userErrors { code message field }
      }
    }
  `,
  [viewerFields],
);

export const signOutMutation = graphql(`
  mutation SignOut {
    signOut { userErrors { code message field } }
  }
`);

/** By what whoever is here can prove that it is he. */
export const proofKindsQuery = graphql(`
  query ProofKinds {
    viewer { user { id passwordSet totpEnabled } }
  }
`);

export const reauthenticateMutation = graphql(`
  mutation Reauthenticate($input: ReauthenticateInput!) {
    reauthenticate(input: $input) { userErrors { code message field } }
  }
`);
