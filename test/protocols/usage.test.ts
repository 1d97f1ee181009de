import { describe, expect, test } from "bun:test";
import { totalTokens, type Usage } from "../../src/llm/usage.ts";
import { mergeUsage, readAnthropicUsage } from "../../src/protocols/anthropic-messages/usage.ts";
import { readGeminiUsage } from "../../src/protocols/gemini/usage.ts";
import { readOpenAiUsage } from "../../src/protocols/openai-chat/usage.ts";

/** input, cache read, cache write, output, reasoning */
const parts = (usage: Usage | null) =>
  usage === null
    ? null
    : [usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens, usage.outputTokens, usage.reasoningTokens];

type Case = readonly [what: string, usage: unknown, expected: readonly number[] | null];

const openai: readonly Case[] = [
  ["plain", { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }, [10, 0, 0, 5, 0]],
  [
    "cached, written, reasoned",
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 40 },
    },
    [50, 30, 20, 10, 40],
  ],
  [
    "Responses' names",
    {
      input_tokens: 100,
      output_tokens: 50,
      input_tokens_details: { cached_tokens: 30 },
      output_tokens_details: { reasoning_tokens: 40 },
    },
    [70, 30, 0, 10, 40],
  ],
  [
    "DeepSeek's cache hits",
    { prompt_tokens: 100, completion_tokens: 1, prompt_cache_hit_tokens: 64 },
    [36, 64, 0, 1, 0],
  ],
  ["embeddings", { prompt_tokens: 8, total_tokens: 8 }, [8, 0, 0, 0, 0]],
  ["only an output", { completion_tokens: 8 }, [0, 0, 0, 8, 0]],
  ["nulls", { prompt_tokens: 8, completion_tokens: null, prompt_tokens_details: null }, [8, 0, 0, 0, 0]],
  [
    "details beyond the whole",
    {
      prompt_tokens: 5,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 9 },
    },
    [0, 5, 0, 0, 5],
  ],
  ["fractions", { prompt_tokens: 1.9, completion_tokens: 2 }, [1, 0, 0, 2, 0]],
  ["a text", { prompt_tokens: "12", completion_tokens: 3 }, [0, 0, 0, 3, 0]],
  ["negative", { prompt_tokens: -5, completion_tokens: -1 }, null],
  ["absurd", { prompt_tokens: 1e308, completion_tokens: 1e12 }, null],
  ["not a number", { prompt_tokens: Number.NaN }, null],
  ["empty", {}, null],
  ["null", null, null],
  ["a list", [1], null],
  ["a text instead", "12", null],
];
const anthropic: readonly Case[] = [
  ["plain", { input_tokens: 10, output_tokens: 5 }, [10, 0, 0, 5, 0]],
  [
    "cached, written, thought",
    {
      input_tokens: 10,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 30,
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 40 },
    },
    [10, 20, 30, 10, 40],
  ],
  ["nulls", { input_tokens: 10, cache_read_input_tokens: null, output_tokens: 1 }, [10, 0, 0, 1, 0]],
  [
    "more thought than said",
    { input_tokens: 1, output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } },
    [1, 0, 0, 0, 5],
  ],
  ["negative", { input_tokens: -1 }, null],
  ["nothing", null, null],
];
const gemini: readonly Case[] = [
  ["plain", { promptTokenCount: 10, candidatesTokenCount: 5 }, [10, 0, 0, 5, 0]],
  [
    "cached, thought, tool use",
    {
      promptTokenCount: 100,
      cachedContentTokenCount: 30,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 40,
      toolUsePromptTokenCount: 7,
    },
    [77, 30, 0, 20, 40],
  ],
  ["thoughts only", { thoughtsTokenCount: 4 }, [0, 0, 0, 0, 4]],
  ["more cached than asked", { promptTokenCount: 3, cachedContentTokenCount: 9 }, [0, 3, 0, 0, 0]],
  ["a total only", { totalTokenCount: 9 }, null],
  ["nothing", undefined, null],
];

describe.each([
  ["OpenAI", readOpenAiUsage, openai],
  ["Anthropic", readAnthropicUsage, anthropic],
  ["Gemini", readGeminiUsage, gemini],
] as const)("%s's counts in disjoint parts", (_name, read, cases) => {
  test.each(cases)("%s", (_, usage, expected) => {
    expect(parts(read(usage))).toEqual(expected as number[] | null);
  });
});

test("the parts add up to the vendor's own total", () => {
  const counts = {
    prompt_tokens: 100,
    completion_tokens: 50,
    prompt_tokens_details: { cached_tokens: 33, cache_write_tokens: 11 },
    completion_tokens_details: { reasoning_tokens: 17 },
  };
  expect(totalTokens(readOpenAiUsage(counts)!)).toBe(150);
  expect(
    totalTokens(
      readGeminiUsage({
        promptTokenCount: 100,
        cachedContentTokenCount: 9,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 30,
      })!,
    ),
  ).toBe(150);
});

test("Anthropic's later counters replace the earlier ones, null means as before", () => {
  expect(mergeUsage(null, { input_tokens: 5, output_tokens: 1 })).toEqual({ input_tokens: 5, output_tokens: 1 });
  expect(mergeUsage({ input_tokens: 5, output_tokens: 1 }, { input_tokens: null, output_tokens: 9 })).toEqual({
    input_tokens: 5,
    output_tokens: 9,
  });
  expect(mergeUsage({ input_tokens: 5 }, undefined)).toEqual({ input_tokens: 5 });
});
