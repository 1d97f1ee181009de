import { GatewayError } from "../errors.ts";
import { utf8 } from "../lib/bytes.ts";
import { pageOfItems } from "../protocols/openai-responses/stored-items.ts";
import type { StoredResponse } from "../stored-response.ts";
import type { Answer } from "./attempt-result.ts";
import { findChain, itemsOf } from "./continuation.ts";
import type { Exchange } from "./exchange.ts";
import { invalidRequest } from "./refusals.ts";

/**
 * Answers what is asked of a response that is kept here. Null: it is an upstream's, or nobody's. Throws GatewayError for what such a
 * response cannot do.
 */
export async function storedAnswer(exchange: Exchange, id: string): Promise<Answer | null> {
  if (exchange.gateway.boundIds.find(id) !== null) return null;
  const chain = await findChain(exchange, id);
  const [response] = chain;
  if (response === undefined) return null;
  const text = answerText(exchange, response, chain);
  return { kind: "json", status: 200, bytes: utf8(text), headers: { get: () => null } };
}

function answerText(exchange: Exchange, { id, response, input }: StoredResponse, chain: readonly StoredResponse[]) {
  const { endpoint, query } = exchange.incoming;
  switch (endpoint.id) {
    case "responses.get":
      if (/[?&]stream=true(?:&|$)/.test(query)) {
        throw invalidRequest("This response was not made in the background, so it cannot be streamed again.", "stream");
      }
      return response;
    case "responses.delete":
      exchange.gateway.responses.remove(id);
      return JSON.stringify({ id, object: "response.deleted", deleted: true });
    case "responses.input_items": {
      const before = chain.slice(1);
      const items = [...itemsOf(before), ...(JSON.parse(input) as unknown[])];
      return JSON.stringify(pageOfItems(items, query));
    }
    case "responses.cancel":
      throw new GatewayError("invalid_request", 400, "Cannot cancel a response that was not made in the background.");
    default:
      throw new Error(`${endpoint.id} is no endpoint of stored responses`);
  }
}
