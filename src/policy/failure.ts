import type { HeaderView } from "../lib/http-client/types.ts";
import { statusOfCozeCode } from "../llm/coze-codes.ts";
import { statusOfError } from "../llm/error-words.ts";
import type { ProviderKind } from "../llm/names.ts";
import type { ErrorClass } from "../record.ts";
import { type ErrorBody, readErrorBody } from "./failure-body.ts";
import { judge } from "./failure-rules.ts";
import { readRetryAfter } from "./retry-after.ts";
import { cleanText } from "./wording.ts";

/** One upstream call that brought no answer, judged: who is to blame and what may be done. */
export interface Failure {
  readonly errorClass: ErrorClass;
  /** Who is parked: nobody, the key as a whole, or the key for this model only. */
  readonly scope: "none" | "key" | "key_model";
  /** May another candidate be asked? */
  readonly retryable: boolean;
  /** The upstream's status; for an error inside a 2xx answer the one its body stands for. Null when there was no answer. */
  readonly httpStatus: number | null;
  /** What the upstream asked for, in [0, 24 h]; `health` bounds it by the setting. */
  readonly retryAfterMs: number | null;
  /** Instant at which a quota resets, Unix ms. */
  readonly resetAtMs: number | null;
  /** The upstream's own words on one line, at most 1,000 characters. May still hold secrets: the caller masks. */
  readonly message: string | null;
}

export interface Rejection {
  readonly kind: ProviderKind;
  readonly status: number;
  readonly headers: HeaderView;
  /** First ≤ 64 KB of the body as text. */
  readonly body: string;
  readonly nowMs: number;
}

/**
 * Judges an answer that is an error: by what the body says first (vendors put dead keys into 400, empty accounts into 429 and
 * errors into 200), by the status otherwise. Never throws, whatever the bytes.
 */
export function classifyRejection({ kind, status: answered, headers, body: text, nowMs }: Rejection): Failure {
  const body = readErrorBody(text);
  const status = effectiveStatus(kind, answered, body);
  const { errorClass, scope, retryable, resetAtMs } = judge({ kind, status, body, nowMs });
  const isPassing = errorClass === "rate_limited" || errorClass === "upstream_error";
  return {
    errorClass,
    scope,
    retryable,
    httpStatus: status,
    retryAfterMs: isPassing ? readRetryAfter(headers, body, nowMs) : null,
    resetAtMs,
    message: cleanText(body.message),
  };
}

export interface Unreachable {
  readonly cause: "connect" | "timeout" | "network" | "protocol" | "truncated" | "redirect";
  readonly message: string | null;
}

/**
 * Judges a call that brought no answer, or not a whole one. A connection that cannot be opened and a redirect concern the key's
 * way to the vendor, whatever the model; silence and broken answers may be the model's.
 */
export function classifyUnreachable({ cause, message }: Unreachable): Failure {
  const isWay = cause === "connect" || cause === "redirect";
  return {
    errorClass: CLASS_BY_CAUSE[cause],
    scope: isWay ? "key" : "key_model",
    retryable: true,
    httpStatus: null,
    retryAfterMs: null,
    resetAtMs: null,
    message: cleanText(message),
  };
}

const CLASS_BY_CAUSE: Readonly<Record<Unreachable["cause"], ErrorClass>> = {
  connect: "network",
  timeout: "timeout",
  network: "network",
  protocol: "upstream_error",
  truncated: "truncated",
  redirect: "upstream_error",
};

/** Errors inside a 2xx answer (Coze, vLLM, OpenRouter, streams) are judged by the status that their body stands for. */
function effectiveStatus(kind: ProviderKind, status: number, body: ErrorBody): number {
  if (kind === "coze" && status < 300) return statusOfCozeCode(body.code) ?? status;
  if (status < 200 || status >= 300 || !body.isJson) return status;
  return statusOfError([body.code, body.type]) ?? (body.message === null ? status : 502);
}
