import { concat, readerOf } from "../lib/bytes.ts";

export class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

/** Thrown for a content-encoding we cannot undo, or bytes that are not what it says. */
export class AnswerUndecodable extends Error {
  override readonly name = "AnswerUndecodable";
}

const DECODERS: Readonly<Record<string, "gzip" | "deflate" | "brotli" | "zstd">> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "brotli",
  zstd: "zstd",
};

/** Upstreams are asked for identity; one that compresses all the same is decoded here. */
export function decodedBody(response: Response): ReadableStream<Uint8Array> | null {
  const encoding = (response.headers.get("content-encoding") ?? "").trim().toLowerCase();
  const { body } = response;
  if (encoding === "" || encoding === "identity" || body === null) return body;
  const decoder = DECODERS[encoding];
  if (decoder === undefined) throw new AnswerUndecodable(`unknown content-encoding "${encoding.slice(0, 20)}"`);
  return body.pipeThrough(new DecompressionStream(decoder as CompressionFormat));
}

/** Reads a whole answer of at most `limit` bytes. Throws AnswerTooLarge, AnswerUndecodable or the connection's error. */
export function readAnswerBody(response: Response, limit: number): Promise<Uint8Array> {
  const { headers } = response;
  const declared = headers.get("content-length");
  if (declared === null || headers.get("content-encoding") !== null) return readChunks(response, limit);
  const length = Number(declared);
  if (length > limit) return Promise.reject(new AnswerTooLarge());
  return response.bytes().then((body) => {
    // Bun ends the body quietly where a connection closes early.
    if (body.length !== length) throw new Error("the answer is shorter than its content-length");
    return withoutBom(body);
  });
}

async function readChunks(response: Response, limit: number): Promise<Uint8Array> {
  const encoded = response.headers.get("content-encoding") !== null;
  const stream = decodedBody(response);
  if (stream === null) return new Uint8Array();
  const reader = readerOf(stream);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) return parts.length === 0 ? new Uint8Array() : withoutBom(concat(parts));
      length += value.length;
      if (length > limit) throw new AnswerTooLarge();
      parts.push(value);
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (encoded && !(error instanceof AnswerTooLarge)) throw new AnswerUndecodable("the body does not decode");
    throw error;
  }
}

/** JSON.parse stumbles over a byte order mark. */
function withoutBom(body: Uint8Array): Uint8Array {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}
