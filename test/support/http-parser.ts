/** A request whose head has come; its body may still be on the way. */
export interface HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly whole: Promise<void>;
  body(): Buffer;
  received(count: number): Promise<void>;
}

/** Cuts one connection's bytes into HTTP/1.1 requests, with a length or in chunks. Only for what a correct client sends. */
export class RequestParser {
  #rest: Buffer = Buffer.alloc(0);
  #current: OpenRequest | null = null;

  constructor(private readonly onHead: (request: HttpRequest) => void) {}

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      if (this.#current === null) {
        const end = this.#rest.indexOf("\r\n\r\n");
        if (end < 0) return;
        this.#current = new OpenRequest(this.#rest.subarray(0, end).toString("latin1"));
        this.#rest = this.#rest.subarray(end + 4);
        this.onHead(this.#current);
      }
      this.#rest = this.#current.take(this.#rest);
      if (!this.#current.isWhole) return;
      this.#current = null;
    }
  }
}

class OpenRequest implements HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string> = {};
  readonly whole: Promise<void>;
  isWhole = false;
  readonly #parts: Buffer[] = [];
  #length = 0;
  /** Bytes still to come of the body, or of the chunk. */
  #missing: number;
  readonly #isChunked: boolean;
  #finish: () => void = () => {};
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor(head: string) {
    const [line = "", ...fields] = head.split("\r\n");
    const [method = "", target = ""] = line.split(" ");
    this.method = method;
    this.target = target;
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).toLowerCase();
      const value = field.slice(colon + 1).trim();
      this.headers[name] = this.headers[name] === undefined ? value : `${this.headers[name]}, ${value}`;
    }
    this.#isChunked = /chunked/i.test(this.headers["transfer-encoding"] ?? "");
    this.#missing = this.#isChunked ? 0 : Number(this.headers["content-length"] ?? 0);
    this.whole = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  body(): Buffer {
    return Buffer.concat(this.#parts);
  }

  received(count: number): Promise<void> {
    if (this.#length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Takes its part of the bytes and gives back the rest. */
  take(bytes: Buffer): Buffer {
    let rest = bytes;
    while (this.#isChunked && !this.isWhole) {
      if (this.#missing > 0) {
        rest = this.#keep(rest);
        if (this.#missing > 0) return rest;
      }
      const end = rest.indexOf("\r\n");
      if (end < 0) return rest;
      const line = rest.subarray(0, end).toString("latin1");
      if (line === "") {
        rest = rest.subarray(2); // behind a chunk
        continue;
      }
      const size = Number.parseInt(line, 16);
      if (size === 0) {
        if (rest.length < end + 4) return rest;
        this.#complete();
        return rest.subarray(end + 4);
      }
      this.#missing = size;
      rest = rest.subarray(end + 2);
    }
    if (!this.isWhole) {
      rest = this.#keep(rest);
      if (this.#missing === 0) this.#complete();
    }
    return rest;
  }

  #keep(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#missing);
    if (part.length > 0) this.#parts.push(part);
    this.#missing -= part.length;
    this.#length += part.length;
    this.#waiting = this.#waiting.filter((each) => each.count > this.#length || each.resolve());
    return bytes.subarray(part.length);
  }

  #complete(): void {
    this.isWhole = true;
    this.#finish();
  }
}
