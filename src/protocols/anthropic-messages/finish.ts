import type { FinishReason } from "../../llm/event.ts";
import { isRecord } from "../fields.ts";

/** Stop reasons of the typing (@anthropic-ai/sdk 1.11 StopReason) by their neutral names. */
const UNIFIED: Readonly<Record<string, FinishReason["unified"]>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  pause_turn: "pause",
  refusal: "refusal",
};

/** Reads `stop_reason` and what stands beside it, in a message or in a message_delta's `delta`. */
export function readFinish(fields: Readonly<Record<string, unknown>>): FinishReason {
  const raw = typeof fields.stop_reason === "string" ? fields.stop_reason : null;
  const details = isRecord(fields.stop_details) ? fields.stop_details : null;
  return {
    unified: (raw === null ? undefined : UNIFIED[raw]) ?? "other",
    raw,
    ...(typeof details?.explanation === "string" ? { explanation: details.explanation } : {}),
    ...(typeof fields.stop_sequence === "string" ? { stopSequence: fields.stop_sequence } : {}),
  };
}

/** What an answer holds beside its finish: vendors say "stop" after tool calls and refusals too. */
export interface AnswerKinds {
  readonly hasCalls: boolean;
  /** Text of a refusal part; null when there is none. */
  readonly refusal: string | null;
}

export interface StopFields {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details: {
    readonly type: "refusal";
    readonly category: null;
    readonly explanation: string | null;
  } | null;
}

/** The stop fields of a Messages answer. What has no name here is `end_turn`: the list is closed, and the answer did end. */
export function writeStop(finish: FinishReason, { hasCalls, refusal }: AnswerKinds): StopFields {
  const reason = stopReason(finish, hasCalls, refusal !== null);
  return {
    stop_reason: reason,
    stop_sequence: reason === "stop_sequence" ? (finish.stopSequence ?? null) : null,
    stop_details:
      reason === "refusal" ? { type: "refusal", category: null, explanation: finish.explanation ?? refusal } : null,
  };
}

function stopReason(finish: FinishReason, hasCalls: boolean, isRefused: boolean): string {
  switch (finish.unified) {
    case "stop":
      if (hasCalls) return "tool_use";
      if (isRefused) return "refusal";
      return finish.stopSequence === undefined ? "end_turn" : "stop_sequence";
    case "length":
      return finish.raw === "model_context_window_exceeded" ? finish.raw : "max_tokens";
    case "tool_calls":
      return "tool_use";
    case "content_filter":
    case "refusal":
      return "refusal";
    case "pause":
      return "pause_turn";
    case "other":
      return hasCalls ? "tool_use" : "end_turn";
  }
}
