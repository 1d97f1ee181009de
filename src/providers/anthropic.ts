import type { Dialect } from "./dialect.ts";

/** The first API version whose clients send the key as a bearer token (SDK 1.x); before it, `x-api-key`. */
const BEARER_SINCE = "2026-10-21";

export const anthropic: Dialect = {
  defaultBaseUrl: "https://api.anthropic.com",
  native: new Set(["messages", "messages.count_tokens"]),
  url: (provider, call) =>
    `${provider.baseUrl}/v1/messages${call.endpoint === "messages.count_tokens" ? "/count_tokens" : ""}${call.query}`,
  auth: (secret, headers): Readonly<Record<string, string>> =>
    (headers.get("anthropic-version") ?? "") >= BEARER_SINCE
      ? { authorization: `Bearer ${secret.reveal()}` }
      : { "x-api-key": secret.reveal() },
  forwarded: ["anthropic-version", "anthropic-beta", "idempotency-key"],
  defaults: { "anthropic-version": "2023-06-01" },
  sloppyStreams: false,
};
