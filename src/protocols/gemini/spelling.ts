import { readRecord } from "../fields.ts";

/**
 * One object of a client's body. Google's JSON takes every key in lowerCamelCase and in snake_case (protobuf's JSON mapping), and
 * clients use both; what is not asked for by name stays in `rest`.
 */
export interface Fields {
  /** The value under either spelling of the camelCase `name`; undefined when absent or null. */
  get(name: string): unknown;
  /** Where `name` stands, as the client spelled it. */
  path(name: string): string;
  /** Path and value of what nobody asked for. */
  rest(): readonly (readonly [path: string, value: unknown])[];
}

/** `path` is "" for the body itself. */
export function readFields(value: unknown, path: string): Fields {
  const record = readRecord(value, path === "" ? "body" : path);
  const spelled = new Map<string, string>();
  for (const key of Object.keys(record)) {
    const name = toCamelCase(key);
    if (key === name || !spelled.has(name)) spelled.set(name, key);
  }
  const asked = new Set<string>();
  return {
    get(name) {
      asked.add(name);
      const key = spelled.get(name);
      return key === undefined ? undefined : (record[key] ?? undefined);
    },
    path: (name) => join(path, spelled.get(name) ?? name),
    rest() {
      const left: (readonly [string, unknown])[] = [];
      for (const [name, key] of spelled) {
        const each = record[key];
        if (!asked.has(name) && each !== undefined && each !== null) left.push([join(path, key), each]);
      }
      return left;
    },
  };
}

/** Puts what nobody asked for where encoders find and report it. */
export function keepRest(fields: Fields, extra: Record<string, unknown>): void {
  for (const [path, value] of fields.rest()) extra[path] = value;
}

/** A repeated field: protobuf's JSON reading takes one value for a list of one, and Google's own examples use that. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function toCamelCase(key: string): string {
  return key.includes("_")
    ? key.replace(/([a-z0-9])_([a-z0-9])/g, (_, before, after) => before + after.toUpperCase())
    : key;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
