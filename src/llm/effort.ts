import { EFFORTS, type Effort, type Reasoning } from "./request.ts";

/**
 * How much a model should think, as words and as tokens: one ladder for all formats. The steps up to high are those of Google's own
 * OpenAI-compatible endpoint (ai.google.dev/gemini-api/docs/openai: minimal and low 1,024, medium 8,192, high 24,576). It ends
 * there: xhigh and max are ours, twice high and what Claude 4.5 can give at all (64,000 tokens of output), so that Claude Code's
 * budget of 31,999, which it sends for everything, stays high.
 */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 49_152,
  max: 64_000,
};

/** What an upstream that counts thinking in tokens is asked for. */
export function budgetOfEffort(effort: Effort): number {
  return BUDGETS[effort];
}

/** The step that comes nearest; of two that come equally near, the higher one. A few tokens are still more than none. */
export function effortOfBudget(tokens: number): Effort {
  if (tokens <= 0) return "none";
  let nearest: Effort = "minimal";
  for (const effort of EFFORTS) {
    if (effort === "none") continue;
    if (Math.abs(BUDGETS[effort] - tokens) <= Math.abs(BUDGETS[nearest] - tokens)) nearest = effort;
  }
  return nearest;
}

/** The client's wish in words; null when it leaves that to the model (a budget of -1, or nothing at all). */
export function wantedEffort(reasoning: Reasoning | null): Effort | null {
  if (reasoning === null) return null;
  const { effort, budgetTokens } = reasoning;
  if (effort !== null) return effort;
  return budgetTokens === null || budgetTokens < 0 ? null : effortOfBudget(budgetTokens);
}

/** The client's wish in tokens: its own number, or the step of its effort; null as above, -1 when it says so itself. */
export function wantedBudget(reasoning: Reasoning | null): number | null {
  if (reasoning === null) return null;
  const { effort, budgetTokens } = reasoning;
  if (effort === "none") return 0;
  return budgetTokens ?? (effort === null ? null : BUDGETS[effort]);
}

/**
 * The effort an upstream is asked for, of those it knows; null when the client leaves it to the model, or nothing is known. What it
 * does not know becomes the next lower one, or the next higher one as Google does it (medium is high on Gemini 3 Pro), or else the
 * outermost; only a client that wants no thinking gets "none".
 */
export function fitEffort(
  wanted: Effort | null,
  known: readonly Effort[],
  towards: "lower" | "higher" = "lower",
): Effort | null {
  if (wanted === null || known.includes(wanted)) return wanted;
  const steps = EFFORTS.filter((each) => each !== "none" && known.includes(each));
  const rank = EFFORTS.indexOf(wanted);
  const isBelow = (each: Effort) => EFFORTS.indexOf(each) < rank;
  if (towards === "lower") return steps.findLast(isBelow) ?? steps[0] ?? null;
  return steps.find((each) => !isBelow(each)) ?? steps.at(-1) ?? null;
}
