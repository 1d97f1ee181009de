import type { LlmRequest, Message } from "../../src/llm/request.ts";

/** Where media stood in the client's body (losses.test.ts) is no part of what it says. */
export function withoutPaths(request: LlmRequest): LlmRequest {
  return { ...request, messages: request.messages.map(strip) };
}

function strip(message: Message): Message {
  if (message.role === "tool") {
    return { role: "tool", results: message.results.map((result) => ({ ...result, parts: result.parts.map(bare) })) };
  }
  return { ...message, parts: message.parts.map(bare) } as Message;
}

function bare<T extends object>(part: T): T {
  const { path: _path, ...rest } = part as T & { path?: string };
  return rest as T;
}
