import { GatewayError } from "../errors.ts";
import { type ByteReader, concat, decodeLatin1, latin1, readerOf, splice, utf8 } from "../lib/bytes.ts";
import type { Exchange } from "./exchange.ts";
import { limitBodyTime, untilStopped } from "./request-body.ts";

/**
 * A form with a file in it. It is read only until the `model` field has passed and the rest is relayed as it comes, so a
 * recording does not sit in memory; SDKs that put the file first make us hold what stands before the model, up to the request
 * limit, and such a body can then be sent again to another key.
 */
export interface MultipartBody {
  readonly kind: "multipart";
  readonly contentType: string;
  /** What has been read so far. */
  readonly head: Uint8Array;
  /** Where the model's value stands in `head`. */
  readonly modelStart: number;
  readonly modelEnd: number;
  /** The rest, while it has not been read; null when `head` is everything. */
  readonly rest: ByteReader | null;
}

/** How far back a part's headers may begin before the chunk that completes them. */
const WINDOW = 8192;

/** Throws GatewayError 400, 413. */
export async function readMultipartBody(exchange: Exchange): Promise<{ body: MultipartBody; model: string }> {
  const { request } = exchange.incoming;
  const contentType = request.headers.get("content-type") ?? "";
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType);
  if (boundary === null) throw invalid("The multipart body names no boundary in its content-type.");
  const limit = exchange.snapshot.settings.maxRequestBytes;
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limit) throw tooLarge(limit);
  const pattern = modelPart((boundary[1] ?? boundary[2])!);
  if (request.body === null) throw invalid("The request body is empty.");
  const reader = readerOf(request.body);
  limitBodyTime(exchange, declared || limit);
  const parts: Uint8Array[] = [];
  let length = 0;
  let tail = "";
  for (;;) {
    const { done, value } = await untilStopped(exchange, reader.read());
    if (done || value === undefined) throw invalid("The form has no field `model`: name the model to use.", "model");
    parts.push(value);
    const text = tail + latin1(value);
    const match = pattern.exec(text);
    const textStart = length - tail.length;
    length += value.length;
    if (length > limit) throw tooLarge(limit);
    if (match !== null) {
      const modelStart = textStart + match.index + match[0].length - match[2]!.length - match[1]!.length;
      const model = decodeLatin1(match[1]!);
      if (model.trim() === "" || model.length > 256) throw invalid("The field `model` is not a model name.", "model");
      const head = concat(parts);
      const body = {
        kind: "multipart" as const,
        contentType,
        head,
        modelStart,
        modelEnd: modelStart + match[1]!.length,
        rest: (await restOf(exchange, reader, declared, length)) ? null : reader,
      };
      exchange.requestBytes = Math.max(declared, length);
      return { body, model };
    }
    tail = text.slice(-WINDOW);
  }
}

/** What is sent upstream: bytes when everything is there (can be sent again), else a stream (once only). */
export function multipartFor(
  body: MultipartBody,
  model: string,
  requested: string,
): Uint8Array | ReadableStream<Uint8Array> {
  const head =
    model === requested
      ? body.head
      : splice(body.head, [{ start: body.modelStart, end: body.modelEnd, bytes: utf8(model) }]);
  const { rest } = body;
  if (rest === null) return head;
  let headSent = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!headSent) {
          headSent = true;
          controller.enqueue(head);
          return;
        }
        const { done, value } = await rest.read();
        if (done || value === undefined) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void rest.cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** True when everything declared has come: the end can be awaited without waiting for the client. */
async function restOf(exchange: Exchange, reader: ByteReader, declared: number, length: number): Promise<boolean> {
  if (declared === 0 || length < declared) return false;
  return (await untilStopped(exchange, reader.read())).done;
}

function modelPart(boundary: string): RegExp {
  const mark = `--${boundary.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}`;
  return new RegExp(
    `${mark}\\r\\n(?:[^\\r\\n]+\\r\\n)*?content-disposition:[^\\r\\n]*[;\\s]name="?model"?(?:;[^\\r\\n]*)?\\r\\n(?:[^\\r\\n]+\\r\\n)*\\r\\n([^\\r\\n]*)(\\r\\n${mark})`,
    "i",
  );
}

function invalid(message: string, param?: string): GatewayError {
  return new GatewayError("invalid_request", 400, message, param === undefined ? {} : { param });
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError("too_large", 413, `The request body is larger than ${Math.floor(limit / 1_048_576)} MiB.`, {
    code: "request_too_large",
    headers: { connection: "close" },
  });
}
