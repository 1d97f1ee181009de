import { GatewayError } from "../errors.ts";
import type { EndpointId, ProviderKind } from "../llm/names.ts";
import type { ModelTraits } from "../llm/traits.ts";
import { orderTargets } from "../policy/routing.ts";
import { traitsOf } from "../providers/traits.ts";
import { serviceOf } from "../providers/wires.ts";
import type { ModelEntry, ProviderEntry, TargetEntry } from "../snapshot.ts";
import type { KeyBinding } from "./bound-ids.ts";
import type { Exchange } from "./exchange.ts";
import { printable } from "./printable.ts";

export interface RouteTarget {
  readonly provider: ProviderEntry;
  readonly upstreamModel: string;
  readonly priority: number;
  readonly weight: number;
  /** Of the upstream's model, whatever a client calls it. */
  readonly traits: ModelTraits;
}

/**
 * Who could serve this model, in the order to ask, natively or translated: by name or alias; else `provider/model`; else the only
 * provider with keys that offers it, by what its upstream listed when it was asked, first among those that speak this endpoint
 * themselves. Throws GatewayError 404, or 400 when the model is
 * there but nobody can serve this endpoint with it.
 */
export function routeModel(exchange: Exchange, name: string): readonly RouteTarget[] {
  const { snapshot, incoming, gateway } = exchange;
  const endpoint = incoming.endpoint.id;
  const model = snapshot.models.get(name);
  if (model !== undefined) {
    exchange.model = model;
    if (model.targets.length === 0) throw unavailable(name);
    const able = ableTargets(model, endpoint);
    if (able.length === 0) throw cannotServe(endpoint, name, model.targets[0]!.provider.kind);
    return orderTargets(able, gateway.random);
  }
  return routeUnlisted(exchange, name);
}

/** By the name's first part, or by what the upstreams listed; see `routeModel`. */
function routeUnlisted({ snapshot, incoming }: Exchange, name: string): readonly RouteTarget[] {
  const endpoint = incoming.endpoint.id;
  const slash = name.indexOf("/");
  const named = slash > 0 ? snapshot.providersByName.get(name.slice(0, slash)) : undefined;
  if (named?.enabled && slash + 1 < name.length) {
    if (!serves(named.kind, endpoint)) throw cannotServe(endpoint, name, named.kind);
    return [unlisted(named, name.slice(slash + 1))];
  }
  const able: ProviderEntry[] = [];
  for (const provider of snapshot.providersById.values()) {
    if (provider.enabled && provider.keys.length > 0 && serves(provider.kind, endpoint)) able.push(provider);
  }
  const listing = able.filter(({ id }) => snapshot.offers.get(id)?.has(name));
  // Lists grow old: what nobody lists may still be had where there is no choice.
  const possible = listing.length > 0 ? listing : able;
  const native = possible.filter(({ kind }) => speaks(kind, endpoint));
  const offering = native.length > 0 ? native : possible;
  if (offering.length !== 1) throw unknownModel(name);
  return [unlisted(offering[0]!, name)];
}

/** A target that no configured model names. */
export function unlisted(provider: ProviderEntry, upstreamModel: string): RouteTarget {
  return {
    provider,
    upstreamModel,
    priority: 0,
    weight: 1,
    // Looked up only when something depends on it.
    get traits() {
      return traitsOf(provider.kind, upstreamModel);
    },
  };
}

/** By model, then by endpoint: asked for with every request, and entries are never changed in place. */
const ableByModel = new WeakMap<ModelEntry, Map<EndpointId, readonly TargetEntry[]>>();

/** The model's targets that can serve this endpoint, as far as that does not depend on the request. */
function ableTargets(model: ModelEntry, endpoint: EndpointId): readonly TargetEntry[] {
  let ofModel = ableByModel.get(model);
  if (ofModel === undefined) {
    ofModel = new Map();
    ableByModel.set(model, ofModel);
  }
  const known = ofModel.get(endpoint);
  if (known !== undefined) return known;
  const able = preferCounting(
    model.targets.filter((target) => serves(target.provider.kind, endpoint)),
    endpoint,
  );
  ofModel.set(endpoint, able);
  return able;
}

/** An upstream that can count goes before our own estimate, whatever the priorities. */
function preferCounting<T extends RouteTarget>(targets: readonly T[], endpoint: EndpointId): readonly T[] {
  const isEstimate = ({ provider }: T) => serviceOf(endpoint, provider.kind).how === "estimated";
  return targets.some(isEstimate) && !targets.every(isEstimate)
    ? targets.filter((target) => !isEstimate(target))
    : targets;
}

/**
 * Who holds a stored response: the key that made it, when it is known; else every provider with that API is asked until one
 * knows it.
 */
export function routeStored(
  exchange: Exchange,
  id: string,
): { targets: readonly RouteTarget[]; binding: KeyBinding | null } {
  const { snapshot, incoming, gateway } = exchange;
  const binding = gateway.boundIds.find(id);
  const targets: RouteTarget[] = [];
  for (const provider of snapshot.providersById.values()) {
    if (binding !== null && provider.id !== binding.providerId) continue;
    if (!provider.enabled || provider.keys.length === 0 || !speaks(provider.kind, incoming.endpoint.id)) continue;
    targets.push(unlisted(provider, ""));
  }
  if (targets.length === 0) {
    throw new GatewayError("not_found", 404, `No response with the id "${printable(id)}" is known here.`, {
      code: "response_not_found",
    });
  }
  return { targets, binding };
}

function speaks(kind: ProviderKind, endpoint: EndpointId): boolean {
  return serviceOf(endpoint, kind).how === "native";
}

function serves(kind: ProviderKind, endpoint: EndpointId): boolean {
  return serviceOf(endpoint, kind).how !== "refused";
}

function unknownModel(name: string): GatewayError {
  return new GatewayError(
    "not_found",
    404,
    `The model "${printable(name)}" does not exist here. GET /v1/models lists the models you can use.`,
    { code: "model_not_found", param: "model" },
  );
}

function unavailable(name: string): GatewayError {
  return new GatewayError(
    "no_candidate",
    503,
    `The model "${printable(name)}" has no enabled provider at the moment. Ask the operator of this gateway.`,
    { code: "model_unavailable", param: "model" },
  );
}

function cannotServe(endpoint: EndpointId, name: string, kind: ProviderKind): GatewayError {
  const service = serviceOf(endpoint, kind);
  const why = service.how === "refused" ? service.why : "";
  return new GatewayError(
    "unsupported",
    400,
    `The model "${printable(name)}" is served by a provider of kind ${kind}, which cannot serve ${endpoint}: ${why}.`,
    { code: "unsupported_endpoint", param: "model" },
  );
}
