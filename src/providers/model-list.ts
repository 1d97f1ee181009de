import * as z from "zod/mini";
import type { ModelCapability, OfferedModel } from "../llm/model-capabilities.ts";
import type { ProviderKind } from "../llm/names.ts";
import type { ModelTraits } from "../llm/traits.ts";
import type { ProviderAddress } from "./dialect.ts";
import { isBareAddress } from "./openai.ts";
import { traitsOf } from "./traits.ts";

export interface ModelListPage {
  readonly models: readonly OfferedModel[];
  /** What asks for the next page; null: this was the last. */
  readonly next: string | null;
}

/** Coze's bots are no list of models. */
export function listsModels(kind: ProviderKind): boolean {
  return kind !== "coze";
}

/** Where a provider is asked what it offers. Azure: its deployments, by the one version of its API that lists them. */
export function modelListUrl(provider: ProviderAddress, after: string | null): string {
  const { kind, baseUrl } = provider;
  const from = after === null ? "" : encodeURIComponent(after);
  switch (kind) {
    case "anthropic":
      return `${baseUrl}/v1/models?limit=1000${from && `&after_id=${from}`}`;
    case "gemini":
      return `${baseUrl}/v1beta/models?pageSize=1000${from && `&pageToken=${from}`}`;
    case "azure-openai":
      return `${baseUrl}/openai/deployments?api-version=2023-03-15-preview`;
    default:
      return `${baseUrl}${isBareAddress(provider) ? "/v1" : ""}/models`;
  }
}

/** Null when this is no list of models. What one entry says beyond its name is taken where it can be read. */
export function readModelList(kind: ProviderKind, json: unknown): ModelListPage | null {
  // Together answers the bare list.
  const list = z.safeParse(listShape, Array.isArray(json) ? { data: json } : json).data;
  const entries = list?.data ?? list?.models;
  if (list === undefined || entries === undefined) return null;
  const models = entries.flatMap((entry) => {
    const read = z.safeParse(entryShape, entry).data;
    return read === undefined ? [] : (toModel(kind, read) ?? []);
  });
  const hasMore = list.has_more === true && list.last_id != null;
  return { models, next: list.nextPageToken || (hasMore ? list.last_id! : null) };
}

const text = z.catch(z.nullish(z.string()), null);
const texts = z.catch(z.nullish(z.array(z.string())), null);
const count = z.catch(z.nullish(z.int().check(z.gte(1), z.lte(1_000_000_000))), null);

const listShape = z.object({
  data: z.optional(z.array(z.unknown())),
  models: z.optional(z.array(z.unknown())),
  has_more: z.catch(z.nullish(z.boolean()), null),
  last_id: text,
  nextPageToken: text,
});

/** The fields of all vendors: each has its own few. */
const entryShape = z.object({
  id: text,
  name: text,
  display_name: text,
  displayName: text,
  // OpenRouter, Groq, vLLM, Anthropic, Gemini.
  context_length: count,
  context_window: count,
  max_model_len: count,
  max_input_tokens: count,
  inputTokenLimit: count,
  max_completion_tokens: count,
  max_tokens: count,
  outputTokenLimit: count,
  // Gemini.
  supportedGenerationMethods: texts,
  // OpenRouter.
  supported_parameters: texts,
  architecture: z.catch(z.nullish(z.object({ input_modalities: texts, output_modalities: texts })), null),
  // Azure.
  status: text,
});
type Entry = z.infer<typeof entryShape>;

/** Longer names are nobody's. */
const LONGEST_NAME = 200;

function toModel(kind: ProviderKind, entry: Entry): OfferedModel | null {
  const id = (kind === "gemini" ? entry.name : entry.id)?.replace(/^models\//, "");
  if (!id || id.length > LONGEST_NAME || /[\s*\p{C}]/u.test(id)) return null;
  if (kind === "azure-openai" && entry.status != null && entry.status !== "succeeded") return null;
  const own = kind === "gemini" ? entry.displayName : (entry.display_name ?? entry.name);
  return {
    id,
    displayName: own && own !== id ? own.slice(0, LONGEST_NAME) : null,
    contextWindow:
      entry.context_length ??
      entry.context_window ??
      entry.max_model_len ??
      entry.inputTokenLimit ??
      entry.max_input_tokens ??
      null,
    maxOutputTokens:
      entry.outputTokenLimit ?? entry.max_completion_tokens ?? (kind === "anthropic" ? entry.max_tokens : null) ?? null,
    capabilities: capabilitiesOf(kind, id, entry),
  };
}

/** Names tell what is no conversation, at every vendor alike. */
const BY_NAME: readonly (readonly [RegExp, readonly ModelCapability[]])[] = [
  [/embed|(?:^|[/-])bge-|rerank/i, ["EMBEDDING"]],
  [/(?:^|[/-])tts(?:-|$)|speech/i, ["TTS"]],
  [/whisper|transcribe/i, ["TRANSCRIPTION"]],
  [/dall-e|gpt-image|imagen|stable-diffusion|flux/i, ["IMAGE"]],
  [/moderation/i, []],
];

function capabilitiesOf(kind: ProviderKind, id: string, entry: Entry): readonly ModelCapability[] {
  const methods = entry.supportedGenerationMethods;
  if (methods?.includes("embedContent")) return ["EMBEDDING"];
  if (methods?.includes("predict")) return ["IMAGE"];
  const named = capabilitiesByName(id);
  if (named !== null) return named;
  const traits = knownTraits(kind, id);
  const inputs = entry.architecture?.input_modalities ?? [];
  const parameters = entry.supported_parameters ?? [];
  const found: (ModelCapability | false)[] = [
    "CHAT",
    inputs.includes("image") && "VISION",
    inputs.includes("audio") && "AUDIO_IN",
    parameters.includes("tools") && "TOOLS",
    (parameters.includes("reasoning") || (traits?.efforts.length ?? 0) > 0) && "REASONING",
    (parameters.includes("structured_outputs") || traits?.structuredOutput === true) && "JSON_SCHEMA",
    "STREAMING",
  ];
  return found.filter((each) => each !== false);
}

/** Of what is plainly no conversation; null for all others. */
export function capabilitiesByName(id: string): readonly ModelCapability[] | null {
  return BY_NAME.find(([pattern]) => pattern.test(id))?.[1] ?? null;
}

/** Null for a model that the table of traits only has a guess for. */
function knownTraits(kind: ProviderKind, id: string): ModelTraits | null {
  const traits = traitsOf(kind, id);
  return traits === traitsOf(kind, "") ? null : traits;
}
