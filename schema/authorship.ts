import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from "graphql";
import { inNameOf } from "../src/control/audit/authorship.ts";
import type { GraphqlContext } from "./context.ts";

/** What a mutation changes of the configuration stands in the history in its caller's name. */
export function signMutations(schema: GraphQLSchema): GraphQLSchema {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {}) as GraphQLField<unknown, GraphqlContext>[];
  for (const field of fields) {
    const inner = field.resolve ?? defaultFieldResolver;
    field.resolve = (parent, args, context, info) =>
      inNameOf(context.principal, field.name, () => inner(parent, args, context, info));
  }
  return schema;
}
