import { GatewayError } from "../errors.ts";
import { utf8 } from "../lib/bytes.ts";
import { asInput, inputItems, referenceOf, responseOfItem } from "../protocols/openai-responses/stored-items.ts";
import { serviceOf } from "../providers/wires.ts";
import type { StoredResponse } from "../stored-response.ts";
import type { Exchange } from "./exchange.ts";
import { type JsonBody, parseBody, readIdField, readJsonBody } from "./json-body.ts";
import { printable } from "./printable.ts";
import { tooLarge } from "./refusals.ts";
import type { RouteTarget } from "./route.ts";

/** What was written out in a request's body. */
export interface Continuation {
  /** What it goes on from; null when it only referred to items. */
  readonly previous: { readonly id: string; readonly root: string } | null;
  /** So many items of the body's `input` are the conversation before it. */
  readonly items: number;
}

export interface Continued {
  readonly body: JsonBody;
  readonly targets: readonly RouteTarget[];
}

/**
 * A Responses request that names what was said before (`previous_response_id`, item references): what is kept here is written out in
 * its body, which any upstream understands then, also one that keeps responses itself. Instructions are not taken over, as at OpenAI.
 * What an upstream keeps goes to that upstream; throws GatewayError 400 when none that serves this model can know of it.
 */
export async function continueConversation(
  exchange: Exchange,
  body: JsonBody,
  targets: readonly RouteTarget[],
): Promise<Continued> {
  const previousId = readIdField(body, "previous_response_id");
  const refers = body.json.includes('"item_reference"');
  if (previousId === null && !refers) return { body, targets };
  const bound = previousId === null ? null : exchange.gateway.boundIds.find(previousId);
  if (previousId !== null && bound !== null) {
    if (targets.some(({ provider }) => provider.id === bound.providerId)) return { body, targets };
    throw notFound(previousId, "It was made by a provider that does not serve this model here");
  }
  const chain = previousId === null ? [] : await findChain(exchange, previousId);
  if (previousId !== null && chain.length === 0) {
    const keepers = targets.filter(({ provider }) => serviceOf("responses", provider.kind).how === "native");
    if (keepers.length === 0) throw notFound(previousId, "It may have been deleted, or kept for too short a time");
    return { body, targets: keepers };
  }
  const parsed = parseBody(body);
  const own = inputItems(parsed.input);
  const said = refers ? await withoutReferences(exchange, own) : own;
  if (chain.length === 0 && said === own) return { body, targets };
  const missing = chain.at(-1)?.previousId ?? null;
  if (missing !== null) throw notFound(missing, "The conversation rests on it, and it was deleted");
  const history = itemsOf(chain).map(asInput);
  exchange.continuation = {
    previous: previousId === null ? null : { id: previousId, root: chain[0]!.root },
    items: history.length,
  };
  const { previous_response_id: _id, ...rest } = parsed;
  const bytes = utf8(JSON.stringify({ ...rest, input: [...history, ...said] }));
  const { maxRequestBytes, maxJsonDepth } = exchange.snapshot.settings;
  if (bytes.length > maxRequestBytes) throw tooLarge(maxRequestBytes);
  return { body: readJsonBody(bytes, maxJsonDepth), targets };
}

/** A refusal names places of the body that was written out: in the client's own body they stand elsewhere, or come from what was kept. */
export function inClientsTerms(error: GatewayError, { continuation }: Exchange): GatewayError {
  const place = /^input\[(\d+)\]/.exec(error.param ?? "");
  if (continuation === null || continuation.items === 0 || place === null) return error;
  const index = Number(place[1]) - continuation.items;
  const own = index < 0 ? "previous_response_id" : `input[${index}]`;
  return new GatewayError(error.errorClass, error.status, error.message.replace(place[0], own), {
    code: error.code,
    param: index < 0 ? own : error.param!.replace(place[0], own),
  });
}

/** The response and those it goes on from, newest first; empty for one that is not there or not this client's. Throws GatewayError. */
export async function findChain(exchange: Exchange, id: string): Promise<readonly StoredResponse[]> {
  let chain: readonly StoredResponse[];
  try {
    chain = await exchange.gateway.responses.chain(id);
  } catch (cause) {
    throw new GatewayError("internal", 503, "Stored responses cannot be read at the moment. Try again soon.", {
      code: "store_unavailable",
      retryAfterMs: 1000,
      cause,
    });
  }
  return chain[0]?.owner === exchange.client!.id ? chain : [];
}

/** All that was said up to the end of the first of them, in order. */
export function itemsOf(chain: readonly StoredResponse[]): readonly unknown[] {
  return chain.toReversed().flatMap(({ input, response }) => [...readList(input), ...outputOf(response)]);
}

/** Items of ours that are only referred to, in full. The same list when there are none; references to others stay. */
async function withoutReferences(exchange: Exchange, items: readonly unknown[]): Promise<readonly unknown[]> {
  const known = new Map<string, readonly unknown[]>();
  let isChanged = false;
  const said: unknown[] = [];
  for (const item of items) {
    const id = referenceOf(item);
    const responseId = id === null ? null : responseOfItem(id);
    if (responseId !== null && !known.has(responseId)) {
      const [response] = await findChain(exchange, responseId);
      known.set(
        responseId,
        response === undefined ? [] : [...readList(response.input), ...outputOf(response.response)],
      );
    }
    const found = known.get(responseId ?? "")?.find((each) => (each as { readonly id?: unknown }).id === id);
    isChanged ||= found !== undefined;
    said.push(found === undefined ? item : asInput(found));
  }
  return isChanged ? said : items;
}

function readList(json: string): readonly unknown[] {
  return JSON.parse(json) as unknown[];
}

function outputOf(json: string): readonly unknown[] {
  const { output } = JSON.parse(json) as { readonly output?: unknown };
  return Array.isArray(output) ? output : [];
}

/** OpenAI's own status, words and code. */
function notFound(id: string, why: string): GatewayError {
  const message = `Previous response with id '${printable(id)}' not found. ${why}: send the conversation itself.`;
  return new GatewayError("invalid_request", 400, message, {
    code: "previous_response_not_found",
    param: "previous_response_id",
  });
}
