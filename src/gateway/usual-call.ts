import type { EndpointId } from "../llm/names.ts";
import type { KeyEntry, ProviderEntry } from "../snapshot.ts";
import type { UpstreamRequest } from "./call-result.ts";
import type { Exchange } from "./exchange.ts";
import type { RouteTarget } from "./route.ts";

/** Where a call goes, and what it says before its body. */
export type AddressedCall = Pick<UpstreamRequest, "origin" | "target" | "headers">;

interface UsualCall extends AddressedCall {
  readonly provider: ProviderEntry;
  readonly endpoint: EndpointId;
  readonly model: string;
  readonly geminiVersion: "v1" | "v1beta";
}

/** The last one of each key. Entries are never changed in place: with another secret or address they are other objects. */
const usualCalls = new WeakMap<KeyEntry, UsualCall>();

/**
 * Address and headers of a request that is like the one before with this key; null when it is not. They cost 2 µs, so they are made once
 * (`keepUsualCall`).
 */
export function usualCall(
  { incoming }: Exchange,
  { provider, upstreamModel }: RouteTarget,
  key: KeyEntry,
): AddressedCall | null {
  const { endpoint, geminiVersion } = incoming;
  const known = usualCalls.get(key);
  const isSame =
    known !== undefined &&
    known.provider === provider &&
    known.endpoint === endpoint.id &&
    known.model === upstreamModel &&
    known.geminiVersion === geminiVersion;
  return isSame ? known : null;
}

/** For the next request that is like this one. The headers are frozen, so that the HTTP client writes them once, too. */
export function keepUsualCall(
  { incoming }: Exchange,
  { provider, upstreamModel }: RouteTarget,
  key: KeyEntry,
  { origin, target, headers }: AddressedCall,
): AddressedCall {
  const usual: UsualCall = {
    origin,
    target,
    headers: Object.freeze({ ...headers, host: new URL(origin).host }),
    provider,
    endpoint: incoming.endpoint.id,
    model: upstreamModel,
    geminiVersion: incoming.geminiVersion,
  };
  usualCalls.set(key, usual);
  return usual;
}
