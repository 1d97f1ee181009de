import { type ProviderKind, QUIRKS, type Quirk } from "../llm/names.ts";
import type { LearnedQuirk, ProviderRow } from "../store/types.ts";

export interface QuirkInForce {
  readonly quirk: Quirk;
  readonly source: "configured" | "learned";
  /** Null for a configured one. */
  readonly learned: LearnedQuirk | null;
}

/**
 * The quirks that count, in the order of the list of all. A person has the last word: what is ignored counts for nothing, however it
 * was learned, and what is both configured and learned is the person's.
 */
export function quirksInForce(
  provider: Pick<ProviderRow, "quirks" | "ignoredQuirks" | "learnedQuirks">,
): readonly QuirkInForce[] {
  return QUIRKS.flatMap((quirk): readonly QuirkInForce[] => {
    if (provider.ignoredQuirks.includes(quirk)) return [];
    if (provider.quirks.includes(quirk)) return [{ quirk, source: "configured", learned: null }];
    const learned = provider.learnedQuirks.find((each) => each.quirk === quirk);
    return learned === undefined ? [] : [{ quirk, source: "learned", learned }];
  });
}

/** Quirks are ways to differ from OpenAI's chat API: whoever speaks another format has none. */
export function canHaveQuirks(kind: ProviderKind): boolean {
  return kind === "openai" || kind === "azure-openai" || kind === "openai-compatible";
}
