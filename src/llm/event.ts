import type { GatewayErrorLike } from "./failure.ts";
import type { Citation } from "./request.ts";
import type { Signature } from "./signature.ts";
import type { Usage } from "./usage.ts";

/**
 * The neutral stream: a small set of events that every format can be read into and written from. An answer that is not
 * streamed is the fold of the same events (llm/answer.ts).
 *
 * What a decoder promises: `start` first and once; every block is begun by `block_start` before its deltas and ended once by
 * `block_end`; block numbers are unique in the whole answer and rise in order of their start; deltas of several open blocks may
 * come interleaved (`sequential` in llm/sequence.ts puts them one after the other for formats that need it); `finish` once for each
 * choice, after its blocks ended; `usage` any number of times, the last one counts; after `error` nothing more. A tool call's
 * id and name are whole in its block_start; its arguments are JSON text in pieces, which may be none (then they are "{}").
 */
export type LlmEvent =
  | { readonly type: "start"; readonly id: string | null; readonly model: string | null }
  | BlockStart
  /** Text of a text, reasoning or refusal block; JSON text of a tool call. Never empty. */
  | { readonly type: "delta"; readonly block: number; readonly text: string }
  /** The block's signature, whole; at most once for a block, before its end. */
  | { readonly type: "signature"; readonly block: number; readonly signature: Signature }
  | { readonly type: "citation"; readonly block: number; readonly citation: Citation }
  | { readonly type: "block_end"; readonly block: number }
  | { readonly type: "usage"; readonly usage: Usage; readonly raw: unknown }
  | { readonly type: "finish"; readonly choice: number; readonly reason: FinishReason }
  | { readonly type: "error"; readonly error: GatewayErrorLike };

export type BlockStart =
  | { readonly type: "block_start"; readonly block: number; readonly choice: number; readonly kind: "text" | "refusal" }
  | {
      readonly type: "block_start";
      readonly block: number;
      readonly choice: number;
      readonly kind: "reasoning";
      /** No text will come, only a signature. */
      readonly redacted: boolean;
    }
  | {
      readonly type: "block_start";
      readonly block: number;
      readonly choice: number;
      readonly kind: "tool_call";
      readonly id: string;
      readonly name: string;
    }
  /** Comes whole; no deltas follow. */
  | {
      readonly type: "block_start";
      readonly block: number;
      readonly choice: number;
      readonly kind: "media";
      readonly mediaType: string;
      readonly base64: string;
    };

/** The common name, the vendor's own word, and what the vendor says about it (Anthropic's `stop_details.explanation`). */
export interface FinishReason {
  readonly unified: "stop" | "length" | "tool_calls" | "content_filter" | "refusal" | "pause" | "other";
  readonly raw: string | null;
  readonly explanation?: string;
  /** The stop sequence that was met. */
  readonly stopSequence?: string;
}
