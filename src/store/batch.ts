import { locateRequest, msOfRow, nodeOfRequest } from "../lib/id.ts";
import type { RequestContent, RequestRecord } from "../record.ts";
import { encodeDetail } from "./log-detail.ts";
import { BODY_FIELDS, CONTENT_FULL, CONTENT_TRUNCATED, FIELD, FIELDS_PER_ROW } from "./log-fields.ts";
import type { Shape, ShapeNumbers } from "./shape.ts";

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

/** Bytes of its bodies, for the queue's bound. */
export function contentBytes(content: RequestContent | null): number {
  if (!content || content.policy === "none") return 0;
  return (content.requestBody?.length ?? 0) + (content.responseBody?.length ?? 0);
}

/** Records that make no sense (no proper request id, a missing part) are left out: `count` tells how many are in. */
export function encodeBatch(number: number, records: readonly RequestRecord[], shapes: ShapeNumbers): Batch {
  shapes.renewWhenFull();
  const numbers = new Float64Array(records.length * FIELDS_PER_ROW);
  const kept: RequestContent[] = [];
  let text = "";
  let bulk = "";
  let count = 0;
  for (const record of records) {
    const at = count * FIELDS_PER_ROW;
    try {
      const rowText = encodeRow(numbers, at, record, shapes);
      bulk += encodeBulk(numbers, at, record);
      text += rowText;
    } catch {
      continue; // a bug elsewhere costs its own row, not the batch
    }
    if (contentBytes(record.content) > 0) kept.push(record.content!);
    count++;
  }
  const bodies = kept.length === 0 ? NO_BODIES : joinBodies(kept);
  return {
    kind: "batch",
    number,
    count,
    generation: shapes.generation,
    shapes: shapes.takeFresh(),
    numbers,
    text,
    bulk,
    bodies,
  };
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
function joinBodies(contents: readonly RequestContent[]): Uint8Array<ArrayBuffer> {
  const bodies = new Uint8Array(contents.reduce((bytes, content) => bytes + contentBytes(content), 0));
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
