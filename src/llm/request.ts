/**
 * The neutral request: what the four wire formats have in common, as wide as the widest of them. A protocol decodes its own
 * body to this and encodes this to its own body; what it cannot carry it reports (see `Encoded.dropped`), never loses silently.
 */
export interface LlmRequest {
  readonly model: string;
  readonly stream: boolean;
  /** System and developer texts that stand before the conversation. */
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly stop: readonly string[];
  readonly reasoning: Reasoning | null;
  readonly responseFormat: ResponseFormat | null;
  readonly user: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Fields of the source format that have no neutral name, by their path; an encoder carries those it knows. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export type Message =
  | { readonly role: "system" | "developer"; readonly parts: readonly TextPart[] }
  | { readonly role: "user"; readonly parts: readonly InputPart[] }
  | { readonly role: "assistant"; readonly parts: readonly OutputPart[] }
  | { readonly role: "tool"; readonly results: readonly ToolResult[] };

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cacheControl?: unknown;
}
export interface MediaPart {
  readonly type: "image" | "audio" | "file";
  readonly mediaType: string | null;
  readonly source:
    | { readonly kind: "url"; readonly url: string }
    | { readonly kind: "data"; readonly base64: string }
    | { readonly kind: "file_id"; readonly id: string };
  readonly name: string | null;
  readonly detail: string | null;
  readonly cacheControl?: unknown;
}
export type InputPart = TextPart | MediaPart;

export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  /** The vendor's proof, byte for byte; bound to the upstream key that made it. */
  readonly signature: string | null;
  readonly redacted: boolean;
}
export interface ToolCallPart {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
  readonly signature: string | null;
}
export interface RefusalPart {
  readonly type: "refusal";
  readonly text: string;
}
export type OutputPart = TextPart | ReasoningPart | ToolCallPart | RefusalPart | MediaPart;

export interface ToolResult {
  readonly callId: string;
  /** Gemini pairs by name; other formats leave it out and it is looked up. */
  readonly name: string | null;
  readonly parts: readonly InputPart[];
  readonly isError: boolean;
  readonly cacheControl?: unknown;
}

export interface Tool {
  readonly name: string;
  readonly description: string | null;
  /** JSON Schema. */
  readonly parameters: unknown;
  readonly strict: boolean | null;
  readonly cacheControl?: unknown;
}
export type ToolChoice =
  | { readonly type: "auto" | "none" | "required" }
  | { readonly type: "tool"; readonly name: string }
  | { readonly type: "allowed"; readonly names: readonly string[]; readonly required: boolean };

export interface Reasoning {
  readonly effort: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max" | null;
  readonly budgetTokens: number | null;
  readonly visible: boolean | null;
}
export type ResponseFormat =
  | { readonly type: "text" | "json_object" }
  | {
      readonly type: "json_schema";
      readonly name: string | null;
      readonly schema: unknown;
      readonly strict: boolean | null;
    };
