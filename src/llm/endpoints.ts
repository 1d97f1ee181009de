import type { EndpointId, ProtocolId } from "./names.ts";

/** What an endpoint is, whoever serves it. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly protocol: ProtocolId;
  readonly method: "POST" | "GET" | "DELETE";
  readonly body: "json" | "multipart" | "none";
  /** False: asking costs no tokens, so a missing usage means zero. */
  readonly billed: boolean;
  /** The answer is bytes (audio) and is relayed as it comes. */
  readonly binary?: true;
  /** Named by the id of a stored response instead of a model. */
  readonly stored?: true;
}

const list: readonly Endpoint[] = [
  { id: "chat.completions", protocol: "openai-chat", method: "POST", body: "json", billed: true },
  { id: "completions", protocol: "openai-chat", method: "POST", body: "json", billed: true },
  { id: "embeddings", protocol: "openai-chat", method: "POST", body: "json", billed: true },
  { id: "images.generations", protocol: "openai-chat", method: "POST", body: "json", billed: true },
  { id: "images.edits", protocol: "openai-chat", method: "POST", body: "multipart", billed: true },
  { id: "audio.speech", protocol: "openai-chat", method: "POST", body: "json", billed: true, binary: true },
  { id: "audio.transcriptions", protocol: "openai-chat", method: "POST", body: "multipart", billed: true },
  { id: "audio.translations", protocol: "openai-chat", method: "POST", body: "multipart", billed: true },
  { id: "moderations", protocol: "openai-chat", method: "POST", body: "json", billed: false },
  { id: "responses", protocol: "openai-responses", method: "POST", body: "json", billed: true },
  { id: "responses.get", protocol: "openai-responses", method: "GET", body: "none", billed: false, stored: true },
  { id: "responses.delete", protocol: "openai-responses", method: "DELETE", body: "none", billed: false, stored: true },
  { id: "responses.cancel", protocol: "openai-responses", method: "POST", body: "none", billed: false, stored: true },
  {
    id: "responses.input_items",
    protocol: "openai-responses",
    method: "GET",
    body: "none",
    billed: false,
    stored: true,
  },
  // Of clients that speak Anthropic's format in theirs (http/data-plane).
  { id: "files.create", protocol: "openai-chat", method: "POST", body: "multipart", billed: false },
  { id: "files.list", protocol: "openai-chat", method: "GET", body: "none", billed: false },
  { id: "files.get", protocol: "openai-chat", method: "GET", body: "none", billed: false },
  { id: "files.content", protocol: "openai-chat", method: "GET", body: "none", billed: false, binary: true },
  { id: "files.delete", protocol: "openai-chat", method: "DELETE", body: "none", billed: false },
  { id: "messages", protocol: "anthropic-messages", method: "POST", body: "json", billed: true },
  { id: "messages.count_tokens", protocol: "anthropic-messages", method: "POST", body: "json", billed: false },
  { id: "gemini.generateContent", protocol: "gemini", method: "POST", body: "json", billed: true },
  { id: "gemini.streamGenerateContent", protocol: "gemini", method: "POST", body: "json", billed: true },
  { id: "gemini.countTokens", protocol: "gemini", method: "POST", body: "json", billed: false },
  { id: "gemini.embedContent", protocol: "gemini", method: "POST", body: "json", billed: true },
  { id: "gemini.batchEmbedContents", protocol: "gemini", method: "POST", body: "json", billed: true },
];

export const endpoints: Readonly<Record<EndpointId, Endpoint>> = Object.fromEntries(
  list.map((endpoint) => [endpoint.id, endpoint]),
) as Record<EndpointId, Endpoint>;

/** Kept and answered here, no upstream is asked. */
export const FILES: ReadonlySet<EndpointId> = new Set([
  "files.create",
  "files.list",
  "files.get",
  "files.content",
  "files.delete",
]);
