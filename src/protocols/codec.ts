import type { LlmAnswer } from "../llm/answer.ts";
import type { LlmEvent } from "../llm/event.ts";
import type { ProviderKind, Quirk } from "../llm/names.ts";
import type { LlmRequest, RequestField } from "../llm/request.ts";
import type { ModelTraits } from "../llm/traits.ts";

export type { Quirk } from "../llm/names.ts";

/**
 * A client's side of a wire format: its requests are read, its answers are written. Everything throws GatewayError (400 with the
 * path of the first wrong field) or nothing.
 */
export interface ClientCodec {
  /** `body` is parsed JSON; Gemini's model and streaming stand in its path and come in as `path`. */
  decodeRequest(body: unknown, path: { readonly model: string | null; readonly stream: boolean }): LlmRequest;
  /** What this format calls a neutral field, for errors and for the report of what was dropped. */
  fieldName(field: RequestField): string;
  /**
   * A request of this format that goes up as it is, but for the signatures in it that only our own answers can have put there
   * (llm/signature.ts): no vendor knows those. A new object where something changes.
   */
  withoutForeignSignatures(
    body: Readonly<Record<string, unknown>>,
    target: Pick<UpstreamTarget, "model" | "traits">,
  ): Readonly<Record<string, unknown>>;
  /** A whole answer as JSON value. */
  encodeAnswer(answer: LlmAnswer, context: AnswerContext): unknown;
  /** A stateful writer of one stream. */
  encodeStream(context: AnswerContext): StreamEncoder;
}

/** An upstream's side of a wire format: requests are written, answers are read. */
export interface UpstreamCodec {
  /** Throws GatewayError 400 (through `refuseField`) for what can neither be carried nor left out. */
  encodeRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest;
  /** A whole JSON answer that is no error. Throws SyntaxError or GatewayError 502 on nonsense. */
  decodeAnswer(body: unknown, context: DecodeContext): LlmAnswer;
  /** A stateful reader of one stream. */
  decodeStream(context: DecodeContext): StreamDecoder;
}

/** What an encoder must know of whom it writes to. */
export interface UpstreamTarget {
  readonly kind: ProviderKind;
  /** The upstream's model id. */
  readonly model: string;
  readonly traits: ModelTraits;
  /** What this upstream is known not to take (openai-compatible). */
  readonly quirks: ReadonlySet<Quirk>;
  /** What the client's format calls a field, for refusals and the dropped report. */
  readonly fieldName: (field: RequestField) => string;
}

export interface EncodedRequest {
  readonly body: Record<string, unknown>;
  /** The client's names (`fieldName`) of what was left out. */
  readonly dropped: readonly string[];
  /** Upstream tool name → the client's, where they had to differ. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** Headers the body needs, e.g. anthropic-version. */
  readonly headers: Readonly<Record<string, string>>;
  /** Added to the URL, with its question mark; "" for none. Path values never come from here. */
  readonly query: string;
  /** Instead of the endpoint's own path, below the provider's base URL: "/v3/chat/submit_tool_outputs" (Coze). */
  readonly path?: string;
  /** The upstream streams whatever the client asked for: its events are folded for a client that wants no stream (Coze). */
  readonly alwaysStreams?: true;
}

export interface DecodeContext {
  readonly kind: ProviderKind;
  readonly model: string;
  readonly toolNames: ReadonlyMap<string, string>;
  /** Makes ids for tool calls whose upstream gave none. Unique in the process. */
  readonly newCallId: () => string;
}

export interface StreamDecoder {
  /** One whole SSE frame: its event name (null when it has none) and its data (lines joined by \n). Never throws. */
  push(event: string | null, data: string): readonly LlmEvent[];
  /**
   * The upstream closed. The events that complete the answer when it had come to its end (a finish was seen), or null when the
   * end came too early.
   */
  end(): readonly LlmEvent[] | null;
}

/** What an encoder of answers must know of the request it answers. */
export interface AnswerContext {
  /** Our id of the request, "req_…"; formats make theirs from it (chatcmpl-…, msg_…, resp_…). */
  readonly requestId: string;
  /** The model's name as the client knows it. */
  readonly model: string;
  readonly createdAtMs: number;
  readonly request: LlmRequest;
  /** The client's own body, for formats that repeat it (Responses). */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface StreamEncoder {
  /** Frames (whole, each with its blank line) for one event; "" when there is nothing to send yet. */
  push(event: LlmEvent): string;
  /** Frames that end a complete stream. Called once, after every choice's `finish`; never after an error. */
  end(): string;
  /** For formats that number their frames: the next number (Responses). 0 elsewhere. */
  readonly sequence: number;
}
