import { GatewayError } from "../errors.ts";
import { newId } from "../lib/id.ts";
import { mayUseModel } from "../policy/access.ts";
import { protocols } from "../protocols/index.ts";
import type { ListedModel } from "../protocols/protocol.ts";
import type { ClientEntry, Snapshot } from "../snapshot.ts";
import { errorHeaders } from "./answer-headers.ts";
import { identifyClient } from "./credential.ts";
import type { Gateway, Incoming } from "./gateway.ts";
import { printable } from "./printable.ts";

/** GET /models and /models/{id} in the asking protocol's shape. Answered from memory; no record, no upstream. */
export function answerModels(gateway: Gateway, incoming: Incoming, wanted: string | null): Response {
  const protocol = protocols[incoming.endpoint.protocol];
  const requestId = newId("req");
  const isAnthropic = protocol.id === "anthropic-messages";
  try {
    const snapshot = gateway.snapshots.current;
    const client = identifyClient({ gateway, incoming, snapshot, nowMs: Date.now() });
    const models = visibleModels(snapshot, client);
    const found = wanted === null ? undefined : models.find((model) => model.name === wanted);
    if (wanted !== null && found === undefined) throw unknown(wanted);
    const body = found === undefined ? protocol.listModels(models) : protocol.showModel(found);
    return Response.json(body, { headers: { "x-request-id": requestId } });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return new Response(protocol.encodeError(error, requestId), {
      status: error.status,
      headers: errorHeaders(requestId, error, isAnthropic),
    });
  }
}

/** The models this client may use: what is configured, under its names and aliases, in the order of their names. */
function visibleModels(snapshot: Snapshot, client: ClientEntry): ListedModel[] {
  const models: ListedModel[] = [];
  for (const [name, model] of snapshot.models) {
    if (model.targets.length === 0 || !mayUseModel(client.allowedModels, name)) continue;
    models.push({ name, ownedBy: model.targets[0]!.provider.name, createdAtMs: model.createdAt });
  }
  return models.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function unknown(name: string): GatewayError {
  return new GatewayError("not_found", 404, `The model "${printable(name)}" does not exist here.`, {
    code: "model_not_found",
    param: "model",
  });
}
