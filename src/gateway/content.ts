import { concat } from "../lib/bytes.ts";
import type { RequestContent } from "../record.ts";

/** Header names whose values are credentials or say who the person is. */
const SECRET_HEADERS =
  /^(?:authorization|proxy-authorization|x-api-key|x-goog-api-key|api-key|cookie|set-cookie|x-forwarded-.*|forwarded|cf-.*)$/;

/**
 * Keeps what the client key's policy asks for: headers (`metadata`), bodies too (`full`), never more than `limit` bytes of either
 * body. Bodies are held as the bytes that went over the wire; the writer compresses them.
 */
export class ContentCapture {
  readonly #request: Uint8Array[] = [];
  readonly #response: Uint8Array[] = [];
  #requestLength = 0;
  #responseLength = 0;
  #truncated = false;
  #responseHeaders: string | null = null;

  constructor(
    private readonly policy: "metadata" | "full",
    private readonly limit: number,
    private readonly requestHeaders: Headers,
  ) {}

  request(bytes: Uint8Array): void {
    this.#requestLength = this.#keep(this.#request, this.#requestLength, bytes);
  }

  response(bytes: Uint8Array): void {
    this.#responseLength = this.#keep(this.#response, this.#responseLength, bytes);
  }

  responseHeaders(headers: Readonly<Record<string, string>>): void {
    this.#responseHeaders = JSON.stringify(headers);
  }

  finish(): RequestContent {
    const isFull = this.policy === "full";
    return {
      policy: this.policy,
      requestHeaders: JSON.stringify(withoutSecrets(this.requestHeaders)),
      responseHeaders: this.#responseHeaders,
      requestBody: isFull && this.#request.length > 0 ? concat(this.#request) : null,
      responseBody: isFull && this.#response.length > 0 ? concat(this.#response) : null,
      truncated: this.#truncated,
    };
  }

  #keep(parts: Uint8Array[], length: number, bytes: Uint8Array): number {
    if (this.policy !== "full" || bytes.length === 0) return length;
    const room = this.limit - length;
    if (bytes.length > room) this.#truncated = true;
    if (room > 0) parts.push(bytes.length > room ? bytes.slice(0, room) : bytes);
    return length + Math.min(room, bytes.length);
  }
}

function withoutSecrets(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) if (!SECRET_HEADERS.test(name)) kept[name] = value;
  return kept;
}
