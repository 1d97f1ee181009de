/**
 * A request on its way to the log: this many numbers in a Float64Array, NaN for null, in this order. It crosses to the writer as one
 * transferred buffer, which is a quarter of the cost of JSON. Texts travel in one string beside it, cut by their lengths.
 */
const NAMES = [
  "day",
  "row",
  "route",
  "caller",
  "outcome",
  "receivedUs", // after the millisecond that the id carries
  "firstTokenUs", // after receipt
  "durationUs",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "costNanoUsd",
  "requestBytes",
  "responseBytes",
  "attempts",
  "attemptStartUs", // of the last attempt, after receipt
  "attemptUs",
  "upstreamIdChars", // lengths of the row's texts, in this order; NaN: no text
  "detailChars",
  "rawUsageChars", // lengths of its bulky texts, likewise
  "requestHeadersChars",
  "responseHeadersChars",
  "contentFlags", // NaN: nothing was kept
  "requestBodyBytes", // lengths of the row's bodies, in this order
  "responseBodyBytes",
] as const;

type FieldName = (typeof NAMES)[number];

/** Position of each number. */
export const FIELD = Object.fromEntries(NAMES.map((name, index) => [name, index])) as Record<FieldName, number>;
export const FIELDS_PER_ROW = NAMES.length;

/** The lengths of what a row has in each of the batch's long strings and buffers, in their order there. */
export const TEXT_FIELDS = [FIELD.upstreamIdChars, FIELD.detailChars] as const;
export const BULK_FIELDS = [FIELD.rawUsageChars, FIELD.requestHeadersChars, FIELD.responseHeadersChars] as const;
export const BODY_FIELDS = [FIELD.requestBodyBytes, FIELD.responseBodyBytes] as const;

/** Bits of `contentFlags`. */
export const CONTENT_FULL = 1;
export const CONTENT_TRUNCATED = 2;
