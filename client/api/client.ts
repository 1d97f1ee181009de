import { Client, createRequest, fetchExchange } from "@urql/core";
import { noteServerDate } from "../lib/clock.ts";
import { GRAPHQL_URL } from "./base.ts";
import { type ApiError, toApiError } from "./errors.ts";
import type { Document } from "./graphql.ts";
import { noteOutdated } from "./outdated.ts";
import { hashOf } from "./persisted.ts";
import { noteUnauthenticated } from "./session.ts";

/** No cache: live events keep what is shown true, and each query remembers its last answer (query.ts). */
const client = new Client({
  url: GRAPHQL_URL,
  exchanges: [fetchExchange],
  preferGetMethod: false,
  fetchOptions: { credentials: "same-origin" },
  fetch: async (input, init) => {
    const response = await fetch(input, init);
    const date = response.headers.get("date");
    if (date) noteServerDate(date);
    return response;
  },
});

export type Answer<Data> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly error: ApiError };

/**
 * urql tells requests apart by their contents, and hands the answer of one that is under way to whoever asks the same: after a
 * change that would be the answer of before.
 */
let nextKey = 1;

/** Runs a query or mutation once. A lost session is noted here, so that the sign-in opens whoever asked. */
export async function execute<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
): Promise<Answer<Data>> {
  const isMutation = document.definitions.some((each) => "operation" in each && each.operation === "mutation");
  const request = {
    ...createRequest(document, variables as Record<string, unknown>, hashOf(document)),
    key: nextKey++,
  };
  const result = await (isMutation ? client.executeMutation(request) : client.executeQuery(request)).toPromise();
  // A partial answer counts as none: the console asks only for what its viewer may see.
  if (result.error || !result.data) {
    const error = result.error ? toApiError(result.error) : toApiError({ graphQLErrors: [] } as never);
    if (error.kind === "unauthenticated") noteUnauthenticated();
    if (error.kind === "outdated") noteOutdated();
    return { ok: false, error };
  }
  return { ok: true, data: result.data };
}
