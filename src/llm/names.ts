/** The closed lists that every layer shares. They appear in the configuration file, the database, GraphQL and the metrics. */

export const PROTOCOLS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
/** A wire format. `openai-chat` stands for all of OpenAI's endpoints but /responses: they share errors, keys and model lists. */
export type ProtocolId = (typeof PROTOCOLS)[number];
export const WIRES = [...PROTOCOLS, "coze"] as const;
/** What an upstream is spoken to in: a client format, or Coze's, which no client speaks. */
export type Wire = (typeof WIRES)[number];

export const PROVIDER_KINDS = ["openai", "azure-openai", "anthropic", "gemini", "coze", "openai-compatible"] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

export const STRATEGIES = ["round_robin", "weighted", "priority", "least_busy", "lowest_latency", "sticky"] as const;
/** How a provider chooses among its keys. */
export type Strategy = (typeof STRATEGIES)[number];

export const ENDPOINTS = [
  "chat.completions",
  "completions",
  "responses",
  "responses.get",
  "responses.delete",
  "responses.cancel",
  "responses.input_items",
  "embeddings",
  "images.generations",
  "images.edits",
  "audio.speech",
  "audio.transcriptions",
  "audio.translations",
  "moderations",
  "files.create",
  "files.list",
  "files.get",
  "files.content",
  "files.delete",
  "messages",
  "messages.count_tokens",
  "gemini.generateContent",
  "gemini.streamGenerateContent",
  "gemini.countTokens",
  "gemini.embedContent",
  "gemini.batchEmbedContents",
] as const;
/** What a client asked for, whatever the path spelled. */
export type EndpointId = (typeof ENDPOINTS)[number];
/** What an upstream may be asked for: also Imagen's verb, which no client uses here. */
export type UpstreamEndpoint = EndpointId | "gemini.predict";

export const QUIRKS = [
  "no_stream_options",
  "no_developer_role",
  "max_tokens_only",
  "reasoning_field",
  "echo_reasoning",
  "no_parallel_tool_calls",
  "no_json_schema",
] as const;
/** A habit in which an upstream that speaks OpenAI's chat API differs from OpenAI: set by a person, or learned from its refusals. */
export type Quirk = (typeof QUIRKS)[number];

export const CONTENT_POLICIES = ["none", "metadata", "full"] as const;
/** What is kept of request and response: nothing, headers and sizes, or the bodies too. */
export type ContentPolicy = (typeof CONTENT_POLICIES)[number];
