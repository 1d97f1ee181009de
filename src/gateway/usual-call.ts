import type { EndpointId } from "../llm/names.ts";
import type { KeyEntry, ProviderEntry } from "../snapshot.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteTarget } from "./route.ts";

/** Where a call goes, and what it says before its body. */
export interface AddressedCall {
  readonly url: string;
  readonly headers: Record<string, string>;
}

interface UsualCall extends AddressedCall {
  readonly provider: ProviderEntry;
  readonly endpoint: EndpointId;
  readonly model: string;
  readonly geminiVersion: "v1" | "v1beta";
}

/** The last one of each key. Entries are never changed in place: with another secret or address they are other objects. */
const usualCalls = new WeakMap<KeyEntry, UsualCall>();

/**
 * Address and headers of a request that is like the one before with this key, made once: they cost 2 µs. The headers are frozen, so
 * that the HTTP client writes them once, too.
 */
export function usualCall(
  { incoming }: Exchange,
  { provider, upstreamModel }: RouteTarget,
  key: KeyEntry,
  make: () => AddressedCall,
): AddressedCall {
  const { endpoint, geminiVersion } = incoming;
  const known = usualCalls.get(key);
  if (
    known !== undefined &&
    known.provider === provider &&
    known.endpoint === endpoint.id &&
    known.model === upstreamModel &&
    known.geminiVersion === geminiVersion
  ) {
    return known;
  }
  const { url, headers } = make();
  const usual: UsualCall = {
    url,
    headers: Object.freeze({ ...headers, host: new URL(url).host }),
    provider,
    endpoint: endpoint.id,
    model: upstreamModel,
    geminiVersion,
  };
  usualCalls.set(key, usual);
  return usual;
}
