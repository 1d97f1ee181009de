/**
 * Finds the top-level fields of a JSON object without building it, so that a request can be routed and spliced while its
 * bytes stay as the client wrote them (2^53+1, 1.0 and -0 survive; parse and stringify would cost three times the relay at
 * 100 KB). Works on latin1 text: one character is one byte, so every position is a byte position, and UTF-8 sequences only
 * ever stand inside strings.
 *
 * Checked: the grammar outside strings, nesting, duplicate top-level keys. Not checked: escapes and control characters inside
 * strings.
 */
export interface JsonField {
  /** Start of the key's opening quote. */
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface JsonObjectScan {
  /** The scanned text, latin1. */
  readonly text: string;
  readonly fields: ReadonlyMap<string, JsonField>;
  /** Position of the object's closing brace. */
  readonly closeBrace: number;
}

export class JsonScanError extends Error {
  override readonly name = "JsonScanError";
  constructor(
    readonly reason: "syntax" | "depth" | "duplicate" | "not_object",
    message: string,
  ) {
    super(message);
  }
}

/** Throws JsonScanError. `maxDepth` counts containers, the outer object included. */
export function scanJsonObject(text: string, maxDepth: number): JsonObjectScan {
  let at = skipSpace(text, text.charCodeAt(0) === 0xef && text.startsWith("ï»¿") ? 3 : 0);
  if (text.charCodeAt(at) !== 123) {
    throw at >= text.length
      ? new JsonScanError("syntax", "the body is empty")
      : new JsonScanError("not_object", "the body is not a JSON object");
  }
  const fields = new Map<string, JsonField>();
  /** Of each container around the one that is open, whether it is an object. */
  const around: boolean[] = [];
  let depth = 1;
  let inObject = true;
  /** Right behind an opening bracket the closing one may stand; behind a comma it may not. */
  let mayClose = true;
  let key = "";
  let keyStart = 0;
  let valueStart = 0;
  at++;

  for (;;) {
    at = skipSpace(text, at);
    let char = text.charCodeAt(at);
    if (!mayClose || char !== (inObject ? 125 : 93)) {
      if (inObject) {
        if (char !== 34) throw unexpected(text, at, "a field name in double quotes");
        const end = endOfString(text, at);
        if (depth === 1) {
          keyStart = at;
          key = readKey(text, at, end);
          if (fields.has(key)) throw new JsonScanError("duplicate", `the field "${key}" stands twice`);
        }
        at = skipSpace(text, end);
        if (text.charCodeAt(at) !== 58) throw unexpected(text, at, "a colon");
        at = skipSpace(text, at + 1);
        char = text.charCodeAt(at);
        if (depth === 1) valueStart = at;
      }
      if (char === 123 || char === 91) {
        if (depth >= maxDepth) throw new JsonScanError("depth", `the body is nested deeper than ${maxDepth} levels`);
        around.push(inObject);
        depth++;
        inObject = char === 123;
        mayClose = true;
        at++;
        continue;
      }
      at = char === 34 ? endOfString(text, at) : endOfScalar(text, at, char);
      if (depth === 1) fields.set(key, { keyStart, valueStart, valueEnd: at });
      at = skipSpace(text, at);
      char = text.charCodeAt(at);
    }
    while (char !== 44) {
      if (char !== (inObject ? 125 : 93)) throw unexpected(text, at, "a comma or the end of the list");
      depth--;
      if (depth === 0) {
        if (skipSpace(text, at + 1) < text.length) throw unexpected(text, at + 1, "nothing more");
        return { text, fields, closeBrace: at };
      }
      inObject = around.pop()!;
      at++;
      if (depth === 1) fields.set(key, { keyStart, valueStart, valueEnd: at });
      at = skipSpace(text, at);
      char = text.charCodeAt(at);
    }
    mayClose = false;
    at++;
  }
}

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

export function parseLatin1(text: string): unknown {
  return JSON.parse(PLAIN.test(text) ? text : Buffer.from(text, "latin1").toString("utf8"));
}

function readKey(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  if (PLAIN.test(inner)) return inner;
  try {
    // An escaped spelling ("mod\u0065l") must not slip past the duplicate check.
    return parseLatin1(text.slice(start, end)) as string;
  } catch {
    throw unexpected(text, start, "a valid field name");
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const char = text.charCodeAt(at);
    if (char > 32 || (char !== 32 && char !== 10 && char !== 13 && char !== 9)) return at;
    at++;
  }
}

/** A field's name is over before a search has begun: so far its end is looked for character by character. */
const NEAR = 16;

/** Behind the closing quote of the string whose opening quote stands at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (const near = at + NEAR; at < near; at++) {
    const char = text.charCodeAt(at);
    if (char === 34) return at + 1;
    if (char === 92) at++;
  }
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0) throw new JsonScanError("syntax", "the body is not valid JSON: it ends inside a string");
    let before = at - 1;
    while (text.charCodeAt(before) === 92) before--;
    at++;
    if ((at - before) % 2 === 0) return at;
  }
}

function endOfScalar(text: string, at: number, char: number): number {
  if (char === 116 && text.startsWith("true", at)) return at + 4;
  if (char === 102 && text.startsWith("false", at)) return at + 5;
  if (char === 110 && text.startsWith("null", at)) return at + 4;
  const end = endOfNumber(text, at);
  if (end === at) throw unexpected(text, at, "a value");
  return end;
}

/** `start` when no number stands there. What follows a number and is none of it any more, the caller finds. */
function endOfNumber(text: string, start: number): number {
  const digits = text.charCodeAt(start) === 45 ? start + 1 : start;
  const whole = text.charCodeAt(digits) === 48 ? digits + 1 : endOfDigits(text, digits);
  if (whole === digits) return start;
  let end = whole;
  if (text.charCodeAt(end) === 46) {
    const fraction = endOfDigits(text, end + 1);
    if (fraction > end + 1) end = fraction;
  }
  const char = text.charCodeAt(end);
  if (char !== 101 && char !== 69) return end;
  const sign = text.charCodeAt(end + 1);
  const exponent = sign === 43 || sign === 45 ? end + 2 : end + 1;
  const last = endOfDigits(text, exponent);
  return last > exponent ? last : end;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  for (;;) {
    const char = text.charCodeAt(at);
    if (!(char >= 48 && char <= 57)) return at;
    at++;
  }
}

function unexpected(text: string, at: number, wanted: string): JsonScanError {
  return at >= text.length
    ? new JsonScanError("syntax", "the body is not valid JSON: it ends too early")
    : new JsonScanError("syntax", `the body is not valid JSON: expected ${wanted} at byte ${at}`);
}
