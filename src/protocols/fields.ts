import { GatewayError } from "../errors.ts";

/** Reading a client's parsed body: every reader names the path of what is wrong. `undefined` and `null` mean: not said. */

export type JsonRecord = Readonly<Record<string, unknown>>;

export function wrongField(path: string, expected: string): GatewayError {
  return new GatewayError("invalid_request", 400, `The field \`${path}\` must be ${expected}.`, { param: path });
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readRecord(value: unknown, path: string): JsonRecord {
  if (!isRecord(value)) throw wrongField(path, "an object");
  return value;
}

export function readList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongField(path, "an array");
  return value;
}

export function readString(value: unknown, path: string): string {
  if (typeof value !== "string") throw wrongField(path, "a string");
  return value;
}

export function optionalRecord(value: unknown, path: string): JsonRecord | null {
  return value === undefined || value === null ? null : readRecord(value, path);
}

export function optionalList(value: unknown, path: string): readonly unknown[] {
  return value === undefined || value === null ? [] : readList(value, path);
}

export function optionalString(value: unknown, path: string): string | null {
  return value === undefined || value === null ? null : readString(value, path);
}

export function optionalBoolean(value: unknown, path: string): boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "boolean") throw wrongField(path, "true or false");
  return value;
}

export function optionalNumber(value: unknown, path: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrongField(path, "a number");
  return value;
}

/** A whole number of at least `least`. */
export function optionalInteger(value: unknown, path: string, least = 0): number | null {
  const number = optionalNumber(value, path);
  if (number === null) return null;
  if (!Number.isInteger(number) || number < least) throw wrongField(path, `a whole number of at least ${least}`);
  return number;
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[], path: string): T {
  if (typeof value !== "string" || !(allowed as readonly string[]).includes(value)) {
    throw wrongField(path, `one of ${allowed.map((each) => `"${each}"`).join(", ")}`);
  }
  return value as T;
}
