import type { Dialect } from "./dialect.ts";

/** Coze's v3 chat. No client format is its own, so nothing is native: every call goes through the neutral model. */
export const coze: Dialect = {
  defaultBaseUrl: "https://api.coze.com",
  native: new Set(),
  url: (provider, call) => `${provider.baseUrl}${call.path ?? "/v3/chat"}${call.query}`,
  auth: (secret) => ({ authorization: `Bearer ${secret.reveal()}` }),
  forwarded: [],
  defaults: {},
  sloppyStreams: false,
};
