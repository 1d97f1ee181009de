import { GatewayError } from "../errors.ts";
import type { CallPins } from "../internal-call.ts";
import { serviceOf } from "../providers/wires.ts";
import type { Exchange } from "./exchange.ts";
import { type RouteTarget, unlisted } from "./route.ts";

/**
 * The targets that an internal call lets be asked. Throws GatewayError 400 when there is none, or when the pinned key is not
 * there or switched off: it never falls back to another.
 */
export function pinTargets(exchange: Exchange, route: (name: string) => readonly RouteTarget[], name: string) {
  const pins = exchange.incoming.internal?.pins ?? null;
  if (pins === null) return route(name);
  const targets = freeTarget(exchange, pins, name) ?? route(name).filter((target) => fits(exchange, pins, target));
  if (targets.length === 0) throw refused("None of this model's targets is the one that was asked for.");
  if (pins.keyId) requireKey(targets, pins.keyId);
  return targets;
}

/** The console may try a provider with a model that is configured nowhere; a client key stays with its models' targets. */
function freeTarget(exchange: Exchange, pins: CallPins, name: string): readonly RouteTarget[] | null {
  const { snapshot, incoming } = exchange;
  if (incoming.internal?.clientKeyId !== null || !pins.providerId || !pins.upstreamModel) return null;
  exchange.model = snapshot.models.get(name) ?? null;
  if (exchange.model?.targets.some((target) => fits(exchange, pins, target))) return null;
  const provider = snapshot.providersById.get(pins.providerId);
  if (!provider?.enabled) throw refused("The provider that was asked for is not there or switched off.");
  const service = serviceOf(incoming.endpoint.id, provider.kind);
  if (service.how === "refused") {
    throw refused(`A provider of kind ${provider.kind} cannot serve ${incoming.endpoint.id}: ${service.why}.`);
  }
  return [unlisted(provider, pins.upstreamModel)];
}

function fits(exchange: Exchange, pins: CallPins, target: Pick<RouteTarget, "provider" | "upstreamModel">): boolean {
  const { provider, upstreamModel } = target;
  const at = pins.targetIndex == null ? null : exchange.model?.targets[pins.targetIndex];
  return (
    (at === null || (at?.provider.id === provider.id && at.upstreamModel === upstreamModel)) &&
    (pins.providerId == null || provider.id === pins.providerId) &&
    (pins.upstreamModel == null || upstreamModel === pins.upstreamModel) &&
    (pins.keyId == null || pins.providerId != null || provider.keys.some(({ id }) => id === pins.keyId))
  );
}

function requireKey(targets: readonly RouteTarget[], keyId: string): void {
  for (const { provider } of targets) {
    const key = provider.keys.find(({ id }) => id === keyId);
    if (key?.enabled) continue;
    throw refused("The key that was asked for is switched off, or none of that provider's.");
  }
}

function refused(message: string): GatewayError {
  return new GatewayError("no_candidate", 400, message, { code: "pinned_target_unavailable", param: "model" });
}
