import { type ByteReader, concat, readerOf } from "./bytes.ts";
import { HttpError } from "./http-client/errors.ts";
import type { HttpAnswer, HttpBody } from "./http-client/types.ts";

/** An answer of `fetch`, seen as our own client's. Bun ends a body quietly where its connection closes early, so the length is checked. */
export function answerOf(response: Response): HttpAnswer {
  const declared = response.headers.get("content-length");
  const length = declared === null || !/^\d+$/.test(declared) ? null : Number(declared);
  return {
    status: response.status,
    headers: response.headers,
    body: new StreamBody(response.body ?? new Blob([]).stream(), length),
  };
}

/** A web stream behind the interface of our client's bodies. */
export class StreamBody implements HttpBody {
  readonly #reader: ByteReader;
  #received = 0;
  /** What `whenReadable` has read ahead. */
  #ahead: { readonly block: Uint8Array | null } | { readonly error: unknown } | null = null;

  constructor(
    stream: ReadableStream<Uint8Array>,
    readonly length: number | null,
  ) {
    this.#reader = readerOf(stream);
  }

  poll(): Uint8Array | null | undefined {
    const ahead = this.#ahead;
    this.#ahead = null;
    if (ahead === null) return undefined;
    if ("error" in ahead) throw ahead.error;
    return ahead.block;
  }

  whenReadable(callback: () => void): void {
    this.read()
      .then(
        (block) => {
          this.#ahead = { block };
        },
        (error) => {
          this.#ahead = { error };
        },
      )
      .then(callback);
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) {
        if (this.length === null || this.#received === this.length) return null;
        throw new HttpError("truncated", "the answer is shorter than its content-length", false);
      }
      this.#received += value.length;
      if (value.length > 0) return value;
    }
  }

  async readAll(limit: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const block = await this.read();
      if (block === null) return concat(parts);
      if (this.#received > limit) {
        this.cancel();
        throw new HttpError("too_large", "the answer is larger than the limit", false);
      }
      parts.push(block);
    }
  }

  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }
}

/** The other way: a body as a web stream, for the platform's decoders. */
export function streamOf(body: HttpBody): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const block = await body.read();
        if (block === null) controller.close();
        else controller.enqueue(block);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}
