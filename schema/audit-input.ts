import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from "graphql";
import { shown } from "../src/control/audit/audit-changes.ts";
import { SAFE_TEXTS } from "./audit-rules.ts";
import type { GraphqlContext } from "./context.ts";

/** Kinds of value that cannot be a secret. A String can be, whatever its name says, and so can JSON. */
const SAFE_SCALARS = new Set(["Boolean", "Int", "Float", "Long", "Decimal", "DateTime"]);
const NODE_ID = /^[a-z]{3}_[0-9a-f-]{36}$/;
const MAX_LISTED = 50;
const MAX_DEPTH = 6;

/** What was asked for, as far as the types of the schema say that it can hold no secret. */
export function readInputOf(field: GraphQLField<unknown, GraphqlContext>, args: object): Record<string, unknown> {
  const given = args as Record<string, unknown>;
  const kept: Record<string, unknown> = {};
  for (const { name, type } of field.args) {
    const value = keep(name, type, given[name], 0);
    if (name === "input" && value !== null && typeof value === "object") Object.assign(kept, value);
    else if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function keep(name: string, type: GraphQLInputType, value: unknown, depth: number): unknown {
  if (value === undefined || depth > MAX_DEPTH) return undefined;
  if (value === null) return null;
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) {
    const items = (Array.isArray(value) ? value : [value]).slice(0, MAX_LISTED);
    const kept = items.map((item) => keep(name, bare.ofType, item, depth + 1)).filter((item) => item !== undefined);
    return kept.length === 0 && items.length > 0 ? undefined : kept;
  }
  const named = getNamedType(bare);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).flatMap((field) => {
      const part = keep(field.name, field.type, (value as Record<string, unknown>)[field.name], depth + 1);
      return part === undefined ? [] : [[field.name, part] as const];
    });
    return fields.length === 0 ? undefined : Object.fromEntries(fields);
  }
  if (isEnumType(named) || SAFE_SCALARS.has(named.name)) return value;
  if (named.name === "ID") return NODE_ID.test(String(value)) ? value : undefined;
  return named.name === "String" && SAFE_TEXTS.has(name) ? shown(name, value) : undefined;
}
