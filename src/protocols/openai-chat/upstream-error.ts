import type { GatewayErrorLike } from "../../llm/failure.ts";
import { readErrorObject } from "../upstream-failure.ts";
import { asRecord } from "../usage.ts";

/**
 * An error inside an answer that began as a good one: `{"error": {message, type, code}}`, `{"error": "…"}` (Ollama), or
 * `{"object": "error", message, code}` (vLLM). Null when the record is none.
 */
export function readUpstreamError(
  record: Readonly<Record<string, unknown>>,
  isErrorEvent: boolean,
): GatewayErrorLike | null {
  const { error } = record;
  if (typeof error === "string" && error !== "") return readErrorObject({ message: error });
  const details = asRecord(error);
  if (details !== null && Object.keys(details).length > 0) return readErrorObject(details);
  return record.object === "error" || isErrorEvent ? readErrorObject(record) : null;
}
