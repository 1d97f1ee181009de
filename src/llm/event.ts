import type { GatewayErrorLike } from "./failure.ts";
import type { Usage } from "./usage.ts";

/**
 * The neutral stream: a small set of events that every format can be read into and written from. An answer that is not
 * streamed is the fold of the same events.
 */
export type LlmEvent =
  | { readonly type: "start"; readonly id: string; readonly model: string; readonly createdMs: number }
  | { readonly type: "text"; readonly block: number; readonly text: string }
  | { readonly type: "reasoning"; readonly block: number; readonly text: string }
  | { readonly type: "signature"; readonly block: number; readonly signature: string }
  | { readonly type: "refusal"; readonly block: number; readonly text: string }
  | { readonly type: "tool_call_start"; readonly block: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call_arguments"; readonly block: number; readonly json: string }
  | { readonly type: "block_end"; readonly block: number }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly reason: FinishReason }
  | { readonly type: "error"; readonly error: GatewayErrorLike };

/** The common name and the vendor's own word. */
export interface FinishReason {
  readonly unified: "stop" | "length" | "tool_calls" | "content_filter" | "refusal" | "pause" | "other";
  readonly raw: string | null;
}
