import type { GatewayErrorLike } from "../llm/failure.ts";
import type { EndpointId, ProtocolId } from "../llm/names.ts";
import type { Usage } from "../llm/usage.ts";

/**
 * A wire format, pure and in both directions. The first half serves callers whose format is their upstream's own: bytes stay
 * bytes and the protocol only watches them. The way through the neutral model, for when the formats differ, is codec.ts.
 */
export interface Protocol {
  readonly id: ProtocolId;
  /** An error answer's body. `requestId` is ours. */
  encodeError(error: GatewayErrorLike, requestId: string): string;
  /** The frame(s) that end a running stream with an error; nothing may follow them. `seen`: what was passed on of it so far. */
  encodeStreamError(
    error: GatewayErrorLike,
    requestId: string,
    seen: Pick<StreamFacts, "sequence" | "boundIds">,
  ): string;
  /** The sign of life once content has begun; before that a comment frame is right for every format. */
  readonly ping: string;
  /** Reads a complete JSON answer. Throws JsonScanError or SyntaxError when it is none. */
  readAnswer(body: Uint8Array, endpoint: EndpointId): AnswerFacts;
  /** Watches one stream of this format. */
  watchStream(options: WatchOptions): StreamWatcher;
  /** The models this caller may use, in this format's list shape; `one` answers for a single id. */
  listModels(models: readonly ListedModel[]): unknown;
  showModel(model: ListedModel): unknown;
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
  /** A translated stream has been written to its very end: what its upstream still does or fails to do changes nothing. */
  readonly isOver?: boolean;
  /** An error frame came; `take` gave out what stood before it. Latin1 JSON text. */
  readonly error: string | null;
  /** What that frame says, when the stream is translated and so has been read. */
  readonly failure?: GatewayErrorLike | null;
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
