import type { Effort } from "../llm/request.ts";
import type { ModelTraits } from "../llm/traits.ts";

/**
 * What is known of models by their ids, newest first: the first row whose family and version fit counts, so that a newer model
 * of a known family is taken for the newest known one. Gathered on 2026-11-20; vendors' pages could not be called live.
 */
export interface ModelRow {
  /** Tested against the id in lower case. */
  readonly family: RegExp;
  /** The oldest version that this row holds for: 5.4 is [5, 4]. */
  readonly since: readonly [major: number, minor: number];
  readonly traits: ModelTraits;
}

const ALL_EFFORTS: readonly Effort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Nothing is known: whatever the client asks for is passed on as far as the format goes. */
const UNKNOWN: ModelTraits = {
  thinking: "effort",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 128_000,
  efforts: ["low", "medium", "high"],
  structuredOutput: true,
};

// --- Anthropic -------------------------------------------------------------------------------------------------------------
// Thinking, sampling, output limits and structured output: getModelCapabilities of ai@7.0.113 (wire.md [V]); effort levels:
// platform.claude.com/docs/en/build-with-claude/effort (max since 4.6, xhigh since Opus 4.7).

/** From Opus 4.7 and the fifth generation on. Sampling parameters are a 400. */
const CLAUDE_5: ModelTraits = {
  thinking: "adaptive",
  sampling: false,
  toolsNeedResponses: false,
  maxOutputTokens: 128_000,
  efforts: ["none", "low", "medium", "high", "xhigh", "max"],
  structuredOutput: true,
};

/** They refuse `thinking: {type: "disabled"}`: the least one can ask for is a low effort. */
const CLAUDE_ALWAYS_THINKING: ModelTraits = { ...CLAUDE_5, efforts: ["low", "medium", "high", "xhigh", "max"] };

/** The last one that takes sampling parameters; fixed budgets are taken too, adaptive thinking is advised. */
const CLAUDE_4_6: ModelTraits = { ...CLAUDE_5, sampling: true, efforts: ["none", "low", "medium", "high", "max"] };

const CLAUDE_4_5: ModelTraits = {
  thinking: "budget",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 64_000,
  efforts: ALL_EFFORTS, // each stands for a budget
  structuredOutput: true,
};

const CLAUDE_4: ModelTraits = { ...CLAUDE_4_5, structuredOutput: false };

const CLAUDE_3: ModelTraits = { ...CLAUDE_4, thinking: "none", efforts: [], maxOutputTokens: 4096 };

export const CLAUDE_ROWS: readonly ModelRow[] = [
  { family: /fable|mythos/, since: [0, 0], traits: CLAUDE_ALWAYS_THINKING },
  { family: /opus|sonnet/, since: [5, 5], traits: CLAUDE_ALWAYS_THINKING },
  { family: /opus/, since: [4, 7], traits: CLAUDE_5 },
  { family: /claude/, since: [5, 0], traits: CLAUDE_5 },
  { family: /claude/, since: [4, 6], traits: CLAUDE_4_6 },
  { family: /claude/, since: [4, 5], traits: CLAUDE_4_5 },
  { family: /opus/, since: [4, 1], traits: { ...CLAUDE_4_5, maxOutputTokens: 32_000 } },
  { family: /opus/, since: [4, 0], traits: { ...CLAUDE_4, maxOutputTokens: 32_000 } },
  { family: /claude/, since: [3, 7], traits: CLAUDE_4 },
  { family: /claude/, since: [3, 5], traits: { ...CLAUDE_3, maxOutputTokens: 8192 } },
  { family: /claude/, since: [0, 0], traits: CLAUDE_3 },
];

/** Others that offer an Anthropic endpoint (GLM, Kimi, DeepSeek, MiniMax …) follow its form of 2023 with fixed budgets. */
export const CLAUDE_LIKE: ModelTraits = { ...CLAUDE_4, maxOutputTokens: 32_000 };

// --- OpenAI ----------------------------------------------------------------------------------------------------------------
// Efforts: errors of the live API as quoted in public threads ("Supported values are: …": opencode#4451 for 5.1,
// pydantic-ai#7081 for 5.6, litellm-docs#1173 and bolna#1019 for gpt-6-astra; chat completions stop at xhigh there), earlier ones
// from the ReasoningEffort notes of @azure/ai-projects. Tools with effort: wire.md fact 2.

/** Before there was reasoning. */
const GPT_4: ModelTraits = {
  thinking: "none",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 16_384,
  efforts: [],
  structuredOutput: true,
};

const GPT_5: ModelTraits = {
  thinking: "effort",
  sampling: false,
  toolsNeedResponses: false,
  maxOutputTokens: 128_000,
  efforts: ["minimal", "low", "medium", "high"],
  structuredOutput: true,
};

/** They do not reason unless asked to, and take sampling parameters while they do not. */
const GPT_5_1: ModelTraits = { ...GPT_5, sampling: true, efforts: ["none", "low", "medium", "high"] };

const GPT_5_2: ModelTraits = { ...GPT_5_1, efforts: ["none", "low", "medium", "high", "xhigh"] };

const GPT_5_4: ModelTraits = { ...GPT_5_2, toolsNeedResponses: true };

const GPT_5_6: ModelTraits = {
  ...GPT_5_4,
  sampling: false,
  efforts: ["none", "low", "medium", "high", "xhigh", "max"],
};

const GPT_ALWAYS_REASONING: ModelTraits = { ...GPT_5_6, efforts: ["low", "medium", "high", "xhigh", "max"] };

/** Models made for /responses alone; chat completions refuse them altogether. */
export const RESPONSES_ONLY: ModelTraits = { ...GPT_5, toolsNeedResponses: true, efforts: ["low", "medium", "high"] };

