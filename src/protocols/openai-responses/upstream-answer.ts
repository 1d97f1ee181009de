import type { LlmAnswer } from "../../llm/answer.ts";
import type { DecodeContext } from "../codec.ts";
import { isRecord } from "../fields.ts";
import { readOpenAiUsage } from "../openai-chat/usage.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { readError } from "./upstream-errors.ts";
import { finishOf, itemParts, recordsOf } from "./upstream-items.ts";

/** A whole Response. Throws GatewayError for one that failed, or that has not come to its end, or is none. */
export function decodeAnswer(body: unknown, context: DecodeContext): LlmAnswer {
  if (!isRecord(body) || !Array.isArray(body.output))
    throw failedAnswer(brokenFormat("The upstream's answer is no Response."));
  const { id, model, status, error, usage } = body;
  if (status === "failed" || isRecord(error)) throw failedAnswer(readError(error));
  if (status !== "completed" && status !== "incomplete" && status !== undefined) {
    throw failedAnswer(brokenFormat(`The upstream's answer is ${String(status)}.`));
  }
  const parts = recordsOf(body.output).flatMap((item) => itemParts(item, context));
  const hasCalls = parts.some((part) => part.type === "tool_call");
  return {
    id: typeof id === "string" ? id : null,
    model: typeof model === "string" ? model : null,
    choices: [{ parts, finish: finishOf(body, status === "incomplete", hasCalls) }],
    usage: readOpenAiUsage(usage),
    rawUsage: usage ?? null,
  };
}
