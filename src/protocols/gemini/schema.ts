import { isRecord, type JsonRecord } from "../fields.ts";
import { toCamelCase } from "./spelling.ts";

/** Keywords of Gemini's Schema whose values are counts written as strings (64-bit integers in protobuf's JSON). */
const COUNTS = new Set(["maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"]);

/**
 * Gemini's own Schema (upper-case types, `nullable`, counts as strings; SDK typing `Schema`) as JSON Schema. What is JSON Schema
 * already comes out as it is, for clients that mix both.
 */
export function toJsonSchema(schema: JsonRecord): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let isNullable = false;
  for (const [key, value] of Object.entries(schema)) {
    const name = key.startsWith("$") ? key : toCamelCase(key);
    if (name === "nullable") isNullable = value === true;
    // Only an order of display; a strict vendor refuses keywords it does not know.
    else if (name === "propertyOrdering" || value === null) continue;
    else if (name === "format" && value === "enum") continue;
    else if (name === "example") out.examples = [value];
    else if (name === "type") Object.assign(out, typeOf(value));
    else if (COUNTS.has(name)) out[name] = typeof value === "string" ? Number(value) : value;
    else out[name] = nested(name, value);
  }
  return isNullable ? withNull(out) : out;
}

function nested(name: string, value: unknown): unknown {
  switch (name) {
    case "properties":
    case "$defs":
    case "defs":
      return isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]))
        : value;
    case "anyOf":
    case "oneOf":
    case "allOf":
    case "prefixItems":
      return Array.isArray(value) ? value.map(inner) : value;
    case "items":
    case "additionalProperties":
    case "not":
      return inner(value);
    default:
      return value;
  }
}

function inner(value: unknown): unknown {
  return isRecord(value) ? toJsonSchema(value) : value;
}

function typeOf(value: unknown): { type?: unknown } {
  if (value === "TYPE_UNSPECIFIED") return {};
  if (Array.isArray(value)) return { type: value.map(lowerCase) };
  return { type: lowerCase(value) };
}

function lowerCase(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function withNull(schema: Record<string, unknown>): Record<string, unknown> {
  const { type, enum: values, anyOf } = schema;
  const out = { ...schema };
  if (typeof type === "string") out.type = type === "null" ? type : [type, "null"];
  else if (Array.isArray(type) && !type.includes("null")) out.type = [...type, "null"];
  else if (Array.isArray(anyOf)) out.anyOf = [...anyOf, { type: "null" }];
  if (Array.isArray(values) && !values.includes(null)) out.enum = [...values, null];
  return out;
}
