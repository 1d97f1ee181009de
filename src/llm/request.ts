import type { Signature } from "./signature.ts";

/**
 * The neutral request: what the wire formats have in common, as wide as the widest of them. A protocol decodes its own body
 * to this and encodes this to its own body; what it cannot carry it refuses or reports (protocols/codec.ts), never loses silently.
 * `null` always means: the client did not say.
 */
export interface LlmRequest {
  readonly model: string;
  readonly stream: boolean;
  /** OpenAI chat: the client asked for usage in its stream. Other formats always send it: true. */
  readonly includeUsage: boolean;
  /** System and developer texts that stand before the conversation. Those within it are messages. */
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
  /** Functions of the client. */
  readonly tools: readonly Tool[];
  /** Tools that a vendor runs itself. */
  readonly hostedTools: readonly HostedTool[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly stop: readonly string[];
  readonly reasoning: Reasoning | null;
  readonly responseFormat: ResponseFormat | null;
  readonly verbosity: "low" | "medium" | "high" | null;
  /** How many answers (OpenAI `n`, Gemini `candidateCount`). */
  readonly candidates: number | null;
  readonly seed: number | null;
  readonly frequencyPenalty: number | null;
  readonly presencePenalty: number | null;
  readonly logitBias: Readonly<Record<string, number>> | null;
  readonly logprobs: boolean | null;
  readonly topLogprobs: number | null;
  /** Kinds of output that are asked for beside or instead of text; null is text alone. */
  readonly modalities: readonly ("text" | "image" | "audio")[] | null;
  /** An end user's id (OpenAI `user` or `safety_identifier`, Anthropic `metadata.user_id`). */
  readonly user: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly serviceTier: string | null;
  readonly promptCacheKey: string | null;
  /** Fields of the source format without a neutral name, by their path in the client's body (`container`, `safetySettings`). */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Fields of a neutral request by which an encoder names what it cannot carry; a client's codec says what it calls them. */
export type RequestField = Exclude<keyof LlmRequest, "extra">;

export type Message =
  | { readonly role: "system" | "developer"; readonly parts: readonly TextPart[] }
  | { readonly role: "user"; readonly parts: readonly InputPart[]; readonly name?: string }
  | { readonly role: "assistant"; readonly parts: readonly OutputPart[] }
  /** Results of one turn stand in one message, in the client's order. */
  | { readonly role: "tool"; readonly results: readonly ToolResult[] };

export interface CacheControl {
  readonly type: "ephemeral";
  readonly ttl?: string;
}

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cacheControl?: CacheControl;
  /** Gemini also signs text parts, even empty ones. */
  readonly signature?: Signature;
  readonly citations?: readonly Citation[];
}
export interface Citation {
  readonly url: string;
  readonly title: string | null;
  readonly citedText: string | null;
  /** Range in the part's text (UTF-16 units), where the vendor says it. */
  readonly start: number | null;
  readonly end: number | null;
}
export interface MediaPart {
  readonly type: "image" | "audio" | "file";
  /** MIME type; null when the source does not say (a URL). */
  readonly mediaType: string | null;
  readonly source:
    | { readonly kind: "url"; readonly url: string }
    /** Standard base64 with padding. */
    | { readonly kind: "data"; readonly base64: string }
    | { readonly kind: "file_id"; readonly id: string }
    /** A file of this gateway's that the key to be asked has uploaded to its vendor, and what the vendor calls it. */
    | { readonly kind: "copy"; readonly reference: string }
    /** A document given as plain text (Anthropic). */
    | { readonly kind: "text"; readonly text: string };
  /** File name or title. */
  readonly name: string | null;
  /** OpenAI's image detail. */
  readonly detail: string | null;
  /** Its place in the client's body, e.g. "messages[2].content[1]", for the 400 that refuses it. */
  readonly path?: string;
  readonly cacheControl?: CacheControl;
  readonly signature?: Signature;
}
export type InputPart = TextPart | MediaPart;

export interface ReasoningPart {
  readonly type: "reasoning";
  /** Readable thoughts or their summary; "" when only the signature is there. */
  readonly text: string;
  /** Null: thoughts nobody signed (`reasoning_content` of compatible vendors). */
  readonly signature: Signature | null;
  /** The text is withheld: `signature.value` is all there is (Anthropic `redacted_thinking`). */
  readonly redacted: boolean;
}
export interface ToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, as the model wrote it; "{}" when it wrote nothing. */
  readonly arguments: string;
  readonly signature: Signature | null;
  readonly cacheControl?: CacheControl;
}
export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
}
export type OutputPart = TextPart | ReasoningPart | ToolCallPart | RefusalPart | MediaPart;

export interface ToolResult {
  readonly callId: string;
  /** Gemini pairs by name; formats without it leave null, and `withResultNames` (llm/pairing.ts) fills it in from the call. */
  readonly name: string | null;
  readonly parts: readonly InputPart[];
  readonly isError: boolean;
  readonly cacheControl?: CacheControl;
}

export interface Tool {
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema of an object; null when the client gave none. */
  readonly parameters: Readonly<Record<string, unknown>> | null;
  readonly strict: boolean | null;
  readonly cacheControl?: CacheControl;
}
export interface HostedTool {
  /** The neutral name, where several vendors have it; else null and only the same vendor can take it. */
  readonly kind: "web_search" | "code_execution" | "url_context" | null;
  /** The client's own spelling and object: `{ "type": "web_search_20260209", … }`. */
  readonly type: string;
  readonly raw: Readonly<Record<string, unknown>>;
  /** Its path in the client's body, e.g. "tools[2]", for the 400 that refuses it. */
  readonly path: string;
}
export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string }
  | { readonly type: "allowed"; readonly names: readonly string[]; readonly required: boolean };

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

export interface Reasoning {
  readonly effort: Effort | null;
  /** Anthropic `budget_tokens`, Gemini `thinkingBudget` (-1: the model decides, as effort null). */
  readonly budgetTokens: number | null;
  /** Thoughts or summaries are wanted in the answer; null: as the vendor likes. */
  readonly visible: boolean | null;
}
export type ResponseFormat =
  | { readonly type: "text" | "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string | null;
      readonly description: string | null;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict: boolean | null;
    };

/** A request in which the client said nothing but what it must: the ground on which decoders build. */
export const EMPTY_REQUEST: LlmRequest = {
  model: "",
  stream: false,
  includeUsage: true,
  system: [],
  messages: [],
  tools: [],
  hostedTools: [],
  toolChoice: null,
  parallelToolCalls: null,
  maxOutputTokens: null,
  temperature: null,
  topP: null,
  topK: null,
  stop: [],
  reasoning: null,
  responseFormat: null,
  verbosity: null,
  candidates: null,
  seed: null,
  frequencyPenalty: null,
  presencePenalty: null,
  logitBias: null,
  logprobs: null,
  topLogprobs: null,
  modalities: null,
  user: null,
  metadata: null,
  serviceTier: null,
  promptCacheKey: null,
  extra: {},
};
