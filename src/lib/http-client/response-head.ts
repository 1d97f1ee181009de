import { latin1 } from "../bytes.ts";
import { MalformedError } from "./errors.ts";
import type { HeaderView } from "./types.ts";

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const COLON = 58;
const DIGIT_0 = 48;

const LF_CR_LF = Buffer.from("\n\r\n");
const LF_LF = Buffer.from("\n\n");
const indexOf = Buffer.prototype.indexOf;

/** 1 for the characters of a token (RFC 9110, 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[character.charCodeAt(0)] = 1;
}

/** A parsed head. Fields stay positions in its text: of 20 headers a caller asks for a few, and only those become strings. */
export class ResponseHead implements HeaderView {
  constructor(
    readonly status: number,
    readonly minorVersion: number,
    /** With the blank line: where the body starts. */
    readonly byteLength: number,
    private readonly text: string,
    /** Four numbers a field: start and end of the name, start and end of the value. */
    private readonly fields: readonly number[],
  ) {}

  get(name: string): string | null {
    const { fields } = this;
    let found: string | null = null;
    for (let at = 0; at < fields.length; at += 4) {
      if (fields[at + 1]! - fields[at]! !== name.length || !this.#isNamed(fields[at]!, name)) continue;
      const value = this.text.slice(fields[at + 2]!, fields[at + 3]!);
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }

  #isNamed(start: number, name: string): boolean {
    for (let at = 0; at < name.length; at++) {
      const code = this.text.charCodeAt(start + at);
      const lower = code >= 65 && code <= 90 ? code + 32 : code;
      if (lower !== name.charCodeAt(at)) return false;
    }
    return true;
  }
}

/**
 * Whether a head ends in these bytes, looking from `from` on. Lines may end in a bare LF: RFC 9112 (2.2) allows a recipient to
 * take it, and curl, browsers and Bun's fetch all do, so that an upstream that works with them works here.
 */
export function hasHeadEnd(bytes: Uint8Array, from = 0): boolean {
  return indexOf.call(bytes, LF_CR_LF, from) >= 0 || indexOf.call(bytes, LF_LF, from) >= 0;
}

/**
 * Reads a status line and headers (RFC 9112) from the start of `bytes`, which `hasHeadEnd`. Throws MalformedError, also when the
 * head is longer than `limit`.
 */
export function parseResponseHead(bytes: Uint8Array, limit: number): ResponseHead {
  const end = indexOf.call(bytes, LF_CR_LF, 0);
  const text = latin1(bytes, 0, Math.min(end < 0 ? bytes.length : end + 3, limit));
  if (text.includes("\0")) throw new MalformedError("a NUL in the head");
  let lineEnd = text.indexOf("\n");
  const status = statusOf(text, lineEnd);
  const fields: number[] = [];
  // The next CR at or after the line being read: one that does not stand before its LF is no line end and hides the rest.
  let cr = text.indexOf("\r");
  if (cr >= 0 && cr < lineEnd - 1) throw new MalformedError("a bare CR in the head");
  for (;;) {
    const start = lineEnd + 1;
    lineEnd = text.indexOf("\n", start);
    if (lineEnd < 0) throw new MalformedError("the head is too long");
    if (cr >= 0 && cr < start) cr = text.indexOf("\r", start);
    if (cr >= 0 && cr < lineEnd - 1) throw new MalformedError("a bare CR in the head");
    const contentEnd = cr === lineEnd - 1 ? cr : lineEnd;
    if (contentEnd === start) return new ResponseHead(status, text.charCodeAt(7) - DIGIT_0, lineEnd + 1, text, fields);
    let colon = start;
    while (TOKEN[text.charCodeAt(colon)] === 1) colon++;
    // Also refuses folded lines and white space before the colon.
    if (colon === start || text.charCodeAt(colon) !== COLON) throw new MalformedError("a header without a proper name");
    let from = colon + 1;
    let to = contentEnd;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    fields.push(start, colon, from, to);
  }
}

/** Of "HTTP/1.x NNN" with or without a reason. */
function statusOf(text: string, lineEnd: number): number {
  const isHttp1 = text.startsWith("HTTP/1.") && isDigit(text.charCodeAt(7)) && text.charCodeAt(8) === SPACE;
  const after = text.charCodeAt(12);
  if (!isHttp1 || lineEnd < 12 || (after !== SPACE && after !== CR && after !== LF)) {
    throw new MalformedError("not an HTTP/1.x status line");
  }
  let status = 0;
  for (let at = 9; at < 12; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) throw new MalformedError("not an HTTP/1.x status line");
    status = status * 10 + code - DIGIT_0;
  }
  if (status < 100) throw new MalformedError("a status below 100");
  return status;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_0 + 9;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
