import { FILES } from "../llm/endpoints.ts";
import {
  ENDPOINTS,
  type EndpointId,
  PROVIDER_KINDS,
  type ProtocolId,
  type ProviderKind,
  type UpstreamEndpoint,
  type Wire,
} from "../llm/names.ts";
import type { LlmRequest } from "../llm/request.ts";
import type { ModelTraits } from "../llm/traits.ts";
import type { OperationId } from "../protocols/index.ts";
import { dialects } from "./index.ts";

/** How a kind of upstream serves an endpoint. */
export type Service =
  /** The client's bytes go up as they are; `bridge`: where requests go that this model refuses there. */
  | { readonly how: "native"; readonly bridge: Wire | null }
  /** Through the neutral model. */
  | { readonly how: "translated"; readonly wire: Wire; readonly bridge: Wire | null }
  /** No conversation, so past the neutral model: at this upstream's own endpoint of the same purpose (one of `asks`, by the model). */
  | { readonly how: "operation"; readonly id: OperationId; readonly wire: ProtocolId; readonly asks: Asks }
  /** Answered here, nobody is asked: this kind of upstream cannot count a foreign format's tokens. */
  | { readonly how: "estimated" }
  /** Answered here: what it is about is kept by us (responses of an upstream that keeps none, files). */
  | { readonly how: "kept" }
  | { readonly how: "refused"; readonly why: string };

type Asks = readonly [UpstreamEndpoint, ...UpstreamEndpoint[]];

/** The table that routing reads and that the documentation prints: complete, by endpoint and kind. */
export function serviceOf(endpoint: EndpointId, kind: ProviderKind): Service {
  return services[endpoint][kind];
}

/** Endpoints whose requests and answers the neutral model carries. */
export const CONVERSATIONS: ReadonlySet<EndpointId> = new Set([
  "chat.completions",
  "responses",
  "messages",
  "gemini.generateContent",
  "gemini.streamGenerateContent",
]);

/** Endpoints that count the tokens of a conversation. */
export const COUNTS: ReadonlySet<EndpointId> = new Set(["messages.count_tokens", "gemini.countTokens"]);

const KEPT: ReadonlySet<EndpointId> = new Set(["responses.get", "responses.delete", "responses.input_items"]);

/** What each kind speaks with clients of other formats. */
const WIRES: Readonly<Record<ProviderKind, Wire>> = {
  openai: "openai-chat",
  "azure-openai": "openai-chat",
  anthropic: "anthropic-messages",
  gemini: "gemini",
  coze: "coze",
  "openai-compatible": "openai-chat",
};

/** OpenAI's newer models take tools and reasoning together only at /responses (wire.md fact 2). */
const BRIDGES: Readonly<Partial<Record<ProviderKind, Wire>>> = {
  openai: "openai-responses",
  "azure-openai": "openai-responses",
};

/** Beside conversations: in which format an endpoint is asked that the upstream does not have, and for what. */
const OPERATIONS: Readonly<Record<OperationId, { readonly wire: ProtocolId; readonly asks: Asks }>> = {
  embeddings: { wire: "gemini", asks: ["gemini.batchEmbedContents"] },
  "audio.speech": { wire: "gemini", asks: ["gemini.generateContent"] },
  "images.generations": { wire: "gemini", asks: ["gemini.generateContent", "gemini.predict"] },
  "gemini.embedContent": { wire: "openai-chat", asks: ["embeddings"] },
  "gemini.batchEmbedContents": { wire: "openai-chat", asks: ["embeddings"] },
};

const services = Object.fromEntries(
  ENDPOINTS.map((endpoint) => [
    endpoint,
    Object.fromEntries(PROVIDER_KINDS.map((kind) => [kind, makeService(endpoint, kind)])),
  ]),
) as Record<EndpointId, Record<ProviderKind, Service>>;

function makeService(endpoint: EndpointId, kind: ProviderKind): Service {
  const bridge = BRIDGES[kind] ?? null;
  if (dialects[kind].native.has(endpoint)) {
    return { how: "native", bridge: endpoint === "chat.completions" ? bridge : null };
  }
  if (CONVERSATIONS.has(endpoint)) return { how: "translated", wire: WIRES[kind], bridge };
  if (FILES.has(endpoint)) return { how: "kept" };
  if (COUNTS.has(endpoint)) return { how: "estimated" };
  if (KEPT.has(endpoint)) return { how: "kept" };
  if (isOperation(endpoint) && OPERATIONS[endpoint].wire === WIRES[kind]) {
    return { how: "operation", id: endpoint, ...OPERATIONS[endpoint] };
  }
  return { how: "refused", why: refusal(endpoint, kind) };
}

function isOperation(endpoint: EndpointId): endpoint is OperationId {
  return endpoint in OPERATIONS;
}

/** Stands behind "cannot serve embeddings: ". */
function refusal(endpoint: EndpointId, kind: ProviderKind): string {
  if (endpoint === "responses.cancel") return "it does not work in the background";
  if (endpoint === "completions") return "it has no completions without a conversation";
  if (endpoint === "moderations") return "it does not classify texts";
  switch (kind) {
    case "coze":
      return "its bots only chat";
    case "anthropic":
      return "its models only take part in conversations";
    default:
      return "uploads are not translated";
  }
}

/**
 * Does a request of another format go to /responses? With tools or thinking, where this model needs it; with hosted tools always, since
 * chat completions run none (but for the search models, which only chat).
 */
export function needsResponses(
  { tools, hostedTools, reasoning }: Pick<LlmRequest, "tools" | "hostedTools" | "reasoning">,
  { model, traits }: { readonly model: string; readonly traits: ModelTraits },
): boolean {
  if (hostedTools.length > 0) return !/(?:^|-)search(?:-|$)/.test(model);
  return traits.toolsNeedResponses && (tools.length > 0 || reasoning !== null);
}

/** The fields of a chat request that decide whether it must leave chat completions. */
export interface ChatNeeds {
  readonly hasTools: boolean;
  /** `reasoning_effort`; null: the client said nothing. */
  readonly effort: string | null;
}

/**
 * Does a chat request leave its own endpoint? Only where this model would refuse it there: function tools while it reasons. A model
 * that takes sampling parameters and understands "none" does not reason unless asked to (GPT-5.4).
 */
export function leavesChat({ hasTools, effort }: ChatNeeds, traits: ModelTraits): boolean {
  if (!traits.toolsNeedResponses || !hasTools) return false;
  const canRest = traits.efforts.includes("none");
  if (effort === null) return !(canRest && traits.sampling);
  return effort !== "none" || !canRest;
}
