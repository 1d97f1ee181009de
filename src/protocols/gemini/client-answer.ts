import type { AnswerChoice, LlmAnswer } from "../../llm/answer.ts";
import type { FinishReason } from "../../llm/event.ts";
import type { AnswerContext } from "../codec.ts";
import { writePart } from "./answer-parts.ts";
import { writeFinish } from "./finish.ts";
import { writeGrounding } from "./grounding.ts";
import { writeGeminiUsage } from "./usage.ts";

/** A whole answer as GenerateContentResponse. */
export function encodeGeminiAnswer(answer: LlmAnswer, context: AnswerContext): unknown {
  return {
    candidates: answer.choices.map(candidateOf),
    ...(answer.usage === null ? {} : { usageMetadata: writeGeminiUsage(answer.usage) }),
    modelVersion: context.model,
    responseId: context.requestId,
  };
}

function candidateOf({ parts, finish }: AnswerChoice, index: number): unknown {
  const written = parts.map(writePart);
  const isBroken = parts.some((part, each) => part.type === "tool_call" && written[each]?.length === 0);
  const cited = parts.findIndex((part) => part.type === "text" && part.citations !== undefined);
  const text = parts[cited];
  return {
    content: { parts: written.flat(), role: "model" },
    ...finishFields(finish, isBroken),
    index,
    ...(text?.type === "text"
      ? { groundingMetadata: writeGrounding(text.citations ?? [], text.text, written.slice(0, cited).flat().length) }
      : {}),
  };
}

/**
 * `isBroken`: a call had to be left out because its arguments are no object. Gemini has a word for that; a call cut off by the
 * token limit keeps the limit as its reason.
 */
export function finishFields(finish: FinishReason, isBroken: boolean): Record<string, string> {
  if (isBroken && (finish.unified === "tool_calls" || finish.unified === "stop")) {
    return {
      finishReason: "MALFORMED_FUNCTION_CALL",
      finishMessage: "The model wrote a function call whose arguments are not a JSON object.",
    };
  }
  return {
    finishReason: writeFinish(finish),
    ...(finish.explanation === undefined ? {} : { finishMessage: finish.explanation }),
  };
}
