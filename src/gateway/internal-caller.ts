import { GatewayError } from "../errors.ts";
import { checkClient } from "../policy/access.ts";
import type { ClientEntry } from "../snapshot.ts";
import type { Exchange } from "./exchange.ts";
import type { InternalCaller } from "./gateway.ts";

/** Whose rules hold for it. Throws GatewayError 401 for a client key that could not have called either. */
export function identifyInternal({ snapshot, receivedAtMs }: Exchange, { clientKeyId }: InternalCaller): ClientEntry {
  if (clientKeyId === null) return { ...CONSOLE, requestContent: snapshot.settings.requestContent };
  const found = [...snapshot.clientKeysByHash.values(), snapshot.anonymous].find((entry) => entry?.id === clientKeyId);
  const refusal = found ? checkClient(found, receivedAtMs) : "not there any more";
  if (found && refusal === null) return found;
  throw new GatewayError("unauthorized", 401, `The client key is ${refusal}.`, { code: "invalid_api_key" });
}

const CONSOLE = {
  id: "console",
  name: "console",
  enabled: true,
  expiresAt: null,
  allowedModels: [],
  strictParameters: false,
  builtin: null,
} as const satisfies Partial<ClientEntry>;
