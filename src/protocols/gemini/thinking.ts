import { fitEffort, wantedBudget, wantedEffort } from "../../llm/effort.ts";
import type { Reasoning } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";

const LEVELS = ["minimal", "low", "medium", "high"] as const;

/** `thinkingConfig`, or null when there is nothing to say. An error upstream when it is set for a model without thinking. */
export function thinkingConfig(reasoning: Reasoning, target: UpstreamTarget): Record<string, unknown> | null {
  const { thinking } = target.traits;
  if (thinking !== "level" && thinking !== "budget") return null;
  const amount = thinking === "level" ? level(reasoning, target) : budget(reasoning, target);
  const isOff = reasoning.effort === "none";
  const includeThoughts = isOff || reasoning.visible === false ? {} : { includeThoughts: true };
  const config = { ...amount, ...includeThoughts };
  return Object.keys(config).length === 0 ? null : config;
}

/** Gemini 3 cannot be told not to think: "none" is its lowest level. */
function level(reasoning: Reasoning, { traits }: UpstreamTarget): { thinkingLevel?: string } {
  const taken = LEVELS.filter((each) => traits.efforts.includes(each));
  const found = fitEffort(wantedEffort(reasoning), taken.length === 0 ? LEVELS : taken, "higher");
  return found === null ? {} : { thinkingLevel: found.toUpperCase() };
}

/** Gemini 2.5 counts in tokens. */
function budget(reasoning: Reasoning, target: UpstreamTarget): { thinkingBudget?: number } {
  const wanted = wantedBudget(reasoning);
  if (wanted === null) return {};
  if (wanted < 0) return { thinkingBudget: -1 };
  const { least, most } = budgetRange(target);
  return { thinkingBudget: Math.min(most, Math.max(least, wanted)) };
}

/** Gemini 2.5 Pro thinks with 128 to 32,768 tokens, Flash with up to 24,576 or not at all (ai.google.dev thinking). */
function budgetRange({ model, traits }: UpstreamTarget): { least: number; most: number } {
  const isPro = /\bpro\b/.test(model);
  return { least: isPro || !traits.efforts.includes("none") ? 128 : 0, most: isPro ? 32_768 : 24_576 };
}
