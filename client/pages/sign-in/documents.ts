import { graphql } from "../../api/graphql.ts";

export const viewerQuery = graphql(`
  query Viewer {
    viewer { kind setupRequired signInWith }
  }
`);

export const signInMutation = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      viewer { kind }
      userErrors { code message field }
    }
  }
`);

export const signOutMutation = graphql(`
  mutation SignOut {
    signOut { userErrors { code message field } }
  }
`);
