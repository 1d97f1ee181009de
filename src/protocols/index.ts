import type { EndpointId, ProtocolId, Wire } from "../llm/names.ts";
import { messagesClient, messagesUpstream } from "./anthropic-messages/codec.ts";
import { anthropicMessages } from "./anthropic-messages/index.ts";
import type { ClientCodec, UpstreamCodec } from "./codec.ts";
import { cozeUpstream } from "./coze/codec.ts";
import { geminiClient, geminiUpstream } from "./gemini/codec.ts";
import { gemini } from "./gemini/index.ts";
import { embedContentOnOpenAi, embeddingsOnGemini, imagesOnGemini, speechOnGemini } from "./gemini/operations.ts";
import { chatClient, chatUpstream } from "./openai-chat/codec.ts";
import { openAiChat } from "./openai-chat/index.ts";
import { responsesClient, responsesUpstream } from "./openai-responses/codec.ts";
import { openAiResponses } from "./openai-responses/index.ts";
import type { OperationEncoder } from "./operation.ts";
import type { Protocol } from "./protocol.ts";

/** All wire formats by id. A new one is a folder and a line in each of these. */
export const protocols: Readonly<Record<ProtocolId, Protocol>> = {
  "openai-chat": openAiChat,
  "openai-responses": openAiResponses,
  "anthropic-messages": anthropicMessages,
  gemini,
};

export const clientCodecs: Readonly<Record<ProtocolId, ClientCodec>> = {
  "openai-chat": chatClient,
  "openai-responses": responsesClient,
  "anthropic-messages": messagesClient,
  gemini: geminiClient,
};

export const upstreamCodecs: Readonly<Record<Wire, UpstreamCodec>> = {
  "openai-chat": chatUpstream,
  "openai-responses": responsesUpstream,
  "anthropic-messages": messagesUpstream,
  gemini: geminiUpstream,
  coze: cozeUpstream,
};

/** What else than conversations is translated, by what the client asks for. Who is asked so: providers/wires.ts. */
export const operations = {
  embeddings: embeddingsOnGemini,
  "audio.speech": speechOnGemini,
  "images.generations": imagesOnGemini,
  "gemini.embedContent": embedContentOnOpenAi("embedContent"),
  "gemini.batchEmbedContents": embedContentOnOpenAi("batchEmbedContents"),
} satisfies Partial<Record<EndpointId, OperationEncoder>>;

export type OperationId = keyof typeof operations;
