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

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const AFTER = 5;

/** Throws JsonScanError. `maxDepth` counts containers, the outer object included. */
export function scanJsonObject(text: string, maxDepth: number): JsonObjectScan {
  let at = skipSpace(text, text.charCodeAt(0) === 0xef && text.startsWith("ï»¿") ? 3 : 0);
  if (text.charCodeAt(at) !== 123) {
    throw at >= text.length
      ? new JsonScanError("syntax", "the body is empty")
      : new JsonScanError("not_object", "the body is not a JSON object");
  }
  const fields = new Map<string, JsonField>();
  const inObject: boolean[] = [true];
  let depth = 1;
  let state = KEY_OR_END;
  let key = "";
  let keyStart = 0;
  let valueStart = 0;
  at++;

  for (;;) {
    at = skipSpace(text, at);
    const char = text.charCodeAt(at);
    switch (state) {
      case KEY_OR_END:
        if (char === 125) {
          state = AFTER;
          continue;
        }
        state = KEY;
        continue;
      case KEY: {
        if (char !== 34) throw unexpected(text, at, "a field name in double quotes");
        const end = endOfString(text, at);
        if (depth === 1) {
          keyStart = at;
          key = readKey(text, at, end);
          if (fields.has(key)) throw new JsonScanError("duplicate", `the field "${key}" stands twice`);
        }
        at = end;
        state = COLON;
        continue;
      }
      case COLON:
        if (char !== 58) throw unexpected(text, at, "a colon");
        at = skipSpace(text, at + 1);
        if (depth === 1) valueStart = at;
        state = VALUE;
        continue;
      case VALUE_OR_END:
        if (char === 93) {
          state = AFTER;
          continue;
        }
        state = VALUE;
        continue;
      case VALUE:
        if (char === 34) at = endOfString(text, at);
        else if (char === 123 || char === 91) {
          if (depth >= maxDepth) throw new JsonScanError("depth", `the body is nested deeper than ${maxDepth} levels`);
          inObject[depth++] = char === 123;
          state = char === 123 ? KEY_OR_END : VALUE_OR_END;
          at++;
          continue;
        } else at = endOfScalar(text, at, char);
        if (depth === 1) fields.set(key, { keyStart, valueStart, valueEnd: at });
        state = AFTER;
        continue;
      default: {
        if (char === 44) {
          state = inObject[depth - 1] ? KEY : VALUE;
          at++;
          continue;
        }
        if (char !== (inObject[depth - 1] ? 125 : 93)) throw unexpected(text, at, "a comma or the end of the list");
        depth--;
        if (depth === 0) {
          if (skipSpace(text, at + 1) < text.length) throw unexpected(text, at + 1, "nothing more");
          return { text, fields, closeBrace: at };
        }
        at++;
        if (depth === 1) fields.set(key, { keyStart, valueStart, valueEnd: at });
      }
    }
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
    if (char !== 32 && char !== 10 && char !== 13 && char !== 9) return at;
    at++;
  }
}

function endOfString(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) throw new JsonScanError("syntax", "the body is not valid JSON: it ends inside a string");
    let before = at - 1;
    while (text.charCodeAt(before) === 92) before--;
    if ((at - before) % 2 === 1) return at + 1;
  }
}

function endOfScalar(text: string, at: number, char: number): number {
  if (char === 116 && text.startsWith("true", at)) return at + 4;
  if (char === 102 && text.startsWith("false", at)) return at + 5;
  if (char === 110 && text.startsWith("null", at)) return at + 4;
  NUMBER.lastIndex = at;
  if ((char === 45 || (char >= 48 && char <= 57)) && NUMBER.test(text)) return NUMBER.lastIndex;
  throw unexpected(text, at, "a value");
}

function unexpected(text: string, at: number, wanted: string): JsonScanError {
  return at >= text.length
    ? new JsonScanError("syntax", "the body is not valid JSON: it ends too early")
    : new JsonScanError("syntax", `the body is not valid JSON: expected ${wanted} at byte ${at}`);
}
