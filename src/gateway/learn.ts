import { isBareAddress } from "../providers/openai.ts";
import type { Admitted } from "./admit.ts";
import type { FailedAttempt } from "./attempt-result.ts";
import type { Exchange } from "./exchange.ts";
import type { OperationCall } from "./operation-call.ts";
import type { Planner } from "./plan.ts";
import { bridgeIn, quirksIn } from "./quirks.ts";
import type { RouteTarget } from "./route.ts";
import type { TranslatedCall } from "./translator.ts";
import { asksForUsage } from "./upstream-request.ts";

/** A refused call: to whom, with what, and what came back. */
interface Refused {
  readonly target: RouteTarget;
  readonly call: TranslatedCall | OperationCall | null;
  readonly result: FailedAttempt;
}

/** Vendors' words for signatures that they cannot read, or that another key, account or model made. */
const SIGNATURE = /thought.?signature|encrypted.?content|`?signature`? in `?thinking/i;

/**
 * An upstream that does not take something says so once: a field, a model's endpoint, its own path, a signature it did not make. True:
 * the same key is to be asked again, in the way that it takes. Nobody is blamed.
 */
export function learn(exchange: Exchange, admitted: Admitted, planner: Planner, refused: Refused): boolean {
  const { target, call, result } = refused;
  const { failure } = result;
  const { provider } = target;
  const { quirks } = exchange.gateway;
  const said = result.body ?? failure.message ?? "";
  switch (failure.httpStatus) {
    case 404:
      if (isBareAddress(provider) && !/model/i.test(said) && quirks.learnBareAddress(provider.id)) return true;
      return learnBridge(exchange, refused, said);
    case 400:
      if (learnBridge(exchange, refused, said)) return true;
      if (call !== null && SIGNATURE.test(said) && planner.forgetSignatures()) return true;
      break;
    case 422:
      break;
    default:
      return false;
  }
  let learned = false;
  for (const quirk of quirksIn(said, call?.sent ?? sentNatively(exchange, admitted, target), provider.kind)) {
    if (quirks.learn(provider, quirk, failure.message ?? "")) learned = true;
  }
  return learned;
}

function learnBridge(exchange: Exchange, { target, call }: Refused, said: string): boolean {
  const isChat =
    call === null ? exchange.incoming.endpoint.id === "chat.completions" : call.answer.wire === "openai-chat";
  const bridge = isChat ? bridgeIn(said, target.provider.kind) : null;
  return bridge !== null && exchange.gateway.quirks.learnBridge(target, bridge);
}

/** What a native call sent, as far as a quirk could be in it. */
function sentNatively(exchange: Exchange, { body, clientWantsUsage }: Admitted, target: RouteTarget): string {
  const { id } = exchange.incoming.endpoint;
  if (body.kind !== "json" || (id !== "chat.completions" && id !== "completions")) return "";
  const asked = asksForUsage(exchange, target, clientWantsUsage) ? '"stream_options"' : "";
  // Legacy completions are sent as they are: only what we asked for ourselves can be left out.
  return id === "completions" ? asked : `${asked}${body.json.text}`;
}
