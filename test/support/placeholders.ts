import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";

const SCALARS: Readonly<Record<string, unknown>> = {
  Boolean: false,
  Int: 1,
  Float: 1,
  Long: 1,
  Decimal: "1",
  DateTime: "2026-01-01T00:00:00.000Z",
  JSON: {},
  ID: "xxx_placeholder",
  String: "placeholder",
};

/** A call of a root field with just enough in it to be a valid document: every required argument, and values that fit their types. */
export function placeholderCall(
  operation: "query" | "mutation",
  field: GraphQLField<unknown, unknown>,
): { query: string; variables: Record<string, unknown> } {
  const required = field.args.filter(isRequiredArgument);
  const head = required.map(({ name, type }) => `$${name}: ${type}`).join(", ");
  const args = required.map(({ name }) => `${name}: $${name}`).join(", ");
  const selection = isCompositeType(getNamedType(field.type)) ? "{ __typename }" : "";
  const query = `${operation} ${head && `(${head})`} { ${field.name}${args && `(${args})`} ${selection} }`;
  return { query, variables: Object.fromEntries(required.map(({ name, type }) => [name, placeholder(type)])) };
}

function placeholder(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return placeholder(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (!isInputObjectType(type)) return SCALARS[type.name];
  const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || type.isOneOf);
  const given = type.isOneOf ? fields.slice(0, 1) : fields;
  return Object.fromEntries(given.map((field) => [field.name, placeholder(field.type)]));
}
