import { type CheckedStream, isObject, type Json, nothingSaid, rules } from "./said.ts";
import type { SseFrame } from "./sse-frames.ts";

/** GenerateContentResponses in data-only frames; calls come whole; the last frame says how it ended. */
export function checkGemini(frames: readonly SseFrame[]): CheckedStream {
  const problems: string[] = [];
  const dataOnly = rules("gemini.data_only_frames", problems);
  const noDone = rules("gemini.no_done", problems);
  const said = nothingSaid();
  const finishes = new Map<number, string>();
  let head: Json = null;
  let total = 0;

  const readPart = (part: Json) => {
    dataOnly(isObject(part), "a part that is no object");
    if (typeof part.text === "string") {
      if (part.thought === true) said.reasoning += part.text;
      else said.text += part.text;
    }
    const call = part.functionCall;
    if (call === undefined) return;
    dataOnly(typeof call.name === "string" && call.name !== "", "a call without a name");
    dataOnly(call.args === undefined || isObject(call.args), "arguments that are no object");
    dataOnly(call.id === undefined || !said.calls.some(({ id }) => id === call.id), "two calls have one id");
    said.calls.push({ id: call.id, name: call.name, args: call.args ?? {} });
  };

  for (const { event, data, json, isWhole, hasComment } of frames) {
    if (data === null) continue;
    noDone(data !== "[DONE]", "a [DONE], at which the SDK throws");
    dataOnly(event === null, "a frame with an event name, which the SDK drops");
    dataOnly(!hasComment, "a comment in the frame of an event, which the SDK then loses");
    dataOnly(isWhole, "a last frame without its empty line, at which the SDK throws");
    if (!dataOnly(isObject(json), "a frame that is no JSON object")) continue;
    dataOnly(said.error === null, "a frame behind the error");
    if (json.error !== undefined) {
      const { code, message, status } = json.error ?? {};
      dataOnly(code >= 400 && code <= 599, "an error without a numeric code, which the SDK ignores");
      dataOnly(typeof message === "string" && typeof status === "string", "an error without message or status");
      said.error = json.error;
      continue;
    }
    head ??= json;
    dataOnly(json.modelVersion === head.modelVersion, "modelVersion changes");
    dataOnly(json.responseId === head.responseId, "responseId changes");
    if (json.usageMetadata !== undefined) {
      dataOnly(json.usageMetadata.totalTokenCount >= total, "usage goes down");
      total = json.usageMetadata.totalTokenCount;
      said.usage = json.usageMetadata;
    }
    for (const candidate of json.candidates ?? []) {
      const index = candidate.index ?? 0;
      const parts: Json[] = candidate.content?.parts ?? [];
      const isSaying = parts.some((part) => part.text !== "" || part.functionCall !== undefined);
      dataOnly(!finishes.has(index) || !isSaying, "content behind finishReason");
      if (index === 0) for (const part of parts) readPart(part);
      if (candidate.finishReason === undefined) continue;
      finishes.set(index, candidate.finishReason);
      if (index === 0) said.finish = candidate.finishReason;
    }
    if (json.promptFeedback?.blockReason !== undefined) finishes.set(0, json.promptFeedback.blockReason);
  }
  dataOnly(said.error !== null || finishes.size > 0, "no finishReason: the SDK takes what is cut for whole");
  return { said, problems };
}
