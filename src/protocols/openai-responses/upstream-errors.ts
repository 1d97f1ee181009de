import type { GatewayErrorLike } from "../../llm/failure.ts";
import { isRecord } from "../fields.ts";
import { readErrorObject } from "../upstream-failure.ts";

/** An error as OpenAI puts it into a Response: `response.error`, the fields of an `error` event, or its nested `error` object. */
export function readError(value: unknown): GatewayErrorLike {
  return readErrorObject(isRecord(value) ? value : { message: value });
}
