import type { CallInternally } from "../internal-call.ts";
import { endpoints } from "../llm/endpoints.ts";
import { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { carryOut } from "./handle.ts";

/** Runs a request of Sluice's own through the pipeline. */
export function internalCalls(gateway: Gateway): CallInternally {
  return ({ origin, endpoint, pathModel, body, clientKeyId, pins, signal, clientAddress = "" }) => {
    const headers = {
      "content-type": "application/json",
      "content-length": String(body.length),
      "user-agent": `sluice (${origin})`,
    };
    const exchange = new Exchange(gateway, {
      request: new Request("http://sluice.internal/", { method: "POST", headers, body }),
      endpoint: endpoints[endpoint],
      pathModel,
      resourceId: null,
      geminiVersion: "v1beta",
      query: endpoint === "gemini.streamGenerateContent" ? "?alt=sse" : "",
      clientAddress,
      internal: { origin, clientKeyId, pins },
    });
    if (signal.aborted) exchange.stop("client");
    else signal.addEventListener("abort", () => exchange.stop("client"), { once: true });
    // Not before the caller has the id: what is refused at once would be over before anybody listens for it.
    return { requestId: exchange.id, response: carryOut(exchange, Promise.resolve()) };
  };
}
