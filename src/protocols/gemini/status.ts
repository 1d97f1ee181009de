import { statusOfError } from "../../llm/error-words.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import { asRecord } from "../usage.ts";

/** google.rpc.Status inside a stream, in which Google sends errors as data: its numeric code is an HTTP status, its status the name of it. */
export function readStatus(value: unknown): GatewayErrorLike {
  const error = asRecord(value);
  if (error === null) {
    return { status: 502, code: "upstream_error", message: typeof value === "string" ? value : "The upstream failed." };
  }
  const { code, message, status } = error;
  const retryAfterMs = retryDelayMs(error.details);
  return {
    status: statusOfError([code, status]) ?? 502,
    code: typeof status === "string" && status !== "" ? status : "upstream_error",
    message: typeof message === "string" && message !== "" ? message : "The upstream failed.",
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** `RetryInfo.retryDelay`, e.g. "31.5s". */
function retryDelayMs(details: unknown): number | null {
  for (const detail of Array.isArray(details) ? (details as unknown[]) : []) {
    const delay = asRecord(detail)?.retryDelay;
    const seconds = typeof delay === "string" ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined;
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  }
  return null;
}
