import { foldEvents, type LlmAnswer } from "../../llm/answer.ts";
import type { DecodeContext } from "../codec.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { readResponses } from "./upstream-reader.ts";

/** A whole GenerateContentResponse: the fold of the events it is read into. */
export function decodeGeminiAnswer(body: unknown, context: DecodeContext): LlmAnswer {
  const reader = readResponses(context);
  const events = reader.read(body);
  const folded = foldEvents([...events, ...(reader.end(true) ?? [])]);
  switch (folded.kind) {
    case "answer":
      return folded.answer;
    case "error":
      throw failedAnswer(folded.error);
    case "truncated":
      throw failedAnswer(brokenFormat("The upstream answered without a candidate."));
  }
}
