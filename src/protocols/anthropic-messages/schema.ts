import { isRecord } from "../fields.ts";

type Schema = Record<string, unknown>;

/**
 * A JSON Schema within what Anthropic compiles for structured answers and strict tools (its guide, and the SDK's own
 * transform-json-schema in @anthropic-ai/sdk 1.11): objects are closed, `oneOf` is `anyOf`, and a keyword that it refuses
 * (minimum, pattern, maxItems …) moves into the description, where the model still reads it. The schema given is not changed.
 */
export function compilableSchema(schema: unknown): Schema {
  if (!isRecord(schema)) return { ...ANYTHING };
  const result: Schema = {};
  const rest = new Map(Object.entries(schema));
  const take = (name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return value;
  };

  take("$schema"); // names the dialect and constrains nothing
  for (const name of ["$defs", "definitions"]) {
    const definitions = take(name);
    if (isRecord(definitions)) result[name] = mapValues(definitions);
  }
  const reference = take("$ref");
  if (reference !== undefined) return { ...result, $ref: reference };

  for (const name of ["description", "title"]) {
    const text = take(name);
    if (text !== undefined) result[name] = text;
  }
  const type = take("type") ?? impliedType(schema);
  const isLiteral = keepLiterals(rest, take, result);
  const isUnion = keepUnion(rest, take, result);
  if (!isLiteral && !isUnion) Object.assign(result, type === undefined ? ANYTHING : { type });
  const types = isLiteral ? [] : [type].flat();
  if (types.includes("object")) keepObject(take, result, rest);
  if (types.includes("array")) keepArray(rest, take, result);
  if (types.includes("string") && FORMATS.has(String(rest.get("format")))) result.format = take("format");
  describe(rest, result);
  return result;
}

/** `{}`, `true` and the like: a type must be named, so every plain one is. */
const ANYTHING: Schema = { anyOf: ["string", "number", "boolean", "null"].map((type) => ({ type })) };

/** String formats that are understood. */
const FORMATS = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);

type Take = (name: string) => unknown;

function impliedType(schema: Schema): string | undefined {
  if (isRecord(schema.properties)) return "object";
  return schema.items === undefined ? undefined : "array";
}

/** `enum` and `const` of plain values; they say the type by themselves. */
function keepLiterals(rest: ReadonlyMap<string, unknown>, take: Take, result: Schema): boolean {
  const values = rest.get("enum");
  if (Array.isArray(values) && values.length > 0 && values.every(isPlain)) result.enum = take("enum");
  if (rest.has("const") && isPlain(rest.get("const"))) result.const = take("const");
  return "enum" in result || "const" in result;
}

/** One of the three is taken; a second one beside it stays for the description. */
function keepUnion(rest: ReadonlyMap<string, unknown>, take: Take, result: Schema): boolean {
  const name = ["anyOf", "oneOf", "allOf"].find((each) => Array.isArray(rest.get(each)));
  if (name === undefined) return false;
  const variants = take(name) as unknown[];
  result[name === "allOf" ? name : "anyOf"] = variants.map(compilableSchema);
  return true;
}

function keepObject(take: Take, result: Schema, rest: Map<string, unknown>): void {
  const properties = take("properties");
  result.properties = isRecord(properties) ? mapValues(properties) : {};
  const required = take("required");
  if (required !== undefined) result.required = required;
  const others = take("additionalProperties");
  if (isRecord(others)) rest.set("additionalProperties", others); // a map of values: told in words at least
  result.additionalProperties = false;
}

function keepArray(rest: ReadonlyMap<string, unknown>, take: Take, result: Schema): void {
  const items = take("items");
  if (items !== undefined) result.items = compilableSchema(items);
  const least = rest.get("minItems");
  if (least === 0 || least === 1) result.minItems = take("minItems");
}

/** The SDK's own wording, so that a schema reads the same whoever reduced it. */
function describe(rest: ReadonlyMap<string, unknown>, result: Schema): void {
  if (rest.size === 0) return;
  const words = `{${[...rest].map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ")}}`;
  result.description = typeof result.description === "string" ? `${result.description}\n\n${words}` : words;
}

function mapValues(schemas: Readonly<Record<string, unknown>>): Schema {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, compilableSchema(schema)]));
}

function isPlain(value: unknown): boolean {
  return value === null || typeof value !== "object";
}
