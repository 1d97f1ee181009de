import { locateRequest, msOfRow, nodeOfRequest } from "../lib/id.ts";
import type { RequestContent, RequestRecord } from "../record.ts";
import { encodeDetail } from "./log-detail.ts";
import { BODY_FIELDS, CONTENT_FULL, CONTENT_TRUNCATED, FIELD, FIELDS_PER_ROW } from "./log-fields.ts";
import { type Shape, type ShapeGeneration, ShapeNumbers } from "./shape.ts";

const DAY_MS = 86_400_000;

/** Settled requests as they cross to the writer Worker. */
export interface Batch {
  readonly kind: "batch";
  readonly number: number;
  readonly count: number;
  /** Shape numbers of another generation are forgotten. */
  readonly generation: number;
  readonly shapes: readonly Shape[];
  readonly numbers: Float64Array<ArrayBuffer>;
  /** The short texts, one after the other. */
  readonly text: string;
  /** Raw usage and headers: apart, since a batch's are much alike and are compressed together. */
  readonly bulk: string;
  /** All bodies, one after the other. */
  readonly bodies: Uint8Array<ArrayBuffer>;
}

const CONTENT_FIELDS = [FIELD.contentFlags, FIELD.requestHeadersChars, FIELD.responseHeadersChars, ...BODY_FIELDS];
const NO_BODIES = new Uint8Array(0);
const FIRST_ROWS = 16;

/** Bytes of its bodies, for the queue's bound. */
export function contentBytes(content: RequestContent | null): number {
  if (!content || content.policy === "none") return 0;
  return (content.requestBody?.length ?? 0) + (content.responseBody?.length ?? 0);
}

/** Records that wait for the writer, or are under way to it. */
export interface SealedBatch {
  readonly count: number;
  readonly generation: ShapeGeneration;
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly text: string;
  readonly bulk: string;
  /** Those with bodies. */
  readonly contents: readonly RequestContent[];
  readonly bodyBytes: number;
}

/**
 * Writes records down as they come: numbers in one array, texts in one string. As objects they would wait for the writer a tenth of
 * a second, and each garbage collection meanwhile would go through all of them.
 */
export class BatchEncoder {
  readonly #shapes = new ShapeNumbers();
  #numbers = new Float64Array(FIRST_ROWS * FIELDS_PER_ROW);
  #text = "";
  #bulk = "";
  #contents: RequestContent[] = [];
  #count = 0;
  #bodyBytes = 0;

