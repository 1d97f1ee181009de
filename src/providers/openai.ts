import type { EndpointId } from "../llm/names.ts";
import type { Dialect, ProviderAddress, UpstreamCall } from "./dialect.ts";

/** Path below /v1 (or a vendor's own prefix). */
function openAiPath(call: UpstreamCall): string {
  switch (call.endpoint) {
    case "responses.get":
    case "responses.delete":
      return `/responses/${call.resourceId}`;
    case "responses.cancel":
      return `/responses/${call.resourceId}/cancel`;
    case "responses.input_items":
      return `/responses/${call.resourceId}/input_items`;
    default:
      return `/${call.endpoint.replaceAll(".", "/")}`;
  }
}

const modelEndpoints = [
  "chat.completions",
  "completions",
  "embeddings",
  "images.generations",
  "images.edits",
  "audio.speech",
  "audio.transcriptions",
  "audio.translations",
] as const satisfies readonly EndpointId[];

const responseEndpoints = [
  "responses",
  "responses.get",
  "responses.delete",
  "responses.cancel",
  "responses.input_items",
] as const satisfies readonly EndpointId[];

/** Vendors write their base URL with and without its /v1. */
export function isBareAddress({ kind, baseUrl }: Pick<ProviderAddress, "kind" | "baseUrl">): boolean {
  return (kind === "openai" || kind === "openai-compatible") && baseUrl.indexOf("/", baseUrl.indexOf("//") + 2) < 0;
}

const common = {
  url: (provider, call) => `${provider.baseUrl}${openAiPath(call)}${call.query}`,
  auth: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
  forwarded: ["openai-beta", "idempotency-key"],
  defaults: {},
} satisfies Partial<Dialect>;

export const openai: Dialect = {
  ...common,
  defaultBaseUrl: "https://api.openai.com/v1",
  native: new Set<EndpointId>([...modelEndpoints, "moderations", ...responseEndpoints]),
  sloppyStreams: false,
};

/** Whoever copies OpenAI's chat API: DeepSeek, Mistral, Groq, Ollama, vLLM, … Always chat completions, never /responses. */
export const openAiCompatible: Dialect = {
  ...common,
  defaultBaseUrl: null,
  native: new Set<EndpointId>([...modelEndpoints, "moderations"]),
  sloppyStreams: true,
};

/**
 * Azure's two surfaces: with `apiVersion` the deployment stands in the path, without it the /openai/v1 surface takes the
 * deployment as the body's model. Redirects are never followed with the key.
 */
export const azureOpenAi: Dialect = {
  defaultBaseUrl: null,
  native: new Set<EndpointId>([...modelEndpoints, ...responseEndpoints]),
  url: (provider, call) => {
    const path = openAiPath(call);
    if (provider.apiVersion === null) return `${provider.baseUrl}/openai/v1${path}${call.query}`;
    const query = `${call.query === "" ? "?" : `${call.query}&`}api-version=${encodeURIComponent(provider.apiVersion)}`;
    // /responses stands beside the deployments, not below one.
    if (path.startsWith("/responses")) return `${provider.baseUrl}/openai${path}${query}`;
    return `${provider.baseUrl}/openai/deployments/${encodeURIComponent(call.model)}${path}${query}`;
  },
  auth: (secret) => ({ "api-key": secret.reveal() }),
  forwarded: ["idempotency-key"],
  defaults: {},
  sloppyStreams: true,
};
