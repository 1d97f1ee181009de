import type { LlmEvent } from "./llm/event.ts";
import type { EndpointId, ProtocolId, ProviderKind } from "./llm/names.ts";
import type { LlmRequest } from "./llm/request.ts";
import type { ModelTraits } from "./llm/traits.ts";

/** Speaks the wire formats for those who only know the neutral model: as a client of this very gateway would. */
export interface Dialogue {
  /** Throws GatewayError 400 for what this format cannot carry. */
  write(request: LlmRequest, speaker: Speaker): WrittenRequest;
  /** What a client sent. Throws GatewayError 400 or SyntaxError. */
  readRequest(kept: KeptRequest): LlmRequest;
  /** What a client was answered, as far as it goes. Never throws. */
  readAnswer(kept: KeptAnswer): readonly LlmEvent[];
}

/** In which format, and for whom, as far as the format leaves a choice. */
export interface Speaker {
  readonly format: ProtocolId;
  readonly kind: ProviderKind;
  /** As clients name it. */
  readonly model: string;
  readonly traits: ModelTraits;
}

/** A request for a streamed answer, and how to read that. */
export interface WrittenRequest {
  readonly endpoint: EndpointId;
  readonly pathModel: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Neutral names of what the format cannot carry. */
  readonly dropped: readonly string[];
  answer(): AnswerReader;
}

export interface AnswerReader {
  push(bytes: Uint8Array): readonly LlmEvent[];
  /** Null: the end came too early. */
  end(): readonly LlmEvent[] | null;
}

export interface KeptRequest {
  readonly format: ProtocolId;
  readonly body: Uint8Array;
  /** Gemini's stands in the path. */
  readonly model: string;
}

export interface KeptAnswer {
  readonly format: ProtocolId;
  readonly body: Uint8Array;
  readonly model: string;
}

/** Where each format asks for a streamed answer. */
export const CHAT_ENDPOINTS: Readonly<Record<ProtocolId, EndpointId>> = {
  "openai-chat": "chat.completions",
  "openai-responses": "responses",
  "anthropic-messages": "messages",
  gemini: "gemini.streamGenerateContent",
};

/** Whom a format is written for, and read from, when nobody in particular speaks it. */
export const HOME_KINDS: Readonly<Record<ProtocolId, ProviderKind>> = {
  "openai-chat": "openai-compatible",
  "openai-responses": "openai",
  "anthropic-messages": "anthropic",
  gemini: "gemini",
};
