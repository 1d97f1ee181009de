import { GatewayError } from "../errors.ts";
import { jsonOrNull } from "../lib/json-or-null.ts";
import type { ProtocolId } from "../llm/names.ts";
import type { Failure } from "../policy/failure.ts";
import { readErrorBody } from "../policy/failure-body.ts";
import type { FailedAttempt } from "./attempt-result.ts";

/** The upstream's own refusal of the client's request, to be shown as it is. */
export class UpstreamRefusal extends Error {
  override readonly name = "UpstreamRefusal";
  constructor(
    readonly status: number,
    readonly body: string,
    readonly failure: Failure,
  ) {
    super("refused by the upstream");
  }
}

/**
 * What the client is told of a refusal that is its own affair: the upstream's body, or in another format its words, code and field.
 * Null when the failure says all there is.
 */
export function refusalOf({ failure, status, body, isForeign }: FailedAttempt, protocol: ProtocolId): Error | null {
  if (body === null) return null;
  if (isForeign) return translatedRefusal(failure, body, protocol);
  return isErrorObject(body) ? new UpstreamRefusal(status, body, failure) : null;
}

function translatedRefusal(failure: Failure, body: string, protocol: ProtocolId): GatewayError {
  const { errorClass, httpStatus, message } = failure;
  const { code } = readErrorBody(body);
  // A field by the upstream's name means something to a client of a like format only.
  const param = protocol === "openai-chat" || protocol === "openai-responses" ? paramOf(body) : null;
  return new GatewayError(
    errorClass,
    errorClass === "too_large" ? 413 : (httpStatus ?? 400),
    message ?? "The upstream refused this request.",
    {
      code: /^[a-z][\w.-]{0,63}$/.test(code) ? code : errorClass === "not_found" ? "model_not_found" : errorClass,
      final: true,
      ...(param === null ? {} : { param }),
    },
  );
}

function paramOf(body: string): string | null {
  const param = asObject(asObject(jsonOrNull(body))?.error)?.param;
  return typeof param === "string" && param !== "" ? param.slice(0, 200) : null;
}

function isErrorObject(body: string): boolean {
  const error = asObject(jsonOrNull(body))?.error;
  return typeof error === "object";
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}
