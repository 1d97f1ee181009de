import type { OutboundAnswer, OutboundRequest } from "../lib/outbound.ts";
import { dialects } from "../providers/index.ts";
import type { ProviderEntry } from "../snapshot.ts";
import type { OpenedProviderKey } from "../store/types.ts";
import type { ControlDeps } from "./deps.ts";

/** What a key is asked with; it need not be stored. */
export type Credential = Pick<OpenedProviderKey, "secret" | "userAgent" | "proxyUrl">;

type Question = Pick<OutboundRequest, "url" | "headers" | "timeoutMs" | "maxAnswerBytes"> & {
  /** GET when it is not given; POST with a body. */
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: object;
};

/**
 * Asks a provider something of our own in a key's name: with its credential, its user agent, by its outbound proxy, under the address
 * policy. Rejects with OutboundError when there was no answer.
 */
export function askAsKey(
  { outbound }: Pick<ControlDeps, "outbound">,
  provider: Pick<ProviderEntry, "kind">,
  { secret, userAgent, proxyUrl }: Credential,
  { body, method = body === undefined ? "GET" : "POST", headers, ...question }: Question,
): Promise<OutboundAnswer> {
  const dialect = dialects[provider.kind];
  return outbound.send({
    ...question,
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...dialect.defaults,
      ...dialect.auth(secret, { get: () => null }),
      ...headers,
      ...(userAgent === null ? {} : { "user-agent": userAgent }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    proxyUrl: proxyUrl?.reveal() ?? null,
  });
}
