/** Reading token counts that others wrote: absent, null, negative or absurd values must not become money. */

/** A sane count: a whole number from 0 to 10^9; null for anything else. */
export function readCount(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= 1e9 ? Math.floor(value) : null;
}

export function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** `part` of `whole`, for vendors that count one inside the other: never more than the whole. */
export function portion(whole: number, part: unknown): number {
  return Math.min(whole, readCount(part) ?? 0);
}
