import type { Quirk } from "../llm/names.ts";
import { shortRequest } from "../llm/short-request.ts";
import type { ProviderAddress } from "./dialect.ts";
import { dialects } from "./index.ts";
import { isBareAddress } from "./openai.ts";

export interface SmallestCall {
  readonly url: string;
  readonly body: object;
}

/** The cheapest request that a model answers: one token, or the embedding of one word. Null: this kind is not asked that way. */
export function smallestCall(
  provider: ProviderAddress & { readonly quirks: ReadonlySet<Quirk> },
  model: string,
  purpose: "chat" | "embedding",
): SmallestCall | null {
  const { kind } = provider;
  const at = isBareAddress(provider) ? { ...provider, baseUrl: `${provider.baseUrl}/v1` } : provider;
  const ask = { model, prompt: "ping", stream: false };
  const endpoint = ENDPOINTS[kind]?.[purpose];
  if (endpoint === undefined) return null;
  const call = { endpoint, model, resourceId: null, geminiVersion: "v1beta", query: "" } as const;
  const limit = purpose === "embedding" ? {} : limitOf(provider);
  return { url: dialects[kind].url(at, call), body: { ...shortRequest(endpoint, ask), ...limit } };
}

const OPENAI = { chat: "chat.completions", embedding: "embeddings" } as const;
const ENDPOINTS = {
  openai: OPENAI,
  "azure-openai": OPENAI,
  "openai-compatible": OPENAI,
  anthropic: { chat: "messages", embedding: undefined },
  gemini: { chat: "gemini.generateContent", embedding: "gemini.embedContent" },
  coze: undefined,
} as const;

function limitOf({ kind, quirks }: Parameters<typeof smallestCall>[0]): object {
  if (kind === "gemini") return { generationConfig: { maxOutputTokens: 1 } };
  // OpenAI's newer models refuse the old name, and many who copy its API do not know the new one.
  const isOld = kind === "anthropic" || kind === "openai-compatible" || quirks.has("max_tokens_only");
  return isOld ? { max_tokens: 1 } : { max_completion_tokens: 1 };
}
