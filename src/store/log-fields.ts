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
  "upstreamIdChars", // NaN: no text
  "rawUsageChars",
  "detailChars",
  "content", // index among the batch's contents
] as const;

type FieldName = (typeof NAMES)[number];

/** Position of each number. */
export const FIELD = Object.fromEntries(NAMES.map((name, index) => [name, index])) as Record<FieldName, number>;
export const FIELDS_PER_ROW = NAMES.length;
