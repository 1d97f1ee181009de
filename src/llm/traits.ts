import type { Effort } from "./request.ts";

export const THINKING_STYLES = ["none", "adaptive", "budget", "level", "effort"] as const;
export type ThinkingStyle = (typeof THINKING_STYLES)[number];

/**
 * What a model takes and gives that its format alone does not tell, by the upstream's model id. Known models stand in a table
 * (providers/traits.ts); everybody else gets the kind's defaults.
 */
export interface ModelTraits {
  /** How thinking is asked for. `none`: the model has none, or nobody knows how to ask. */
  readonly thinking: ThinkingStyle;
  /** temperature, top_p, top_k are taken; else they are a 400 upstream and are left out. */
  readonly sampling: boolean;
  /** OpenAI: function tools together with reasoning, and everything else that chat completions refuse, go to /responses. */
  readonly toolsNeedResponses: boolean;
  /** Anthropic demands max_tokens: this when the client said nothing. Also the most the model gives. */
  readonly maxOutputTokens: number;
  /** The highest effort and whether "none" is understood. */
  readonly efforts: readonly Effort[];
  /** A JSON schema for the answer is taken (output_config.format, responseJsonSchema). */
  readonly structuredOutput: boolean;
}
