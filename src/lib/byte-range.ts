/** First byte, and the one behind the last. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a `range` header asks for (RFC 9110, one range; several are answered with the whole, as is allowed). Null: all of it;
 * "unsatisfiable": nothing of that is there.
 */
export function readRange(header: string | null, length: number): ByteRange | null | "unsatisfiable" {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (found === null || (found[1] === "" && found[2] === "")) return null;
  const [first, last] = [found[1]!, found[2]!];
  if (first === "") {
    const count = Math.min(Number(last), length);
    return count === 0 ? "unsatisfiable" : { start: length - count, end: length };
  }
  const start = Number(first);
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  if (start >= length) return "unsatisfiable";
  return start < end ? { start, end } : null;
}
