import type { Effort, TraitOverrides } from "./documents.ts";

/** "": as Sluice knows the model. */
export type Claim = "" | "YES" | "NO";

export interface TraitDraft {
  thinking: NonNullable<TraitOverrides["thinking"]> | "";
  sampling: Claim;
  structuredOutput: Claim;
  toolsNeedResponses: Claim;
  maxOutputTokens: string;
  /** None: as Sluice knows the model. */
  efforts: readonly Effort[];
}

export const EFFORTS = [
  "NONE",
  "MINIMAL",
  "LOW",
  "MEDIUM",
  "HIGH",
  "XHIGH",
  "MAX",
] as const satisfies readonly Effort[];

export const NO_OVERRIDES: TraitDraft = {
  thinking: "",
  sampling: "",
  structuredOutput: "",
  toolsNeedResponses: "",
  maxOutputTokens: "",
  efforts: [],
};

export function traitDraftOf(traits: TraitOverrides | null): TraitDraft {
  if (traits === null) return NO_OVERRIDES;
  return {
    thinking: traits.thinking ?? "",
    sampling: claimOf(traits.sampling),
    structuredOutput: claimOf(traits.structuredOutput),
    toolsNeedResponses: claimOf(traits.toolsNeedResponses),
    maxOutputTokens: traits.maxOutputTokens?.toString() ?? "",
    efforts: traits.efforts ?? [],
  };
}

/** As the API takes it; null when nothing is overridden. */
export function toTraitInput(draft: TraitDraft) {
  if (countOverrides(draft) === 0) return null;
  const tokens = draft.maxOutputTokens.trim();
  return {
    thinking: draft.thinking || null,
    sampling: toBoolean(draft.sampling),
    structuredOutput: toBoolean(draft.structuredOutput),
    toolsNeedResponses: toBoolean(draft.toolsNeedResponses),
    maxOutputTokens: tokens === "" ? null : Math.trunc(Number(tokens)),
    efforts: draft.efforts.length > 0 ? EFFORTS.filter((effort) => draft.efforts.includes(effort)) : null,
  };
}

export function countOverrides(draft: TraitDraft): number {
  const { efforts, maxOutputTokens, ...choices } = draft;
  const chosen = Object.values(choices).filter((choice) => choice !== "").length;
  return chosen + (efforts.length > 0 ? 1 : 0) + (maxOutputTokens.trim() === "" ? 0 : 1);
}

const claimOf = (value: boolean | null): Claim => (value === null ? "" : value ? "YES" : "NO");
const toBoolean = (claim: Claim) => (claim === "" ? null : claim === "YES");
