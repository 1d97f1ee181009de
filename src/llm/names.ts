/** The closed lists that every layer shares. They appear in the configuration file, the database, GraphQL and the metrics. */

export const PROTOCOLS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
/** A wire format. `openai-chat` stands for all of OpenAI's endpoints but /responses: they share errors, keys and model lists. */
export type ProtocolId = (typeof PROTOCOLS)[number];

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

export const CONTENT_POLICIES = ["none", "metadata", "full"] as const;
/** What is kept of request and response: nothing, headers and sizes, or the bodies too. */
export type ContentPolicy = (typeof CONTENT_POLICIES)[number];
