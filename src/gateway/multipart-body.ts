import { GatewayError } from "../errors.ts";
import { type ByteReader, concat, decodeLatin1, latin1, readerOf, splice, utf8 } from "../lib/bytes.ts";
import { type FoundField, MultipartScan, MultipartScanError } from "../lib/multipart-scan.ts";
import type { Exchange } from "./exchange.ts";
import { invalidRequest, tooLarge } from "./refusals.ts";
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
  readonly model: FoundField;
  /** Reads on, checked like the head; null when `head` is everything. */
  readonly rest: (() => Promise<Uint8Array | null>) | null;
}

/** Throws GatewayError 400, 413. */
export async function readMultipartBody(exchange: Exchange): Promise<{ body: MultipartBody; model: string }> {
  const { request } = exchange.incoming;
  const contentType = request.headers.get("content-type") ?? "";
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType);
  if (boundary === null) throw invalidRequest("The multipart body names no boundary in its content-type.");
  const limit = exchange.snapshot.settings.maxRequestBytes;
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limit) throw tooLarge(limit);
  if (request.body === null) throw invalidRequest("The request body is empty.");
  limitBodyTime(exchange, declared || limit);
  const form = new Form(
    exchange,
    readerOf(request.body),
    new MultipartScan((boundary[1] ?? boundary[2])!, "model"),
    limit,
  );
  const parts: Uint8Array[] = [];
  while (form.model === null) {
    const chunk = await form.read();
    if (chunk === null) throw invalidRequest("The form has no field `model`: name the model to use.", "model");
    parts.push(chunk);
  }
  const model = decodeLatin1(form.model.value);
  if (model.trim() === "" || model.length > 256)
    throw invalidRequest("The field `model` is not a model name.", "model");
  // When everything declared has come, the end can be awaited without waiting for the client.
  const isAll = declared > 0 && form.length >= declared && (await form.read()) === null;
  exchange.requestBytes = Math.max(declared, form.length);
  exchange.stopAtMs = Number.POSITIVE_INFINITY;
  const rest = isAll ? null : () => form.read();
  return { body: { kind: "multipart", contentType, head: concat(parts), model: form.model, rest }, model };
}

/** What is sent upstream: bytes when everything is there (can be sent again), else a stream (once only). */
export function multipartFor(
  exchange: Exchange,
  body: MultipartBody,
  model: string,
): Uint8Array | ReadableStream<Uint8Array> {
  const { start, end } = body.model;
  const isRenamed = model !== exchange.requestedModel;
  const head = isRenamed ? splice(body.head, [{ start, end, bytes: utf8(model) }]) : body.head;
  const { rest } = body;
  if (rest === null) return head;
  let next: Uint8Array | null = head;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = next ?? (await rest());
          next = null;
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        } catch (error) {
          // Ends the upload: the upstream must not take half a form for a whole one.
          if (error instanceof GatewayError) exchange.refuse(error);
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** The client's form as it comes: size, time and the one model are checked on the way, before and behind the model. */
class Form {
  model: FoundField | null = null;
  length = 0;

  constructor(
    private readonly exchange: Exchange,
    private readonly reader: ByteReader,
    private readonly scan: MultipartScan,
    private readonly limit: number,
  ) {}

  /** The next chunk; null at the end. Throws GatewayError. */
  async read(): Promise<Uint8Array | null> {
    const { done, value } = await untilStopped(this.exchange, this.reader.read());
    if (done || value === undefined) return null;
    this.length += value.length;
    this.exchange.requestBytes = Math.max(this.exchange.requestBytes, this.length);
    if (this.length > this.limit) throw tooLarge(this.limit);
    for (const field of this.#found(value)) {
      // Which of two the upstream would take is not ours to guess: access and price hang on it.
      if (this.model !== null) throw invalidRequest("The field `model` stands twice.", "model");
      this.model = field;
    }
    return value;
  }

  #found(value: Uint8Array): FoundField[] {
    try {
      return this.scan.feed(latin1(value));
    } catch (error) {
      if (error instanceof MultipartScanError) throw invalidRequest(`The form cannot be read: ${error.message}.`);
      throw error;
    }
  }
}
