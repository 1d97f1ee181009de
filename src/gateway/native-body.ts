import { utf8 } from "../lib/bytes.ts";
import { holdsPackedSignature } from "../llm/signature.ts";
import { clientCodecs } from "../protocols/index.ts";
import { mendChatRequest, needsMending } from "../protocols/openai-chat/mend.ts";
import { CONVERSATIONS } from "../providers/wires.ts";
import type { Exchange } from "./exchange.ts";
import { type JsonBody, parseBody, readJsonBody } from "./json-body.ts";
import { strictRefusal } from "./refusals.ts";
import type { RouteTarget } from "./route.ts";

/**
 * A body that may go up in its own format: almost always the client's very own. It is rewritten only where the upstream would refuse it:
 * for a history that came from another vendor through us, and for what the upstream's quirks do not allow.
 */
export function nativeBody(exchange: Exchange, body: JsonBody, target: RouteTarget): JsonBody {
  const { id, protocol } = exchange.incoming.endpoint;
  if (!CONVERSATIONS.has(id)) return body;
  const isForeign = exchange.continuation !== null || holdsPackedSignature(body.json);
  const quirks = exchange.gateway.quirks.of(target.provider);
  const isMended = id === "chat.completions" && quirks.size > 0 && needsMending(body.json.text, quirks);
  if (!isForeign && !isMended) return body;
  let value: Readonly<Record<string, unknown>> = parseBody(body);
  if (isForeign) {
    value = clientCodecs[protocol].withoutForeignSignatures(value, {
      model: target.upstreamModel,
      traits: target.traits,
    });
  }
  if (isMended) {
    const mended = mendChatRequest(value, quirks);
    value = mended.body;
    if (exchange.client!.strictParameters && mended.dropped.length > 0) throw strictRefusal(mended.dropped);
    exchange.dropped = mended.dropped;
  }
  return readJsonBody(utf8(JSON.stringify(value)), exchange.snapshot.settings.maxJsonDepth);
}
