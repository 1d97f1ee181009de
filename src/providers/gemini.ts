import type { Dialect } from "./dialect.ts";

export const gemini: Dialect = {
  defaultBaseUrl: "https://generativelanguage.googleapis.com",
  native: new Set([
    "gemini.generateContent",
    "gemini.streamGenerateContent",
    "gemini.countTokens",
    "gemini.embedContent",
    "gemini.batchEmbedContents",
  ]),
  url: (provider, call) => {
    const verb = call.endpoint.slice("gemini.".length);
    const model = encodeURIComponent(call.model).replaceAll("%2F", "/");
    // Streams are always asked for as events: a JSON array cannot be watched frame by frame (gateway/gemini-array makes one).
    const query = verb === "streamGenerateContent" ? withSse(call.query) : call.query;
    return `${provider.baseUrl}/${call.geminiVersion}/models/${model}:${verb}${query}`;
  },
  // In a header, never in the URL: URLs end up in logs.
  auth: (secret) => ({ "x-goog-api-key": secret.reveal() }),
  // Not x-goog-user-project: it names who pays, and that is the pool's affair.
  forwarded: ["x-goog-api-client"],
  defaults: {},
  sloppyStreams: false,
};

function withSse(query: string): string {
  if (/[?&]alt=sse(?:&|$)/.test(query)) return query;
  const rest = query.replace(/([?&])alt=[^&]*&?/, "$1").replace(/[?&]$/, "");
  return `${rest}${rest === "" ? "?" : "&"}alt=sse`;
}
