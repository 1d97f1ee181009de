import type { ProtocolId } from "../../src/llm/names.ts";
import { checkChat } from "./streams/chat.ts";
import { checkGemini } from "./streams/gemini.ts";
import { checkMessages } from "./streams/messages.ts";
import { checkResponses } from "./streams/responses.ts";
import type { CheckedStream } from "./streams/said.ts";
import { readFrames } from "./streams/sse-frames.ts";

const CHECKS = {
  "openai-chat": checkChat,
  "openai-responses": checkResponses,
  "anthropic-messages": checkMessages,
  gemini: checkGemini,
} as const satisfies Record<ProtocolId, unknown>;

/**
 * What a client of this format may take for granted of every stream (wire.md section 1 says which library breaks where it does not
 * hold), and what the stream said. Strict on purpose: more than SDKs look at.
 */
export function checkStream(format: ProtocolId, text: string): CheckedStream {
  return CHECKS[format](readFrames(text));
}
