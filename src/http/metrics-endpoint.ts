import type { Control } from "../control/control.ts";
import { KEY_HEALTH_STATES } from "../events.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Store } from "../store/types.ts";
import { Metrics } from "./metrics.ts";

/** GET /metrics: for callers on this machine, and for admin tokens with USAGE_READ from elsewhere. */
export function serveMetrics(parts: {
  readonly control: Control;
  readonly gateway: Gateway;
  readonly store: Store;
}): (request: Request, address: string) => Response {
  const { control, gateway, store } = parts;
  const metrics = new Metrics({
    events: gateway.events,
    active: gateway.inFlight,
    store: () => store.stats(),
    keys: () => countKeys(gateway),
    providerName: (id) => (id === null ? "" : (gateway.snapshots.current.providersById.get(id)?.name ?? "")),
  });
  return (request, address) => {
    if (!isLocal(request, address) && !isAdmin(control, request, address)) {
      return Response.json(
        { error: { message: "Send an admin token with USAGE_READ as `Authorization: Bearer`." } },
        { status: 401 },
      );
    }
    return new Response(metrics.render(), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
  };
}

function countKeys(gateway: Gateway): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(KEY_HEALTH_STATES.map((state) => [state, 0]));
  const nowMs = Date.now();
  for (const provider of gateway.snapshots.current.providersById.values()) {
    for (const key of provider.keys) {
      const { health } = gateway.pool.status(key.id, nowMs);
      counts.set(health, (counts.get(health) ?? 0) + 1);
    }
  }
  return counts;
}

/** A proxy on this machine speaks for somebody else. */
function isLocal(request: Request, address: string): boolean {
  const { headers } = request;
  if (headers.has("x-forwarded-for") || headers.has("forwarded") || headers.has("x-real-ip")) return false;
  return address === "127.0.0.1" || address === "::1" || address === "::ffff:127.0.0.1";
}

function isAdmin(control: Control, request: Request, address: string): boolean {
  const header = request.headers.get("authorization") ?? "";
  if (!header.toLowerCase().startsWith("bearer ")) return false;
  return control.access.byToken(header.slice(7).trim(), address).principal.scopes.has("USAGE_READ");
}
