import {
  defaultFieldResolver,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from "graphql";
import { isFresh, type Principal } from "../src/control/people/principal.ts";
import { ACCESS, type Access } from "./access.ts";
import type { GraphqlContext } from "./context.ts";

type Field = GraphQLField<unknown, GraphqlContext>;

/** Hears of every refusal, with the field ("Query.users") and the code. */
export type OnRefusal = (context: GraphqlContext, field: string, code: string) => void;

/**
 * Puts the access table in front of the resolvers of a finished schema. A root field without an entry is refused to everybody:
 * forgetting it can close a door, never open one.
 */
export function guardSchema(schema: GraphQLSchema, onRefusal: OnRefusal = () => {}): GraphQLSchema {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    const isRoot = roots.has(type);
    for (const field of Object.values(type.getFields()) as Field[]) {
      const needed = new Set<Access | undefined>();
      const own = ACCESS[`${type.name}.${field.name}`];
      if (isRoot || own !== undefined) needed.add(own);
      // Behind the interface Node the type is only known with the value: node.ts asks `assertMaySee`.
      const shown = ACCESS[getNamedType(field.type).name];
      if (shown !== undefined) needed.add(shown);
      if (needed.size > 0)
        guardField(field, [...needed], (context, code) => onRefusal(context, `${type.name}.${field.name}`, code));
    }
  }
  return schema;
}

/** Throws unless the principal may see values of this type (for interfaces, whose type is only known with the value). */
export function assertMaySee(principal: Principal, typeName: string | undefined): void {
  const needed = typeName === undefined ? undefined : ACCESS[typeName];
  if (needed !== undefined && typeof needed !== "object") assertAllowed(principal, needed);
}

/** For a field that needs a fresh proof only for some of its arguments; others say so in the access table. Throws. */
export function assertFresh({ principal, control }: Pick<GraphqlContext, "principal" | "control">): void {
  if (isFresh(principal, control.now())) return;
  const extensions = { code: "REAUTH_REQUIRED" };
  throw new GraphQLError("Prove again who you are: reauthenticate, then repeat.", { extensions });
}

function guardField(
  field: Field,
  needed: readonly (Access | undefined)[],
  onRefusal: (context: GraphqlContext, code: string) => void,
): void {
  const guarded = (inner: GraphQLFieldResolver<unknown, GraphqlContext>) =>
    ((parent, args, context, info) => {
      try {
        for (const access of needed) assertAccess(context, access);
      } catch (error) {
        if (error instanceof GraphQLError) onRefusal(context, String(error.extensions.code));
        throw error;
      }
      return inner(parent, args, context, info);
    }) satisfies GraphQLFieldResolver<unknown, GraphqlContext>;
  field.resolve = guarded(field.resolve ?? defaultFieldResolver);
  if (field.subscribe) field.subscribe = guarded(field.subscribe);
}

function assertAccess(context: GraphqlContext, access: Access | undefined): void {
  const isStrict = typeof access === "object" && "fresh" in access;
  const needed = isStrict ? access.scope : access;
  for (const scope of typeof needed === "object" ? needed : [needed]) assertAllowed(context.principal, scope);
  if (isStrict) assertFresh(context);
}

function assertAllowed({ kind, scopes }: Principal, access: Exclude<Access, object> | undefined): void {
  if (access === "anyone") return;
  if (kind === "anonymous") throw unauthenticated();
  if (access === "signed-in") return;
  if (access === undefined || !scopes.has(access)) {
    const message = access === undefined ? "This operation is closed." : `This needs the scope ${access}.`;
    throw new GraphQLError(message, { extensions: { code: "FORBIDDEN" } });
  }
}

export function unauthenticated(): GraphQLError {
  return new GraphQLError("Sign in first.", { extensions: { code: "UNAUTHENTICATED" } });
}
