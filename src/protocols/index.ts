import type { ProtocolId } from "../llm/names.ts";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import { gemini } from "./gemini/index.ts";
import { openAiChat } from "./openai-chat/index.ts";
import { openAiResponses } from "./openai-responses/index.ts";
import type { Protocol } from "./protocol.ts";

/** All wire formats by id. A new one is a folder and a line here. */
export const protocols: Readonly<Record<ProtocolId, Protocol>> = {
  "openai-chat": openAiChat,
  "openai-responses": openAiResponses,
  "anthropic-messages": anthropicMessages,
  gemini,
};