  get count(): number {
    return this.#count;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** False for a record that makes no sense (no proper request id, a missing part): it is left out. */
  add(record: RequestRecord): boolean {
    const at = this.#count * FIELDS_PER_ROW;
    if (at === this.#numbers.length) this.#grow();
    const bytes = contentBytes(record.content);
    try {
      const text = encodeRow(this.#numbers, at, record, this.#shapes);
      this.#bulk += encodeBulk(this.#numbers, at, record);
      this.#text += text;
    } catch {
      return false; // a bug elsewhere costs its own row, not the batch
    }
    if (bytes > 0) this.#contents.push(record.content!);
    this.#bodyBytes += bytes;
    this.#count++;
    return true;
  }

  /** What was added since the last time. */
  seal(): SealedBatch {
    const sealed = {
      count: this.#count,
      generation: this.#shapes.generation,
      numbers: this.#numbers.slice(0, this.#count * FIELDS_PER_ROW),
      text: this.#text,
      bulk: this.#bulk,
      contents: this.#contents,
      bodyBytes: this.#bodyBytes,
    };
    this.#text = "";
    this.#bulk = "";
    this.#contents = [];
    this.#count = 0;
    this.#bodyBytes = 0;
    this.#shapes.renewWhenFull();
    return sealed;
  }

  #grow(): void {
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

/** Puts batches into messages, each with the shapes that its reader has not been told yet. One for each reader. */
export class BatchMessages {
  #generation: ShapeGeneration | null = null;
  #told = 0;

  message(number: number, sealed: SealedBatch): Batch {
    const { count, generation, numbers, text, bulk, contents, bodyBytes } = sealed;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#told = 0;
    }
    const shapes = generation.shapes.slice(this.#told);
    this.#told += shapes.length;
    const bodies = bodyBytes === 0 ? NO_BODIES : joinBodies(contents, bodyBytes);
    return { kind: "batch", number, count, generation: generation.number, shapes, numbers, text, bulk, bodies };
  }
}

/** Returns the row's short texts. */
function encodeRow(numbers: Float64Array, at: number, record: RequestRecord, shapes: ShapeNumbers): string {
  const place = locateRequest(record.id);
  if (place === null) throw new RangeError("not a request id");
  numbers[at + FIELD.day] = place.day;
  numbers[at + FIELD.row] = place.row;
  writeNumbers(numbers, at, record, place.day * DAY_MS + msOfRow(place.row), shapes);
  const upstreamId = record.attempts[record.attempts.length - 1]?.upstreamRequestId ?? null;
  return (
    measured(numbers, at + FIELD.upstreamIdChars, upstreamId) +
    measured(numbers, at + FIELD.detailChars, encodeDetail(record))
  );
}

/** Returns the row's bulky texts. */
function encodeBulk(numbers: Float64Array, at: number, { rawUsage, content }: RequestRecord): string {
  const usage = measured(numbers, at + FIELD.rawUsageChars, rawUsage);
  if (content === null || content.policy === "none") {
    for (const field of CONTENT_FIELDS) numbers[at + field] = Number.NaN;
    return usage;
  }
  numbers[at + FIELD.contentFlags] =
    (content.policy === "full" ? CONTENT_FULL : 0) | (content.truncated ? CONTENT_TRUNCATED : 0);
  numbers[at + FIELD.requestBodyBytes] = content.requestBody === null ? Number.NaN : content.requestBody.length;
  numbers[at + FIELD.responseBodyBytes] = content.responseBody === null ? Number.NaN : content.responseBody.length;
  return (
    usage +
    measured(numbers, at + FIELD.requestHeadersChars, content.requestHeaders) +
    measured(numbers, at + FIELD.responseHeadersChars, content.responseHeaders)
  );
}

/** Notes a text's length at `at`. */
function measured(numbers: Float64Array, at: number, text: string | null): string {
  numbers[at] = text === null ? Number.NaN : text.length;
  return text ?? "";
}

function writeNumbers(
  numbers: Float64Array,
  at: number,
  record: RequestRecord,
  idMs: number,
  shapes: ShapeNumbers,
): void {
  const { receivedAtMs, firstTokenAtMs, usage } = record;
  numbers[at + FIELD.route] = shapes.route(record);
  numbers[at + FIELD.caller] = shapes.caller(record, nodeOfRequest(record.id));
  numbers[at + FIELD.outcome] = shapes.outcome(record);
  numbers[at + FIELD.receivedUs] = microseconds(receivedAtMs - idMs);
  numbers[at + FIELD.firstTokenUs] = firstTokenAtMs === null ? Number.NaN : microseconds(firstTokenAtMs - receivedAtMs);
  numbers[at + FIELD.durationUs] = microseconds(record.endedAtMs - receivedAtMs);
  numbers[at + FIELD.inputTokens] = usage === null ? Number.NaN : usage.inputTokens;
  numbers[at + FIELD.cacheReadTokens] = usage === null ? Number.NaN : usage.cacheReadTokens;
  numbers[at + FIELD.cacheWriteTokens] = usage === null ? Number.NaN : usage.cacheWriteTokens;
  numbers[at + FIELD.outputTokens] = usage === null ? Number.NaN : usage.outputTokens;
  numbers[at + FIELD.reasoningTokens] = usage === null ? Number.NaN : usage.reasoningTokens;
  numbers[at + FIELD.costNanoUsd] = record.costNanoUsd === null ? Number.NaN : Math.round(record.costNanoUsd);
  numbers[at + FIELD.requestBytes] = record.requestBytes;
  numbers[at + FIELD.responseBytes] = record.responseBytes;
  numbers[at + FIELD.attempts] = record.attempts.length;
  const attempt = record.attempts[record.attempts.length - 1];
  numbers[at + FIELD.attemptStartUs] =
    attempt === undefined ? Number.NaN : microseconds(attempt.startedAtMs - receivedAtMs);
  numbers[at + FIELD.attemptUs] = attempt === undefined ? Number.NaN : microseconds(attempt.durationMs);
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}

/** A copy: the caller's buffers may be views of larger ones, or still be in use, so they cannot be transferred themselves. */
function joinBodies(contents: readonly RequestContent[], bytes: number): Uint8Array<ArrayBuffer> {
  const bodies = new Uint8Array(bytes);
  let at = 0;
  for (const { requestBody, responseBody } of contents) {
    for (const body of [requestBody, responseBody]) {
      if (body === null) continue;
      bodies.set(body, at);
      at += body.length;
    }
  }
  return bodies;
}
