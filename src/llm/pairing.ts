import type { LlmRequest, Message } from "./request.ts";

/** Fills in the tool's name in results that only name their call: the name stands in the call, earlier in the conversation. */
export function withResultNames(request: LlmRequest): LlmRequest {
  const names = new Map<string, string>();
  let isChanged = false;
  const messages = request.messages.map((message): Message => {
    if (message.role === "assistant") {
      for (const part of message.parts) if (part.type === "tool_call") names.set(part.id, part.name);
    }
    if (message.role !== "tool" || message.results.every((result) => result.name !== null)) return message;
    isChanged = true;
    return {
      role: "tool",
      results: message.results.map((result) =>
        result.name === null ? { ...result, name: names.get(result.callId) ?? null } : result,
      ),
    };
  });
  return isChanged ? { ...request, messages } : request;
}
