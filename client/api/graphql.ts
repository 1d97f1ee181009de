import { initGraphQLTada, type ResultOf, type TadaDocumentNode } from "gql.tada";
import type { introspection } from "./introspection.ts";

/** Writes a document whose result and variables are typed from schema/schema.graphql. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: {
    ID: string;
    /** ISO 8601, UTC. */
    DateTime: string;
    /** An exact decimal as text. */
    Decimal: string;
    Long: number;
    JSON: unknown;
  };
}>();

export type { ResultOf };
// biome-ignore lint/suspicious/noExplicitAny: gql.tada's own default for "whatever document"
export type Document<Data = any, Variables = any> = TadaDocumentNode<Data, Variables>;
