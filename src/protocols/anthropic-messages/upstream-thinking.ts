import { budgetOfEffort, fitEffort, wantedBudget, wantedEffort } from "../../llm/effort.ts";
import type { Effort, LlmRequest } from "../../llm/request.ts";
import type { ModelTraits } from "../../llm/traits.ts";
import { isForced } from "./upstream-tools.ts";

export interface EncodedThinking {
  readonly thinking?: Readonly<Record<string, unknown>>;
  /** For `output_config.effort`. */
  readonly effort?: Effort;
  readonly maxTokens: number;
  /** Thinking is on, which forbids sampling parameters (docs "Extended thinking", "Adaptive thinking"). */
  readonly forbidsSampling: boolean;
  /** The client asked for what this model cannot give now. */
  readonly isDropped: boolean;
}

/** Anthropic's least `budget_tokens` (typing ThinkingConfigEnabled). */
const LEAST_BUDGET = 1024;

/** `thinking`, the effort and `max_tokens`, which belong together: thoughts count toward the latter (wire.md 2.3). */
export function encodeThinking(request: LlmRequest, traits: ModelTraits): EncodedThinking {
  const maxTokens = Math.min(request.maxOutputTokens ?? traits.maxOutputTokens, traits.maxOutputTokens);
  const plain = { maxTokens, forbidsSampling: false, isDropped: false };
  const { reasoning } = request;
  if (reasoning === null) return plain;
  switch (traits.thinking) {
    case "adaptive":
      return { ...plain, ...adaptive(request, traits) };
    case "budget":
      return budgeted(request, traits, maxTokens);
    case "effort": {
      const effort = takenEffort(request, traits);
      return effort === null || effort === "none" ? plain : { ...plain, effort };
    }
    case "level":
    case "none": {
      const wanted = wantedEffort(reasoning);
      return { ...plain, isDropped: wanted !== null && wanted !== "none" };
    }
  }
}

function takenEffort({ reasoning }: LlmRequest, { efforts }: ModelTraits): Effort | null {
  const effort = fitEffort(wantedEffort(reasoning), efforts);
  return effort === "minimal" ? "low" : effort; // Anthropic's scale begins there (typing OutputConfig)
}

/** Claude decides how much; a forced call excludes thinking, the effort stays. */
function adaptive(request: LlmRequest, traits: ModelTraits): Partial<EncodedThinking> {
  const effort = takenEffort(request, traits);
  if (effort === "none") return { thinking: { type: "disabled" } };
  const asked = effort === null ? {} : { effort };
  // A model that always thinks is asked for its least.
  if (isForced(request.toolChoice) || wantedEffort(request.reasoning) === "none") return asked;
  const visible = request.reasoning?.visible ?? null;
  const display = visible === null ? {} : { display: visible ? "summarized" : "omitted" };
  return { ...asked, thinking: { type: "adaptive", ...display }, forbidsSampling: true };
}

function budgeted(request: LlmRequest, traits: ModelTraits, maxTokens: number): EncodedThinking {
  const wanted = askedBudget(request.reasoning);
  const plain = { maxTokens, forbidsSampling: false, isDropped: false };
  if (wanted === null) return plain;
  if (wanted === 0) return { ...plain, thinking: { type: "disabled" } };
  if (isForced(request.toolChoice) || lacksThoughts(request)) return { ...plain, isDropped: true };
  // A fifth is left for the answer; where the least budget does not fit, the client's tokens are for the answer alone.
  const room = Math.floor(maxTokens * 0.8);
  const budget = Math.max(LEAST_BUDGET, Math.min(wanted, room));
  const raised = room < LEAST_BUDGET ? Math.min(maxTokens + LEAST_BUDGET, traits.maxOutputTokens) : maxTokens;
  if (budget >= raised) return { ...plain, isDropped: true };
  return {
    thinking: { type: "enabled", budget_tokens: budget },
    maxTokens: raised,
    forbidsSampling: true,
    isDropped: false,
  };
}

/** Models up to Claude 4.5 think only when told to: a wish without an amount is a medium one. Null: there is no wish. */
function askedBudget(reasoning: LlmRequest["reasoning"]): number | null {
  const tokens = wantedBudget(reasoning);
  if (tokens !== null && tokens >= 0) return tokens;
  if (tokens === null && reasoning?.visible !== true) return null;
  return budgetOfEffort(reasoning?.effort ?? "medium");
}

/**
 * With a budget, the turn that a tool's result continues must begin with its signed thoughts, which stock OpenAI clients do not send
 * back; Anthropic then takes the request only without thinking. Adaptive thinking has no such rule (docs "Adaptive thinking").
 */
function lacksThoughts({ messages }: LlmRequest): boolean {
  const last = messages.findLastIndex(({ role }) => role !== "system" && role !== "developer");
  if (messages[last]?.role !== "tool") return false;
  const turn = messages.findLast(({ role }) => role === "assistant");
  if (turn?.role !== "assistant") return false;
  return !turn.parts.some((part) => part.type === "reasoning" && part.signature?.vendor === "anthropic");
}
