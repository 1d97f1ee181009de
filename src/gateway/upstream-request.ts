import type { UpstreamEndpoint } from "../llm/names.ts";
import type { ProviderAddress } from "../providers/dialect.ts";
import { dialects } from "../providers/index.ts";
import { isBareAddress } from "../providers/openai.ts";
import type { Spoken } from "../record.ts";
import type { KeyEntry, ProviderEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import { placeOf, type SpokenRequest, type UpstreamRequest } from "./call-result.ts";
import { withoutCredentials } from "./credential.ts";
import type { Exchange } from "./exchange.ts";
import { bodyFor } from "./json-body.ts";
import { multipartFor } from "./multipart-body.ts";
import { nativeBody } from "./native-body.ts";
import type { RouteTarget } from "./route.ts";
import { type AddressedCall, keepUsualCall, usualCall } from "./usual-call.ts";

const USER_AGENT = "sluice";

/** Builds the call: the dialect says where and with which credential, the client's bytes are spliced, not rewritten. */
export function upstreamRequest(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  key: KeyEntry,
): SpokenRequest {
  const { endpoint } = exchange.incoming;
  const place = whereTo(exchange, admitted, target, key);
  return {
    method: endpoint.method,
    origin: place.origin,
    target: place.target,
    headers: place.headers,
    body: encodeBody(exchange, admitted, target),
    proxyUrl: key.proxyUrl?.reveal() ?? null,
    spoken: { upstreamFormat: exchange.protocol.id, upstreamEndpoint: endpoint.id },
  };
}

function whereTo(exchange: Exchange, admitted: Admitted, target: RouteTarget, key: KeyEntry): AddressedCall {
  if (!isUsual(exchange, admitted, target, key)) return addressedCall(exchange, admitted, target, key);
  return (
    usualCall(exchange, target, key) ??
    keepUsualCall(exchange, target, key, addressedCall(exchange, admitted, target, key))
  );
}

function addressedCall(
  exchange: Exchange,
  { body, beta }: Admitted,
  target: RouteTarget,
  key: KeyEntry,
): AddressedCall {
  const { incoming } = exchange;
  const { provider } = target;
  const dialect = dialects[provider.kind];
  const clientHeaders = incoming.request.headers;
  const headers = upstreamHeaders(key, dialect.auth(key.secret, clientHeaders));
  for (const name of dialect.forwarded) {
    const value = clientHeaders.get(name);
    if (value !== null) headers[name] = value;
  }
  if (beta !== undefined && !headers["anthropic-beta"]?.includes(beta)) {
    headers["anthropic-beta"] = [headers["anthropic-beta"], beta].filter(Boolean).join(",");
  }
  for (const name in dialect.defaults) headers[name] ??= dialect.defaults[name]!;
  if (body.kind !== "none") headers["content-type"] = body.kind === "json" ? "application/json" : body.contentType;
  const url = dialect.url(addressOf(exchange, provider), {
    endpoint: incoming.endpoint.id,
    model: target.upstreamModel,
    resourceId: incoming.resourceId === null ? null : encodeURIComponent(incoming.resourceId),
    geminiVersion: incoming.geminiVersion,
    query: withoutCredentials(incoming.query),
  });
  return { ...placeOf(url), headers };
}

/** Nothing in the client's request but its path and model decides where it goes and with which headers. */
function isUsual({ incoming }: Exchange, { body, beta }: Admitted, { provider }: RouteTarget, key: KeyEntry): boolean {
  if (body.kind !== "json" || beta !== undefined || incoming.query !== "" || incoming.resourceId !== null) return false;
  // Fetch writes its own host; a bare address may turn out to be another.
  if (key.proxyUrl !== null || isBareAddress(provider)) return false;
  const { headers } = incoming.request;
  for (const name of dialects[provider.kind].forwarded) if (headers.has(name)) return false;
  return true;
}

/** A base URL that is nothing but an origin stands for its /v1, until the upstream says that it has none (learn.ts). */
export function addressOf({ gateway }: Exchange, provider: ProviderEntry): ProviderAddress {
  if (!isBareAddress(provider) || gateway.quirks.isBare(provider.id)) return provider;
  const { kind, baseUrl, apiVersion } = provider;
  return { kind, baseUrl: `${baseUrl}/v1`, apiVersion };
}

/** What every call carries. */
export function upstreamHeaders(key: KeyEntry, auth: Readonly<Record<string, string>>): Record<string, string> {
  return { "user-agent": key.userAgent ?? USER_AGENT, accept: "*/*", "accept-encoding": "identity", ...auth };
}

/** A body of our own writing, in a format other than the client's. */
interface WrittenBody {
  readonly endpoint: UpstreamEndpoint;
  readonly query: string;
  /** Instead of the endpoint's own. */
  readonly path?: string | undefined;
  /** The client's own headers speak of its own format, so none goes up: only these do. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly spoken: Spoken;
}

/** The call that takes it to its target. */
export function writtenRequest(
  exchange: Exchange,
  { provider, upstreamModel }: RouteTarget,
  key: KeyEntry,
  { endpoint, query, path, headers, body, spoken }: WrittenBody,
): SpokenRequest {
  const dialect = dialects[provider.kind];
  const url = dialect.url(addressOf(exchange, provider), {
    endpoint,
    model: upstreamModel,
    resourceId: null,
    geminiVersion: "v1beta",
    query,
    path,
  });
  return {
    method: "POST",
    ...placeOf(url),
    headers: {
      ...upstreamHeaders(key, dialect.auth(key.secret, { get: (name) => headers[name] ?? null })),
      "content-type": "application/json",
      ...dialect.defaults,
      ...headers,
    },
    body,
    proxyUrl: key.proxyUrl?.reveal() ?? null,
    spoken,
  };
}

function encodeBody(
  exchange: Exchange,
  { body, clientWantsUsage }: Admitted,
  target: RouteTarget,
): UpstreamRequest["body"] {
  switch (body.kind) {
    case "none":
      return null;
    case "multipart":
      return multipartFor(exchange, body, target.upstreamModel);
    case "json": {
      const { id } = exchange.incoming.endpoint;
      return bodyFor(nativeBody(exchange, body, target), {
        endpoint: id,
        requestedModel: exchange.requestedModel,
        model: target.upstreamModel,
        askForUsage: asksForUsage(exchange, target, clientWantsUsage),
      });
    }
  }
}

/** Our accounting needs the usage of every stream; chat completions only send it when asked. */
export function asksForUsage(exchange: Exchange, target: RouteTarget, clientWantsUsage: boolean): boolean {
  const { id } = exchange.incoming.endpoint;
  return (
    exchange.stream &&
    !clientWantsUsage &&
    (id === "chat.completions" || id === "completions") &&
    !exchange.gateway.quirks.of(target.provider).has("no_stream_options")
  );
}