const O_SERIES: ModelTraits = { ...GPT_5, maxOutputTokens: 100_000, efforts: ["low", "medium", "high"] };

export const GPT_ROWS: readonly ModelRow[] = [
  { family: /astra/, since: [6, 0], traits: GPT_ALWAYS_REASONING },
  // OpenAI's deployment checklist names gpt-6.1-sol beside gpt-6-astra: tools only on /responses, whatever the effort.
  { family: /gpt/, since: [6, 1], traits: GPT_ALWAYS_REASONING },
  { family: /gpt/, since: [5, 6], traits: GPT_5_6 },
  { family: /-pro/, since: [5, 4], traits: { ...RESPONSES_ONLY, efforts: ["medium", "high", "xhigh"] } },
  { family: /gpt/, since: [5, 5], traits: { ...GPT_5_4, sampling: false } },
  { family: /gpt/, since: [5, 4], traits: GPT_5_4 },
  { family: /-pro/, since: [5, 2], traits: { ...RESPONSES_ONLY, efforts: ["medium", "high", "xhigh"] } },
  { family: /-codex/, since: [5, 2], traits: { ...RESPONSES_ONLY, efforts: ["low", "medium", "high", "xhigh"] } },
  { family: /-chat/, since: [5, 1], traits: { ...GPT_5, efforts: ["medium"], maxOutputTokens: 16_384 } },
  { family: /gpt/, since: [5, 2], traits: GPT_5_2 },
  { family: /-codex-max/, since: [5, 1], traits: { ...RESPONSES_ONLY, efforts: ["low", "medium", "high", "xhigh"] } },
  { family: /-codex/, since: [5, 0], traits: RESPONSES_ONLY },
  { family: /gpt/, since: [5, 1], traits: GPT_5_1 },
  { family: /-pro/, since: [5, 0], traits: { ...RESPONSES_ONLY, efforts: ["high"] } },
  { family: /-chat/, since: [5, 0], traits: GPT_4 },
  { family: /gpt/, since: [5, 0], traits: GPT_5 },
  { family: /gpt/, since: [4, 5], traits: GPT_4 },
  { family: /gpt/, since: [4, 1], traits: { ...GPT_4, maxOutputTokens: 32_768 } },
  {
    family: /gpt-4o-2024-05-13|gpt-4-(?:turbo|1106|0125|vision)/,
    since: [4, 0],
    traits: { ...GPT_4, maxOutputTokens: 4096, structuredOutput: false },
  },
  { family: /4o/, since: [4, 0], traits: GPT_4 },
  { family: /gpt/, since: [4, 0], traits: { ...GPT_4, maxOutputTokens: 8192, structuredOutput: false } },
  { family: /gpt/, since: [0, 0], traits: { ...GPT_4, maxOutputTokens: 4096, structuredOutput: false } },
];

export const O_ROWS: readonly ModelRow[] = [
  {
    family: /o1-(?:mini|preview)/,
    since: [1, 0],
    traits: { ...O_SERIES, thinking: "none", efforts: [], structuredOutput: false },
  },
  { family: /-pro|deep-research/, since: [1, 0], traits: { ...O_SERIES, toolsNeedResponses: true } },
  { family: /o/, since: [1, 0], traits: O_SERIES },
];

export const OPENAI_UNKNOWN = UNKNOWN;

// --- Gemini ----------------------------------------------------------------------------------------------------------------
// thinkingLevel since 3, thinkingBudget for 2.5 (@google/genai ThinkingConfig; wire.md fact 5). Levels: ai.google.dev's thinking
// guide as quoted by its readers: 3 Pro low and high, 3.1 Pro medium too, Flash minimal too; Pro cannot be switched off.

const GEMINI_3: ModelTraits = {
  thinking: "level",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 65_536,
  efforts: ["minimal", "low", "medium", "high"],
  structuredOutput: true,
};

const GEMINI_2_5: ModelTraits = { ...GEMINI_3, thinking: "budget", efforts: ALL_EFFORTS };

const GEMINI_2: ModelTraits = { ...GEMINI_3, thinking: "none", efforts: [], maxOutputTokens: 8192 };

/** Which of the models that make pictures or speech can be told how much to think is not known. */
const GEMINI_MEDIA: ModelTraits = { ...GEMINI_2, maxOutputTokens: 32_768, structuredOutput: false };

export const GEMINI_ROWS: readonly ModelRow[] = [
  { family: /image|tts|audio|live|omni/, since: [0, 0], traits: GEMINI_MEDIA },
  { family: /pro/, since: [3, 1], traits: { ...GEMINI_3, efforts: ["low", "medium", "high"] } },
  { family: /pro/, since: [3, 0], traits: { ...GEMINI_3, efforts: ["low", "high"] } },
  { family: /gemini/, since: [3, 0], traits: GEMINI_3 },
  {
    family: /pro/,
    since: [2, 5],
    traits: { ...GEMINI_2_5, efforts: ALL_EFFORTS.filter((effort) => effort !== "none") },
  },
  { family: /gemini/, since: [2, 5], traits: GEMINI_2_5 },
  { family: /gemini/, since: [0, 0], traits: GEMINI_2 },
];

/** Gemma and others that Google serves beside Gemini. */
export const GEMINI_UNKNOWN: ModelTraits = { ...GEMINI_2, structuredOutput: false };

// --- the others ------------------------------------------------------------------------------------------------------------

/** Whoever copies OpenAI's chat API: `reasoning_effort` is passed on, everything else is a matter of quirks. */
export const COMPATIBLE = UNKNOWN;

/** The bot's own settings rule. */
export const COZE: ModelTraits = {
  thinking: "none",
  sampling: false,
  toolsNeedResponses: false,
  maxOutputTokens: 4096,
  efforts: [],
  structuredOutput: false,
};
