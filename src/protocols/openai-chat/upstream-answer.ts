import { foldEvents, type LlmAnswer } from "../../llm/answer.ts";
import type { LlmEvent } from "../../llm/event.ts";
import type { DecodeContext } from "../codec.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { asRecord } from "../usage.ts";
import { readChunks } from "./upstream-stream.ts";

/** A whole chat completion, read as one chunk: a compatible server's oddities are the same in both. */
export function decodeChatAnswer(body: unknown, context: DecodeContext): LlmAnswer {
  const answer = asRecord(body);
  if (answer === null) throw failedAnswer(brokenFormat("The upstream's answer is no JSON object."));
  const choices = (Array.isArray(answer.choices) ? answer.choices : []).map(wholeCalls);
  const reader = readChunks(context);
  const events: LlmEvent[] = [];
  reader.chunk({ ...answer, choices }, (event) => events.push(event));
  reader.done((event) => events.push(event)); // also those whose finish_reason is "" or missing
  const folded = foldEvents(events);
  if (folded.kind === "answer") return folded.answer;
  throw failedAnswer(folded.kind === "error" ? folded.error : brokenFormat("The upstream's answer has no choices."));
}

/** In a whole answer every entry is a call of its own, whatever its id says. */
function wholeCalls(value: unknown): unknown {
  const choice = asRecord(value);
  const message = asRecord(choice?.message);
  if (choice === null || message === null || !Array.isArray(message.tool_calls)) return value;
  const calls = message.tool_calls.map((call, index) => ({ ...asRecord(call), index }));
  return { ...choice, message: { ...message, tool_calls: calls } };
}
