import { GatewayError } from "../errors.ts";
import type { EndpointId, ProviderKind } from "../llm/names.ts";
import { orderTargets } from "../policy/routing.ts";
import { dialects } from "../providers/index.ts";
import type { ProviderEntry } from "../snapshot.ts";
import type { KeyBinding } from "./bound-ids.ts";
import type { Exchange } from "./exchange.ts";
import { printable } from "./printable.ts";

export interface RouteTarget {
  readonly provider: ProviderEntry;
  readonly upstreamModel: string;
  readonly priority: number;
  readonly weight: number;
}

/**
 * Who could serve this model, in the order to ask: by name or alias; else `provider/model`; else, when only one provider with
 * keys speaks this endpoint, that one. Throws GatewayError 404, or 400 when the model is there but speaks another format.
 */
export function routeModel(exchange: Exchange, name: string): readonly RouteTarget[] {
  const { snapshot, incoming } = exchange;
  const endpoint = incoming.endpoint.id;
  const model = snapshot.models.get(name);
  if (model !== undefined) {
    exchange.model = model;
    if (model.targets.length === 0) throw unavailable(name);
    const native = model.targets.filter((target) => speaks(target.provider.kind, endpoint));
    if (native.length === 0) throw wrongFormat(exchange, name, model.targets[0]!.provider.kind);
    return orderTargets(native, Math.random);
  }
  const slash = name.indexOf("/");
  const named = slash > 0 ? snapshot.providersByName.get(name.slice(0, slash)) : undefined;
  if (named?.enabled && slash + 1 < name.length) {
    if (!speaks(named.kind, endpoint)) throw wrongFormat(exchange, name, named.kind);
    return [{ provider: named, upstreamModel: name.slice(slash + 1), priority: 0, weight: 1 }];
  }
  const offering: ProviderEntry[] = [];
  for (const provider of snapshot.providersById.values()) {
    if (provider.enabled && provider.keys.length > 0 && speaks(provider.kind, endpoint)) offering.push(provider);
  }
  if (offering.length !== 1) throw unknownModel(name);
  return [{ provider: offering[0]!, upstreamModel: name, priority: 0, weight: 1 }];
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
    targets.push({ provider, upstreamModel: "", priority: 0, weight: 1 });
  }
  if (targets.length === 0) {
    throw new GatewayError("not_found", 404, `No response with the id "${printable(id)}" is known here.`, {
      code: "response_not_found",
    });
  }
  return { targets, binding };
}

function speaks(kind: ProviderKind, endpoint: EndpointId): boolean {
  return dialects[kind].native.has(endpoint);
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

function wrongFormat(exchange: Exchange, name: string, kind: ProviderKind): GatewayError {
  const endpoint = exchange.incoming.endpoint.id;
  return new GatewayError(
    "unsupported",
    400,
    `The model "${printable(name)}" is served by a provider of kind ${kind}, which does not speak ${endpoint}. ` +
      `Translating between formats is not supported yet: call this model in its provider's own format.`,
    { code: "unsupported_format", param: "model" },
  );
}
