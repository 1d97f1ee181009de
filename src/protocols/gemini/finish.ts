import type { FinishReason } from "../../llm/event.ts";

/**
 * Gemini's finish reasons (SDK typing `FinishReason` 3.1). "error": the model wrote something that cannot be delivered, which is
 * a failed answer and not an end. CONTINUATION is a limit of one request; only Gemini's own token could go on from it.
 */
const READ = new Map<string, FinishReason["unified"] | "error">([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content_filter"],
  ["RECITATION", "content_filter"],
  ["BLOCKLIST", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["SPII", "content_filter"],
  ["IMAGE_SAFETY", "content_filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
  ["IMAGE_RECITATION", "content_filter"],
  ["IMAGE_OTHER", "content_filter"],
  ["MODEL_ARMOR", "content_filter"],
  ["MALFORMED_FUNCTION_CALL", "error"],
  ["UNEXPECTED_TOOL_CALL", "error"],
  ["MALFORMED_RESPONSE", "error"],
]);

/** LANGUAGE, OTHER, NO_IMAGE, TOO_MANY_TOOL_CALLS and what is yet to come are "other". */
export function readFinish(raw: string): FinishReason["unified"] | "error" {
  return READ.get(raw) ?? "other";
}

/** An unspecified reason is none: the candidate goes on. */
export function isFinishReason(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== "FINISH_REASON_UNSPECIFIED";
}

/** Gemini says STOP for calls too. A reason that Gemini itself gave comes out as it was. */
export function writeFinish({ unified, raw }: FinishReason): string {
  switch (unified) {
    case "stop":
    case "tool_calls":
      return "STOP";
    case "length":
      return "MAX_TOKENS";
    case "content_filter":
    case "refusal":
      return raw !== null && READ.get(raw) === "content_filter" ? raw : "SAFETY";
    case "pause":
    case "other":
      return "OTHER";
  }
}
