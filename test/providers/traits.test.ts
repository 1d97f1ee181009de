import { describe, expect, test } from "bun:test";
import type { ProviderKind } from "../../src/llm/names.ts";
import { EFFORTS } from "../../src/llm/request.ts";
import type { ModelTraits } from "../../src/llm/traits.ts";
import { CLAUDE_ROWS, GEMINI_ROWS, GPT_ROWS, O_ROWS } from "../../src/providers/model-table.ts";
import { overrideTraits, traitsOf } from "../../src/providers/traits.ts";

/** thinking, s(ampling), r(esponses for tools), j(son schema), most output tokens, efforts by their first letters. */
function inShort({
  thinking,
  sampling,
  toolsNeedResponses,
  structuredOutput,
  maxOutputTokens,
  efforts,
}: ModelTraits): string {
  const letters = { none: "0", minimal: "i", low: "l", medium: "m", high: "h", xhigh: "x", max: "M" };
  const flags = `${sampling ? "s" : "-"}${toolsNeedResponses ? "r" : "-"}${structuredOutput ? "j" : "-"}`;
  return `${thinking} ${flags} ${maxOutputTokens} ${efforts.map((effort) => letters[effort]).join("")}`.trim();
}

const NEW = "adaptive --j 128000 0lmhxM";
const ALWAYS = "adaptive --j 128000 lmhxM";
const BUDGET = "budget s-j 64000 0ilmhxM";
const UNKNOWN = "effort s-j 128000 lmh";

const table: [kind: ProviderKind, model: string, expected: string][] = [
  // the two that the scenarios name
  ["anthropic", "claude-opus-5-5", ALWAYS],
  ["anthropic", "claude-sonnet-4-5", BUDGET],
  // every model of @anthropic-ai/sdk 1.11.0
  ["anthropic", "claude-fable-5-2", ALWAYS],
  ["anthropic", "claude-mythos-5-2", ALWAYS],
  ["anthropic", "claude-haiku-5-5", NEW],
  ["anthropic", "claude-sonnet-5-5", ALWAYS],
  ["anthropic", "claude-fable-5-1", ALWAYS],
  ["anthropic", "claude-sonnet-5", NEW],
  ["anthropic", "claude-fable-5", ALWAYS],
  ["anthropic", "claude-opus-5", NEW],
  ["anthropic", "claude-opus-4-8", NEW],
  ["anthropic", "claude-opus-4-7", NEW],
  ["anthropic", "claude-mythos-preview", ALWAYS],
  ["anthropic", "claude-opus-4-6", "adaptive s-j 128000 0lmhM"],
  ["anthropic", "claude-sonnet-4-6", "adaptive s-j 128000 0lmhM"],
  ["anthropic", "claude-haiku-4-5-20251001", BUDGET],
  ["anthropic", "claude-opus-4-5-20251101", BUDGET],
  // older ones and other spellings
  ["anthropic", "claude-opus-4-1-20250805", "budget s-j 32000 0ilmhxM"],
  ["anthropic", "claude-opus-4-20250514", "budget s-- 32000 0ilmhxM"],
  ["anthropic", "claude-opus-4@20250514", "budget s-- 32000 0ilmhxM"],
  ["anthropic", "us.anthropic.claude-sonnet-4-20250514-v1:0", "budget s-- 64000 0ilmhxM"],
  ["anthropic", "anthropic/claude-opus-4.7", NEW],
  ["anthropic", "Claude-Opus-4-7", NEW],
  ["anthropic", "claude-3-7-sonnet-20250219", "budget s-- 64000 0ilmhxM"],
  ["anthropic", "claude-3-5-haiku-latest", "none s-- 8192"],
  ["anthropic", "claude-3-opus-20240229", "none s-- 4096"],
  ["anthropic", "claude-instant-1.2", "none s-- 4096"],
  ["anthropic", "claude-2.1", "none s-- 4096"],
  // not yet there
  ["anthropic", "claude-opus-6", ALWAYS],
  ["anthropic", "claude-sonnet-5-6-20270101", ALWAYS],
  ["anthropic", "claude-haiku-6", NEW],
  ["anthropic", "claude-opus-latest", ALWAYS],
  ["anthropic", "claude-saga-1", "none s-- 4096"],
  ["anthropic", "claude-saga-7", NEW],
  ["anthropic", "glm-5", "budget s-- 32000 0ilmhxM"],

  ["gemini", "gemini-3.1-pro", "level s-j 65536 lmh"],
  ["gemini", "gemini-3.1-pro-preview", "level s-j 65536 lmh"],
  ["gemini", "gemini-3-pro-preview", "level s-j 65536 lh"],
  ["gemini", "gemini-3-flash-preview", "level s-j 65536 ilmh"],
  ["gemini", "models/gemini-3.8-flash", "level s-j 65536 ilmh"],
  ["gemini", "gemini-4-pro", "level s-j 65536 lmh"],
  ["gemini", "gemini-flash-latest", "level s-j 65536 ilmh"],
  ["gemini", "gemini-2.5-pro", "budget s-j 65536 ilmhxM"],
  ["gemini", "gemini-2.5-flash-preview-05-20", "budget s-j 65536 0ilmhxM"],
  ["gemini", "gemini-3-image", "none s-- 32768"],
  ["gemini", "gemini-2.5-flash-preview-tts", "none s-- 32768"],
  ["gemini", "gemini-2.0-flash-001", "none s-j 8192"],
  ["gemini", "gemini-1.5-pro", "none s-j 8192"],
  ["gemini", "gemma-4-27b", "none s-- 8192"],

  ["openai", "gpt-6-astra", "effort -rj 128000 lmhxM"],
  ["openai", "gpt-6.1-sol", "effort -rj 128000 lmhxM"],
  ["openai", "gpt-6-sol", "effort -rj 128000 0lmhxM"],
  ["openai", "gpt-7", "effort -rj 128000 lmhxM"],
  ["openai", "gpt-10-mini", "effort -rj 128000 lmhxM"],
  ["openai", "gpt-5.6-luna", "effort -rj 128000 0lmhxM"],
  ["openai", "gpt-5.5", "effort -rj 128000 0lmhx"],
  ["openai", "gpt-5.5-pro-2026-04-23", "effort -rj 128000 mhx"],
  ["openai", "gpt-5.4", "effort srj 128000 0lmhx"],
  ["openai", "gpt-5.4-mini-2026-03-17", "effort srj 128000 0lmhx"],
  ["openai", "gpt-5.3-codex", "effort -rj 128000 lmhx"],
  ["openai", "gpt-5.3-chat-latest", "effort --j 16384 m"],
  ["openai", "gpt-5.2", "effort s-j 128000 0lmhx"],
  ["openai", "gpt-5.2-pro", "effort -rj 128000 mhx"],
  ["openai", "gpt-5.1", "effort s-j 128000 0lmh"],
  ["openai", "gpt-5.1-codex-max", "effort -rj 128000 lmhx"],
  ["openai", "gpt-5.1-codex", "effort -rj 128000 lmh"],
  ["openai", "gpt-5-2025-08-07", "effort --j 128000 ilmh"],
  ["openai", "gpt-5-nano", "effort --j 128000 ilmh"],
  ["openai", "gpt-5-pro", "effort -rj 128000 h"],
  ["openai", "gpt-5-chat-latest", "none s-j 16384"],
  ["openai", "codex-mini-latest", "effort -rj 128000 lmh"],
  ["openai", "gpt-4.1", "none s-j 32768"],
  ["openai", "ft:gpt-4.1-mini-2025-04-14:org::id", "none s-j 32768"],
  ["openai", "gpt-4.5-preview", "none s-j 16384"],
  ["openai", "gpt-4o-mini", "none s-j 16384"],
  ["openai", "gpt-4o-2024-05-13", "none s-- 4096"],
  ["openai", "gpt-4-0613", "none s-- 8192"],
  ["openai", "gpt-4-1106-preview", "none s-- 4096"],
  ["openai", "gpt-3.5-turbo", "none s-- 4096"],
  ["openai", "o3-mini", "effort --j 100000 lmh"],
  ["openai", "o3-pro", "effort -rj 100000 lmh"],
  ["openai", "openai/o4-mini", "effort --j 100000 lmh"],
  ["openai", "o1-mini", "none --- 100000"],
  ["openai", "o0-test", UNKNOWN],
  ["openai", "something-else", UNKNOWN],
  ["azure-openai", "gpt-35-turbo", "none s-- 4096"],
  ["azure-openai", "my-gpt-54-mini", "effort srj 128000 0lmhx"],
  ["azure-openai", "prod", UNKNOWN],

  ["openai-compatible", "qwen-local", UNKNOWN],
  ["openai-compatible", "gpt-6-astra", UNKNOWN],
  ["coze", "bot9", "none --- 4096"],
];

