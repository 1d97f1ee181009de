import type { LlmEvent } from "../llm/event.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import type { EndpointId, ProtocolId } from "../llm/names.ts";
import type { LlmRequest } from "../llm/request.ts";
import type { Usage } from "../llm/usage.ts";

/**
 * A wire format, pure and in both directions. The first half serves callers whose format is their upstream's own: bytes stay
 * bytes and the protocol only watches them. `codec` is the way through the neutral model, for when the formats differ.
 */
export interface Protocol {
  readonly id: ProtocolId;
  /** An error answer's body. `requestId` is ours. */
  encodeError(error: GatewayErrorLike, requestId: string): string;
  /** The frame(s) that end a running stream with an error; nothing may follow them. */
  encodeStreamError(error: GatewayErrorLike, requestId: string, sequence: number): string;
  /** The sign of life once content has begun; before that a comment frame is right for every format. */
  readonly ping: string;
  /** Reads a complete JSON answer. Throws JsonScanError or SyntaxError when it is none. */
  readAnswer(body: Uint8Array, endpoint: EndpointId): AnswerFacts;
  /** Watches one stream of this format. */
  watchStream(options: WatchOptions): StreamWatcher;
  /** The models this caller may use, in this format's list shape; `one` answers for a single id. */
  listModels(models: readonly ListedModel[]): unknown;
  showModel(model: ListedModel): unknown;
  /** Absent while the format is only spoken to its own kind. */
  readonly codec?: Codec;
}

export interface Codec {
  /** Throws GatewayError (400 with the path of the first wrong field). */
  decodeRequest(body: unknown): LlmRequest;
  encodeRequest(request: LlmRequest): Encoded;
  decodeAnswer(body: unknown): readonly LlmEvent[];
  encodeAnswer(events: readonly LlmEvent[]): unknown;
  /** Stateful step functions: one frame in, events out; one event in, frame text out. */
  decodeStream(): (data: string, event: string | null) => readonly LlmEvent[];
  encodeStream(): (event: LlmEvent) => string;
}

export interface Encoded {
  readonly body: unknown;
  /** Paths of the source fields that this format cannot carry. */
  readonly dropped: readonly string[];
}

export interface AnswerFacts {
  readonly usage: Usage | null;
  /** The vendor's usage object, verbatim. */
  readonly rawUsage: string | null;
  /** The answer is an error object although its status said 200. */
  readonly isError: boolean;
  /** Ids that only the key that made them can use again. */
  readonly boundIds: readonly string[];
}

export interface WatchOptions {
  readonly endpoint: EndpointId;
  /** False: the usage frame was asked for by us and is taken out again (OpenAI). */
  readonly clientWantsUsage: boolean;
  /** Make a sloppy upstream's frames well-formed (azure-openai, openai-compatible). */
  readonly repair: boolean;
  /** For repaired frames whose upstream names none. */
  readonly requestId: string;
  readonly model: string;
  readonly nowMs: number;
}

/**
 * Sees every whole frame of a running stream once. It never delays what it lets through; what it takes out or puts right is
 * named in the format's own file.
 */
export interface StreamWatcher {
  /** Whole frames in, what the client gets out: the same array when untouched, null for nothing. */
  take(block: Uint8Array): Uint8Array | null;
  /** The upstream closed. Bytes that complete the stream properly, or null when the end came too early. */
  end(): Uint8Array | null;
  readonly facts: StreamFacts;
}

export interface StreamFacts {
  /** The first frame that carries an answer has passed: from here on nothing can be retried. */
  readonly hasContent: boolean;
  /** The format's own end mark has passed. */
  readonly finished: boolean;
  /** An error frame came; `take` gave out what stood before it. Latin1 JSON text. */
  readonly error: string | null;
  readonly usage: Usage | null;
  readonly rawUsage: string | null;
  readonly frames: number;
  readonly boundIds: readonly string[];
  /** The next sequence number, for formats that count their events. */
  readonly sequence: number;
}

export interface ListedModel {
  readonly name: string;
  readonly ownedBy: string;
  readonly createdAtMs: number;
}
