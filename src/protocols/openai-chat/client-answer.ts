import type { AnswerChoice, LlmAnswer } from "../../llm/answer.ts";
import type { OutputPart } from "../../llm/request.ts";
import type { AnswerContext } from "../codec.ts";
import { isLegacyFunctions } from "./client-request.ts";
import {
  annotationOf,
  answerId,
  createdSeconds,
  finishWord,
  mediaFields,
  refusalOf,
  signatureFields,
} from "./client-shapes.ts";
import { detailWriter, type ReasoningDetail } from "./reasoning-details.ts";
import { writeOpenAiUsage } from "./usage-writer.ts";

/** A whole chat completion (SDK typing ChatCompletion). */
export function encodeChatAnswer(answer: LlmAnswer, context: AnswerContext): unknown {
  const isLegacy = isLegacyFunctions(context.body);
  return {
    id: answerId(context),
    object: "chat.completion",
    created: createdSeconds(context),
    model: context.model,
    choices: answer.choices.map((choice, index) => ({
      index,
      message: messageOf(choice, { isLegacy, audioId: `audio_${answerId(context)}_${index}` }),
      logprobs: null,
      finish_reason: finishWord(choice.finish, isLegacy),
    })),
    ...(answer.usage === null ? {} : { usage: writeOpenAiUsage(answer.usage) }),
    service_tier: null,
    system_fingerprint: null,
  };
}

/** Content is null only when something else stands in its place (calls, a refusal, sound); an empty answer says "". */
function messageOf({ parts, finish }: AnswerChoice, options: { isLegacy: boolean; audioId: string }) {
  const collected = collect(parts, options.audioId);
  const refusal = collected.refusal ?? refusalOf(finish);
  const hasOther = collected.calls.length > 0 || refusal !== null || "audio" in collected.media;
  return {
    role: "assistant",
    content: collected.content === "" && hasOther ? null : collected.content,
    refusal,
    ...(collected.annotations.length > 0 ? { annotations: collected.annotations } : {}),
    ...(collected.reasoning === "" ? {} : { reasoning_content: collected.reasoning }),
    ...(collected.details.length > 0 ? { reasoning_details: collected.details } : {}),
    ...collected.media,
    ...callFields(collected.calls, options.isLegacy),
  };
}

type Call = ReturnType<typeof callOf>;

function collect(parts: readonly OutputPart[], audioId: string) {
  let content = "";
  let reasoning = "";
  let refusal: string | null = null;
  const annotations: ReturnType<typeof annotationOf>[] = [];
  const details: ReasoningDetail[] = [];
  const calls: Call[] = [];
  const media: Record<string, unknown> = {};
  const writer = detailWriter();
  for (const part of parts) {
    const position = { content: content.length, tool_calls: calls.length };
    switch (part.type) {
      case "text": {
        content += part.text;
        for (const each of part.citations ?? []) annotations.push(annotationOf(each, position.content, content.length));
        if (part.signature) details.push(writer.contentSignature(part.signature, position, part.text.length));
        break;
      }
      case "reasoning":
        reasoning += part.text;
        details.push(...writer.reasoning(part, position));
        break;
      case "refusal":
        refusal = (refusal ?? "") + part.text;
        break;
      case "tool_call":
        calls.push(callOf(part));
        break;
      default: {
        if (part.source.kind !== "data") break; // an answer's media are always whole (llm/event.ts)
        const { mediaType, signature } = part;
        const fields = mediaFields(
          {
            mediaType: mediaType ?? "application/octet-stream",
            base64: part.source.base64,
            signature: signature ?? null,
          },
          audioId,
        );
        for (const [name, value] of Object.entries(fields)) {
          const before = media[name];
          media[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
        }
      }
    }
  }
  return { content, reasoning, refusal, annotations, details, calls, media };
}

function callOf(part: Extract<OutputPart, { type: "tool_call" }>) {
  return {
    id: part.id,
    type: "function",
    function: { name: part.name, arguments: part.arguments },
    ...signatureFields(part.signature),
  };
}

/** A legacy client's message has room for one call. */
function callFields(calls: readonly Call[], isLegacy: boolean) {
  const first = calls[0];
  if (first === undefined) return {};
  return isLegacy ? { function_call: first.function } : { tool_calls: calls };
}