describe("the traits of", () => {
  test.each(table)("%s %s are %s", (kind, model, expected) => {
    expect(inShort(traitsOf(kind, model))).toBe(expected);
  });
});

describe("the table", () => {
  const rows = { CLAUDE_ROWS, GPT_ROWS, O_ROWS, GEMINI_ROWS };

  test("has efforts only where thinking can be asked for, in rising order", () => {
    for (const { traits } of Object.values(rows).flat()) {
      expect(traits.efforts.length > 0).toBe(traits.thinking !== "none");
      expect(traits.efforts).toEqual(EFFORTS.filter((effort) => traits.efforts.includes(effort)));
    }
  });

  test.each(Object.entries(rows))("%s has no row that an earlier one hides", (_name, list) => {
    list.forEach((row, index) => {
      const hiding = list.slice(0, index).filter((earlier) => {
        const isSameFamily = earlier.family.source === row.family.source;
        return isSameFamily && (earlier.since[0] - row.since[0] || earlier.since[1] - row.since[1]) <= 0;
      });
      expect(hiding).toEqual([]);
    });
  });
});

describe("an override", () => {
  const traits = traitsOf("openai-compatible", "qwen-local");

  test("goes before the table, field by field", () => {
    expect(overrideTraits(traits, { thinking: "none", efforts: [] })).toEqual({
      ...traits,
      thinking: "none",
      efforts: [],
    });
  });

  test("that says nothing changes nothing", () => {
    const nothing = { thinking: undefined, maxOutputTokens: null } as unknown as Partial<ModelTraits>;
    expect(overrideTraits(traits, nothing)).toBe(traits);
    expect(overrideTraits(traits, {})).toBe(traits);
  });
});
