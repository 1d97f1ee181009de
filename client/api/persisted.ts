import type { RequestExtensions } from "@urql/core";
import type { Document } from "./graphql.ts";

/**
 * What is sent instead of a document's text. A session of the console may run the documents that it was built with and no others,
 * so that a script smuggled into a page could ask for nothing else.
 */
export function hashOf(document: Document): RequestExtensions & Record<string, unknown> {
  const [operation] = document.definitions.flatMap((each) => ("operation" in each ? [each.name?.value ?? ""] : []));
  const sha256Hash = DOCUMENT_IDS[operation ?? ""];
  if (sha256Hash === undefined) throw new Error(`No documents.ts holds the operation ${operation}`);
  return { persistedQuery: { version: 1, sha256Hash } };
}
