import type { ModelCapability } from "../../llm/model-capabilities.ts";
import { priceFor } from "../../policy/pricing.ts";
import { capabilitiesByName, listsModels, modelListUrl, readModelList } from "../../providers/model-list.ts";
import { smallestCall } from "../../providers/smallest-call.ts";
import type { ProviderEntry } from "../../snapshot.ts";
import type { Control } from "../control.ts";

/** Something that only a good key is answered, and how that answer looks. */
export interface KeyQuestion {
  readonly url: string;
  readonly body?: object;
  /** Whom a failure concerns besides the key; null: nobody. */
  readonly model: string | null;
  /** Ends the sentence "accepted: ". */
  readonly proof: string;
  isAnswered(json: unknown): boolean;
}

/** What costs nothing. */
export function freeQuestion(provider: ProviderEntry): KeyQuestion {
  const { kind, baseUrl } = provider;
  // Everybody may read OpenRouter's list of models: what its key may do only the key itself.
  if (URL.parse(baseUrl)?.host === "openrouter.ai") {
    return { url: `${baseUrl}/key`, model: null, proof: "the vendor told its limits", isAnswered: isObject };
  }
  if (!listsModels(kind)) {
    const isAnswered = (json: unknown) => isObject(json) && (json as { code?: unknown }).code === 0;
    return { url: `${baseUrl}/v1/users/me`, model: null, proof: "the vendor told whose it is", isAnswered }; // Coze
  }
  const isAnswered = (json: unknown) => readModelList(kind, json) !== null;
  return { url: modelListUrl(provider, null), model: null, proof: "the vendor listed its models", isAnswered };
}

/** The least that costs something: of the provider's models that are in use, the cheapest is asked. Null: there is none to ask. */
export async function cheapestQuestion(control: Control, provider: ProviderEntry): Promise<KeyQuestion | null> {
  const found: { readonly model: string; readonly purpose: "chat" | "embedding"; readonly price: number }[] = [];
  for (const { enabled, capabilities, price: modelPrice, targets } of (await control.rows.models()).values()) {
    for (const { providerId, enabled: isUsed, upstreamModel } of enabled ? targets : []) {
      const named = capabilities.length > 0 ? capabilities : capabilitiesByName(upstreamModel);
      const purpose = purposeOf(named ?? ["CHAT"]);
      if (providerId !== provider.id || !isUsed || purpose === null) continue;
      const { kind, baseUrl } = provider;
      const price = priceFor({ modelPrice, kind, upstreamModel, usage: null, atMs: control.now(), baseUrl });
      // One whose price nobody knows may be dear.
      const cost = price === null ? Number.POSITIVE_INFINITY : price.input + price.output;
      found.push({ model: upstreamModel, purpose, price: cost });
    }
  }
  const [cheapest] = found.sort((left, right) => left.price - right.price || (left.model < right.model ? -1 : 1));
  const call = cheapest === undefined ? null : smallestCall(provider, cheapest.model, cheapest.purpose);
  if (cheapest === undefined || call === null) return null;
  const { model, purpose } = cheapest;
  const proof = purpose === "chat" ? `${model} answered one token` : `${model} embedded one word`;
  return { ...call, model, proof, isAnswered: hasAnswer };
}

function purposeOf(capabilities: readonly (ModelCapability | string)[]): "chat" | "embedding" | null {
  if (capabilities.includes("CHAT")) return "chat";
  return capabilities.includes("EMBEDDING") ? "embedding" : null;
}

function isObject(json: unknown): boolean {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Of OpenAI's chat and embeddings, of Anthropic's messages, of Gemini's both. */
const ANSWERS = ["choices", "data", "content", "candidates", "embedding"];

/** Some vendors answer 200 with an error in it, and portals answer anything with a page. */
function hasAnswer(json: unknown): boolean {
  return isObject(json) && !("error" in (json as object)) && ANSWERS.some((name) => name in (json as object));
}
