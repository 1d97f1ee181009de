import { MalformedError } from "./errors.ts";
import type { HttpRequest } from "./types.ts";

/** Lower case only, so that no second spelling of a framing header can slip in beside ours. */
const NOT_NAME = /[^!#$%&'*+\-.^_`|~0-9a-z]/;
/** Characters above 0xff would lose their upper byte on the wire, and "\u010a" would become a line end. */
const NOT_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_TARGET = /[^\x21-\x7e]/;
const NOT_METHOD = /[^A-Z]/;
const LENGTH = /^\d{1,15}$/;

/**
 * The request line and headers up to the blank line, as latin1 text. Throws MalformedError for anything that would end a line
 * early (CR, LF, NUL) or that is not HTTP: whatever a caller passes on, it cannot become another header or request.
 */
export function writeRequestHead(request: HttpRequest): string {
  const { method, headers, body } = request;
  if (body !== null && !(body instanceof Uint8Array)) {
    const head = writeStart(request) + writeLines(headers, true);
    return declaredLength(request) === null ? `${head}transfer-encoding: chunked\r\n\r\n` : `${head}\r\n`;
  }
  const head = headOf(request);
  if (body !== null) return `${head}content-length: ${body.length}\r\n\r\n`;
  return mayHaveBody(method) ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
}

interface WrittenHead {
  readonly method: string;
  readonly target: string;
  readonly text: string;
}

/** Of headers that are frozen: they go up with many requests, to the same place, and are checked and put together once. */
const written = new WeakMap<HttpRequest["headers"], WrittenHead>();

function headOf(request: HttpRequest): string {
  const { method, target, headers } = request;
  const known = written.get(headers);
  if (known !== undefined && known.target === target && known.method === method) return known.text;
  const text = writeStart(request) + writeLines(headers, false);
  if (Object.isFrozen(headers)) written.set(headers, { method, target, text });
  return text;
}

function writeStart({ method, target }: HttpRequest): string {
  if (method === "" || NOT_METHOD.test(method)) throw new MalformedError("the method is not a word of capitals");
  if (target === "" || NOT_TARGET.test(target)) throw new MalformedError("the target is not percent-encoded");
  return `${method} ${target} HTTP/1.1\r\n`;
}

function writeLines(headers: HttpRequest["headers"], isStream: boolean): string {
  let lines = "";
  for (const name in headers) {
    if (name === "content-length" && !isStream) continue;
    const value = headers[name]!;
    if (name === "" || NOT_NAME.test(name)) throw new MalformedError("a header name is not a lower-case token");
    if (name === "transfer-encoding") throw new MalformedError("the transfer-encoding is not the caller's to set");
    if (NOT_VALUE.test(value)) throw new MalformedError("a header value has a character that no header may have");
    lines += `${name}: ${value}\r\n`;
  }
  if (headers.host === undefined) throw new MalformedError("the host header is missing");
  return lines;
}

/** What a stream says of its own length; null: it goes chunked. */
export function declaredLength(request: HttpRequest): number | null {
  const text = request.headers["content-length"];
  if (text === undefined) return null;
  if (!LENGTH.test(text)) throw new MalformedError("the content-length is not a number");
  return Number(text);
}

function mayHaveBody(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
