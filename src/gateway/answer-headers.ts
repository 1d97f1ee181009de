import type { GatewayError } from "../errors.ts";
import type { HeaderView } from "../lib/http-client/types.ts";

/**
 * Headers of an upstream that a client may see; everything else (cookies, organisation names, server software, CORS) stays
 * here. The rate limit families are read by SDKs and agents.
 */
const PASSED = [
  "openai-processing-ms",
  "openai-version",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
];
const PASSED_ANTHROPIC = [
  "anthropic-ratelimit-requests-limit",
  "anthropic-ratelimit-requests-remaining",
  "anthropic-ratelimit-requests-reset",
  "anthropic-ratelimit-tokens-limit",
  "anthropic-ratelimit-tokens-remaining",
  "anthropic-ratelimit-tokens-reset",
  "anthropic-ratelimit-unified-status",
  "anthropic-ratelimit-unified-reset",
  "anthropic-version",
];

/** Their names, for an answer of Anthropic's format or of another. */
export function passedHeaders(isAnthropic: boolean): readonly string[] {
  return isAnthropic ? PASSED_ANTHROPIC : PASSED;
}

export function answerHeaders(
  requestId: string,
  upstream: HeaderView,
  contentType: string,
  isAnthropic: boolean,
): Record<string, string> {
  const headers: Record<string, string> = { "content-type": contentType, "x-request-id": requestId };
  if (isAnthropic) headers["request-id"] = requestId;
  for (const name of passedHeaders(isAnthropic)) {
    const value = upstream.get(name);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

export function streamHeaders(
  requestId: string,
  upstream: HeaderView | null,
  isAnthropic: boolean,
): Record<string, string> {
  const headers = answerHeaders(requestId, upstream ?? NO_HEADERS, "text/event-stream; charset=utf-8", isAnthropic);
  headers["cache-control"] = "no-cache";
  // nginx and friends would otherwise collect the stream.
  headers["x-accel-buffering"] = "no";
  return headers;
}

/** Long enough for every field that a sane request has. */
const LONGEST_REPORT = 2000;

/** Names the fields of the request that went no further than this gateway; they are the client's own words, so only plain signs pass. */
export function reportDropped(headers: Record<string, string>, dropped: readonly string[]): void {
  if (dropped.length === 0) return;
  const names = dropped.map((name) => name.replace(/[^\w.[\]-]+/g, "_").slice(0, 100));
  headers["x-sluice-dropped"] = names.join(", ").slice(0, LONGEST_REPORT);
}

const NO_HEADERS: HeaderView = { get: () => null };

export function errorHeaders(requestId: string, error: GatewayError, isAnthropic: boolean): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "x-request-id": requestId,
    ...error.headers,
  };
  if (isAnthropic) headers["request-id"] = requestId;
  if (error.retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
    headers["retry-after-ms"] = String(Math.ceil(error.retryAfterMs));
  }
  // Official SDKs would repeat by themselves what has been tried here often enough.
  if (error.final) headers["x-should-retry"] = "false";
  return headers;
}
