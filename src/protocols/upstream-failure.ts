import { GatewayError } from "../errors.ts";
import { statusOfError } from "../llm/error-words.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import type { JsonRecord } from "./fields.ts";

/** The upstream does not keep to its format: nothing can be made of what it sent. */
export function brokenFormat(message: string): GatewayErrorLike {
  return { status: 502, code: "upstream_protocol", message };
}

/** What a decoder of whole answers throws for an error that a decoder of streams passes on as an event. */
export function failedAnswer({ status, code, message, param, retryAfterMs }: GatewayErrorLike): GatewayError {
  return new GatewayError("upstream_error", status, message, {
    code,
    ...(param === undefined ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * An error object in OpenAI's manner, `{message, type, code, param}`, inside an answer that began as a good one. Codes may be words or
 * numbers (OpenRouter). The status is what the same error would have had as an answer of its own.
 */
export function readErrorObject({ message, code, type, status, param }: JsonRecord): GatewayErrorLike {
  const words = [code, type].filter((each) => typeof each === "string" && !/^\d*$/.test(each)) as string[];
  return {
    status: statusOfError([code, status, ...words]) ?? 502,
    code: words[0] ?? "upstream_error",
    message: typeof message === "string" && message !== "" ? message : "The upstream reported an error.",
    ...(typeof param === "string" && param !== "" ? { param } : {}),
  };
}
