import { GatewayError } from "../errors.ts";
import { errorHeaders } from "../gateway/answer-headers.ts";
import type { Gateway, Incoming } from "../gateway/gateway.ts";
import { handle } from "../gateway/handle.ts";
import { answerModels } from "../gateway/models.ts";
import { newId } from "../lib/id.ts";
import { FILES } from "../llm/endpoints.ts";
import type { ProtocolId } from "../llm/names.ts";
import { protocols } from "../protocols/index.ts";
import { type EndpointMatch, matchPath, type PathMatch } from "./paths.ts";

/** Everything under /v1, /v1beta and /openai. `path` and `query` are already cut from the URL. */
export function serveDataPlane(
  gateway: Gateway,
  request: Request,
  path: string,
  query: string,
  address: string,
): Response | Promise<Response> {
  let match: PathMatch | null;
  try {
    match = matchPath(request.method, path);
  } catch {
    match = null; // a broken escape in the path
  }
  switch (match?.kind) {
    case "endpoint":
      if (FILES.has(match.endpoint.id)) return answerFiles(gateway, incomingOf(request, match, query, address));
      return handle(gateway, incomingOf(request, match, query, address));
    case "models":
      return answerModels(
        gateway,
        incomingOf(request, modelsEndpoint(request, match.gemini), query, address),
        match.model,
      );
    case "method":
      return refuse(
        protocolOf(path, request),
        new GatewayError("invalid_request", 405, `Use ${match.allow} for this path.`, {
          code: "method_not_allowed",
          headers: { allow: match.allow },
        }),
      );
    default:
      return refuse(
        protocolOf(path, request),
        new GatewayError("not_found", 404, "This gateway has no such path. See the README for the paths it serves.", {
          code: "unknown_path",
        }),
      );
  }
}

function incomingOf(request: Request, match: EndpointMatch, query: string, clientAddress: string): Incoming {
  return {
    request,
    endpoint: match.endpoint,
    pathModel: match.pathModel,
    resourceId: match.resourceId,
    geminiVersion: match.geminiVersion,
    query,
    clientAddress,
    internal: null,
  };
}

/** Three protocols share GET /models; the headers tell them apart (clients.md). */
function modelsEndpoint(request: Request, gemini: boolean): EndpointMatch {
  const protocol = gemini || request.headers.has("x-goog-api-key") ? "gemini" : protocolOf("/v1/models", request);
  return {
    kind: "endpoint",
    endpoint: { id: "chat.completions", protocol, method: "GET", body: "none", billed: false },
    pathModel: null,
    resourceId: null,
    geminiVersion: "v1beta",
  };
}

/** Loaded with the first of them: most gateways see none. Two protocols share the path, the headers tell them apart. */
async function answerFiles(gateway: Gateway, incoming: Incoming): Promise<Response> {
  const { serveFiles } = await import("../gateway/files/serve.ts");
  const isAnthropic = protocolOf("/v1/files", incoming.request) === "anthropic-messages";
  const protocol = isAnthropic ? "anthropic-messages" : "openai-chat";
  return serveFiles(gateway, { ...incoming, endpoint: { ...incoming.endpoint, protocol } });
}

/** The caller's format, for answers that no endpoint gives. */
function protocolOf(path: string, request: Request): ProtocolId {
  if (path.startsWith("/v1beta/") || request.headers.has("x-goog-api-key") || /\/models\/[^/]+:[A-Za-z]+$/.test(path)) {
    return "gemini";
  }
  if (path.startsWith("/v1/messages") || request.headers.has("anthropic-version")) return "anthropic-messages";
  return "openai-chat";
}

function refuse(protocol: ProtocolId, error: GatewayError): Response {
  const id = newId("req");
  return new Response(protocols[protocol].encodeError(error, id), {
    status: error.status,
    headers: errorHeaders(id, error, protocol === "anthropic-messages"),
  });
}
