import { splitWords } from "../../components/tags.tsx";
import type { Model } from "./documents.ts";
import { NO_OVERRIDES, type TraitDraft, toTraitInput, traitDraftOf } from "./trait-form.ts";

export interface TargetDraft {
  providerId: string;
  upstreamModel: string;
  priority: string;
  weight: string;
  enabled: boolean;
  traits: TraitDraft;
}

/** Text as it is typed. */
export interface ModelDraft {
  name: string;
  /** Empty: as the name. */
  displayName: string;
  aliases: string;
  description: string;
  enabled: boolean;
  capabilities: Model["capabilities"];
  contextWindow: string;
  maxOutputTokens: string;
  targets: TargetDraft[];
  /** False: the bundled list's price, when it has one. */
  hasOwnPrice: boolean;
  input: string;
  output: string;
  cacheRead: string;
  cacheWrite: string;
  /** Empty: as `output`. */
  reasoning: string;
  perRequest: string;
}

/** `name`: of a new model, where something has already called it. */
export function draftOf(model: Model | undefined, firstProviderId: string, name = ""): ModelDraft {
  const own = model?.price?.source === "MANUAL" ? model.price : null;
  return {
    name: model?.name ?? name,
    displayName: model && model.displayName !== model.name ? model.displayName : "",
    aliases: model?.aliases.join(", ") ?? "",
    description: model?.description ?? "",
    enabled: model?.enabled ?? true,
    capabilities: [...(model?.capabilities ?? [])],
    contextWindow: model?.contextWindow?.toString() ?? "",
    maxOutputTokens: model?.maxOutputTokens?.toString() ?? "",
    targets: model
      ? model.targets.map((each) => ({
          providerId: each.providerId,
          upstreamModel: each.upstreamModel,
          priority: String(each.priority),
          weight: String(each.weight),
          enabled: each.enabled,
          traits: traitDraftOf(each.traits),
        }))
      : [emptyTarget(firstProviderId)],
    hasOwnPrice: own !== null,
    input: own?.input ?? "",
    output: own?.output ?? "",
    cacheRead: own?.cacheRead ?? "",
    cacheWrite: own?.cacheWrite ?? "",
    reasoning: own && own.reasoning !== own.output ? own.reasoning : "",
    perRequest: own?.perRequest ?? "",
  };
}

export function emptyTarget(providerId: string, priority = 0): TargetDraft {
  return {
    providerId,
    upstreamModel: "",
    priority: String(priority),
    weight: "1",
    enabled: true,
    traits: NO_OVERRIDES,
  };
}

/** The draft as the API takes it. A target without an upstream model asks for the model by its own name. */
export function toModelInput(draft: ModelDraft) {
  const text = (value: string) => value.trim() || null;
  const whole = (value: string) => (value.trim() === "" ? null : Math.trunc(Number(value)));
  return {
    name: draft.name.trim(),
    displayName: text(draft.displayName),
    aliases: splitWords(draft.aliases),
    description: text(draft.description),
    enabled: draft.enabled,
    capabilities: [...draft.capabilities],
    contextWindow: whole(draft.contextWindow),
    maxOutputTokens: whole(draft.maxOutputTokens),
    price: draft.hasOwnPrice
      ? {
          input: draft.input.trim() || "0",
          output: draft.output.trim() || "0",
          cacheRead: text(draft.cacheRead),
          cacheWrite: text(draft.cacheWrite),
          reasoning: text(draft.reasoning),
          perRequest: text(draft.perRequest),
        }
      : null,
    targets: draft.targets.map((each) => ({
      providerId: each.providerId,
      upstreamModel: each.upstreamModel.trim() || draft.name.trim(),
      priority: whole(each.priority) ?? 0,
      weight: whole(each.weight) ?? 1,
      enabled: each.enabled,
      traits: toTraitInput(each.traits),
    })),
  };
}
