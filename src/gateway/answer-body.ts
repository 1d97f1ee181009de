import { HttpError } from "../lib/http-client/errors.ts";
import type { HttpAnswer, HttpBody } from "../lib/http-client/types.ts";
import { StreamBody, streamOf } from "../lib/stream-body.ts";

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

/** Upstreams are asked for identity; one that compresses all the same is decoded here. Throws AnswerUndecodable. */
export function decodedBody({ headers, body }: HttpAnswer): HttpBody {
  const encoding = (headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return body;
  const decoder = DECODERS[encoding];
  if (decoder === undefined) throw new AnswerUndecodable(`unknown content-encoding "${encoding.slice(0, 20)}"`);
  // The DOM's types narrow what a decoder takes more than it does.
  const decompression = new DecompressionStream(decoder as CompressionFormat) as unknown as ReadableWritablePair<
    Uint8Array<ArrayBuffer>,
    Uint8Array
  >;
  return new StreamBody(streamOf(body).pipeThrough(decompression), null);
}

/** Reads a whole answer of at most `limit` bytes. Throws or rejects with HttpError or AnswerUndecodable. */
export function readAnswerBody(answer: HttpAnswer, limit: number): Uint8Array | Promise<Uint8Array> {
  const body = decodedBody(answer);
  const bytes = body.readAll(limit);
  if (!(bytes instanceof Promise)) return withoutBom(bytes);
  if (body === answer.body) return bytes.then(withoutBom);
  return bytes.then(withoutBom, (error) => {
    throw error instanceof HttpError ? error : new AnswerUndecodable("the body does not decode");
  });
}

/** JSON.parse stumbles over a byte order mark. */
function withoutBom(body: Uint8Array): Uint8Array {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}
