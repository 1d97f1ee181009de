import { type Endpoint, endpoints } from "../llm/endpoints.ts";
import type { EndpointId } from "../llm/names.ts";

/** What a data-plane path stands for. */
export type PathMatch =
  | {
      readonly kind: "endpoint";
      readonly endpoint: Endpoint;
      readonly pathModel: string | null;
      readonly resourceId: string | null;
      readonly geminiVersion: "v1" | "v1beta";
    }
  | { readonly kind: "models"; readonly model: string | null; readonly gemini: boolean }
  /** The path is known, the method is not. */
  | { readonly kind: "method"; readonly allow: string; readonly endpoint: Endpoint };
export type EndpointMatch = Extract<PathMatch, { kind: "endpoint" }>;

/** Paths below /v1 that name no model, OpenAI's and Anthropic's, and what they mostly stand for. */
const FIXED: ReadonlyMap<string, EndpointId> = new Map([
  ["chat/completions", "chat.completions"],
  ["completions", "completions"],
  ["embeddings", "embeddings"],
  ["images/generations", "images.generations"],
  ["images/edits", "images.edits"],
  ["audio/speech", "audio.speech"],
  ["audio/transcriptions", "audio.transcriptions"],
  ["audio/translations", "audio.translations"],
  ["moderations", "moderations"],
  ["responses", "responses"],
  ["messages", "messages"],
  ["messages/count_tokens", "messages.count_tokens"],
]);

/** Paths whose method decides what is asked; most name a thing by its id. */
const RESOURCES: readonly (readonly [RegExp, Readonly<Partial<Record<string, EndpointId>>>])[] = [
  [/^responses\/([^/]+)$/, { GET: "responses.get", DELETE: "responses.delete" }],
  [/^files\/?$/, { POST: "files.create", GET: "files.list" }],
  [/^files\/([^/]+)$/, { GET: "files.get", DELETE: "files.delete" }],
  [/^files\/([^/]+)\/content$/, { GET: "files.content" }],
  [/^responses\/([^/]+)\/cancel$/, { POST: "responses.cancel" }],
  [/^responses\/([^/]+)\/input_items$/, { GET: "responses.input_items" }],
];

const GEMINI = /^models\/(.+):([A-Za-z]+)$/;
const MODEL = /^models\/(.+)$/;
const AZURE_DEPLOYMENT = /^deployments\/([^/]+)\/(.+)$/;

/** Those by the whole path: most requests are found without cutting it. */
const WHOLE: ReadonlyMap<string, EndpointMatch> = new Map(
  Array.from(FIXED, ([rest, id]) => [`/v1/${rest}`, matchOf(id, null, null, "v1")]),
);

/** Null: no such path. `path` begins with /v1/, /v1beta/ or /openai/. Throws URIError on a broken escape. */
export function matchPath(method: string, path: string): PathMatch | null {
  const usual = WHOLE.get(path);
  if (usual !== undefined && method === usual.endpoint.method) return usual;
  if (path.startsWith("/v1/")) return matchV1(method, path.slice(4)) ?? matchGemini(method, path.slice(4), "v1");
  if (path.startsWith("/v1beta/")) return matchGemini(method, path.slice(8), "v1beta");
  if (path.startsWith("/openai/v1/")) return matchV1(method, path.slice(11));
  if (path.startsWith("/openai/")) return matchAzure(method, path.slice(8));
  return null;
}

function matchV1(method: string, rest: string, pathModel: string | null = null): PathMatch | null {
  const fixed = FIXED.get(rest);
  if (fixed !== undefined) return found(method, fixed, pathModel, null, "v1");
  for (const [pattern, methods] of RESOURCES) {
    const match = pathModel === null ? pattern.exec(rest) : null;
    if (match === null) continue;
    const endpoint = methods[method];
    const id = match[1] === undefined ? null : decodeURIComponent(match[1]);
    if (endpoint !== undefined) return found(method, endpoint, null, id, "v1");
    return { kind: "method", allow: Object.keys(methods).join(", "), endpoint: endpoints[Object.values(methods)[0]!] };
  }
  if (rest === "models" || rest === "models/") return models(method, null, false);
  const model = verbOf(rest) === null ? MODEL.exec(rest)?.[1] : undefined;
  return model === undefined ? null : models(method, decodeURIComponent(model), false);
}

function matchGemini(method: string, rest: string, version: "v1" | "v1beta"): PathMatch | null {
  const verb = verbOf(rest);
  if (verb !== null) return found(method, verb.endpoint, decodeURIComponent(verb.model), null, version);
  if (rest === "models" || rest === "models/") return models(method, null, true);
  const model = MODEL.exec(rest)?.[1];
  return model === undefined ? null : models(method, decodeURIComponent(model), true);
}

/** "models/{model}:{verb}" with a verb of ours; a model's name may hold colons itself ("llama3:latest"). */
function verbOf(rest: string): { readonly model: string; readonly endpoint: EndpointId } | null {
  const call = GEMINI.exec(rest);
  const endpoint = `gemini.${call?.[2]}` as EndpointId;
  return call === null || endpoints[endpoint] === undefined ? null : { model: call[1]!, endpoint };
}

/** Azure's SDK names the deployment, which is our model, in the path. */
function matchAzure(method: string, rest: string): PathMatch | null {
  const deployment = AZURE_DEPLOYMENT.exec(rest);
  if (deployment !== null) return matchV1(method, deployment[2]!, decodeURIComponent(deployment[1]!));
  return rest === "models" || /^(?:responses|files)(?:\/|$)/.test(rest) ? matchV1(method, rest) : null;
}

function found(
  method: string,
  id: EndpointId,
  pathModel: string | null,
  resourceId: string | null,
  geminiVersion: "v1" | "v1beta",
): PathMatch {
  const endpoint = endpoints[id];
  if (method !== endpoint.method) return { kind: "method", allow: endpoint.method, endpoint };
  return matchOf(id, pathModel, resourceId, geminiVersion);
}

function matchOf(
  id: EndpointId,
  pathModel: string | null,
  resourceId: string | null,
  geminiVersion: "v1" | "v1beta",
): EndpointMatch {
  return { kind: "endpoint", endpoint: endpoints[id], pathModel, resourceId, geminiVersion };
}

function models(method: string, model: string | null, gemini: boolean): PathMatch | null {
  if (model !== null && method === "POST" && model.includes(":")) return null; // a verb that is not ours
  if (method !== "GET" && method !== "HEAD") {
    return { kind: "method", allow: "GET", endpoint: endpoints["chat.completions"] };
  }
  return { kind: "models", model, gemini };
}
