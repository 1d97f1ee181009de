import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { calcPrice } from "@pydantic/genai-prices";
import packageJson from "../../package.json" with { type: "json" };
import { costNanoUsd, costParts } from "../../src/cost.ts";
import type { ProviderKind } from "../../src/llm/names.ts";
import type { Usage } from "../../src/llm/usage.ts";
import { PRICE_LIST } from "../../src/policy/price-list.ts";
import { priceFor, tariffFor } from "../../src/policy/pricing.ts";
import { priceIn } from "../../src/tariff.ts";
import { seededRandom } from "../support/random.ts";
import { cpuMs } from "../support/timing.ts";

const NOV_2026 = Date.UTC(2026, 10, 20, 12);

function usage(parts: Partial<Usage>): Usage {
  return { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0, ...parts };
}
function price(kind: ProviderKind, upstreamModel: string, used: Partial<Usage> | null = null, rest = {}) {
  return priceFor({
    modelPrice: null,
    kind,
    upstreamModel,
    usage: used === null ? null : usage(used),
    atMs: NOV_2026,
    ...rest,
  });
}

describe("the list's price", () => {
  test("is found per vendor, with the entry it came from", () => {
    expect(price("openai", "gpt-4.1")).toEqual({
      input: 2,
      output: 8,
      cacheRead: 0.5,
      cacheWrite: 2,
      source: "builtin",
      ref: "openai/gpt-4.1",
      edition: `genai-prices ${PRICE_LIST.version}`,
    });
    expect(price("anthropic", "claude-opus-5-5")).toMatchObject({
      input: 4,
      cacheRead: 0.2,
      cacheWrite: 5,
      output: 20,
    });
    expect(price("azure-openai", "gpt-4o")).toMatchObject({ input: 2.5, output: 10 });
    expect(price("gemini", "models/gemini-2.5-pro")).toMatchObject({ input: 1.25, output: 10 });
  });

  test("is of the edition that is installed", () => {
    expect(packageJson.dependencies["@pydantic/genai-prices"]).toBe(PRICE_LIST.version);
  });

  test("has reasoning and the request itself where they are paid for apart", () => {
    const at = { baseUrl: "https://api.perplexity.ai" };
    expect(price("openai-compatible", "sonar", null, at)).toMatchObject({ input: 1, output: 1, perRequest: 0.012 });
    const research = price("openai-compatible", "sonar-deep-research", null, at)!;
    expect(research).toMatchObject({ output: 8, reasoning: 3 });
    expect(costParts(usage({ outputTokens: 1000, reasoningTokens: 1000 }), research)).toMatchObject({
      output: 8_000_000,
      reasoning: 3_000_000,
      request: 0,
    });
  });

  test("of an embedding has nothing for output", () => {
    expect(price("openai", "text-embedding-3-small")).toMatchObject({ input: 0.02, output: 0 });
  });

  test("is shared, not made per request", () => {
    expect(price("openai", "gpt-4.1")).toBe(price("openai", "gpt-4.1"));
  });

  for (const [what, kind, model] of [
    ["an unheard-of model", "openai", "no-such-model"],
    ["another vendor's model", "anthropic", "gpt-4.1"],
    ["an Azure deployment with a name of its own", "azure-openai", "our-production"],
    ["a Coze bot", "coze", "7349"],
    ["audio by the hour", "openai", "whisper-1"],
    ["an entry without prices", "openai", "omni-moderation-latest"],
    ["a name that is too long to be one", "openai", `gpt-4.1${"x".repeat(300)}`],
    ["an empty name", "openai", ""],
    ["a name from the prototype", "openai", "__proto__"],
  ] as const) {
    test(`of ${what} is unknown, never 0`, () => expect(price(kind, model)).toBeNull());
  }

  describe("of an openai-compatible provider", () => {
    test("goes by the vendor's address", () => {
      const groq = { baseUrl: "https://api.groq.com/openai/v1" };
      expect(price("openai-compatible", "llama-3.3-70b-versatile", null, groq)?.ref).toStartWith("groq/");
      const router = { baseUrl: "https://openrouter.ai/api/v1" };
      expect(price("openai-compatible", "openai/gpt-4o", null, router)?.ref).toStartWith("openrouter/");
    });
    test("is unknown when that vendor does not list the model", () => {
      expect(price("openai-compatible", "gpt-4.1", null, { baseUrl: "https://api.groq.com/openai/v1" })).toBeNull();
    });
    test("goes by a name that one vendor owns", () => {
      expect(price("openai-compatible", "grok-4")?.ref).toStartWith("x-ai/");
      expect(
        price("openai-compatible", "deepseek-chat", null, { baseUrl: "https://reseller.example/v1" })?.ref,
      ).toStartWith("deepseek/");
    });
    test("is unknown when hosts disagree, or nobody knows it", () => {
      expect(price("openai-compatible", "meta-llama/llama-3.3-70b-instruct")).toBeNull();
      expect(price("openai-compatible", "qwen3:8b")).toBeNull();
    });
    for (const baseUrl of [
      "http://127.0.0.1:11434/v1",
      "http://localhost:8000/v1",
      "http://vllm:8000/v1",
      "http://[::1]:8000",
      "http://192.168.1.5/v1",
    ]) {
      test(`is unknown on somebody's own machine (${baseUrl})`, () => {
        expect(price("openai-compatible", "deepseek-chat", null, { baseUrl })).toBeNull();
      });
    }
  });

  describe("of long prompts", () => {
    test("changes with the whole prompt, cached tokens included, and for all parts at once", () => {
      const short = price("gemini", "gemini-2.5-pro", {
        inputTokens: 150_000,
        cacheReadTokens: 50_000,
        outputTokens: 9,
      });
      expect(short).toMatchObject({ input: 1.25, cacheRead: 0.125, output: 10, ref: "google/gemini-2.5-pro" });
      const long = price("gemini", "gemini-2.5-pro", { inputTokens: 150_000, cacheReadTokens: 50_001 });
      expect(long).toMatchObject({ input: 2.5, cacheRead: 0.25, output: 15 });
      expect(long?.ref).toBe("google/gemini-2.5-pro (prompt over 200000 tokens)");
    });
    test("does not change with a long answer", () => {
      expect(price("gemini", "gemini-2.5-pro", { inputTokens: 10, outputTokens: 900_000 })?.output).toBe(10);
    });
    test("counts written cache tokens as prompt", () => {
      expect(price("anthropic", "claude-sonnet-4-5", { cacheWriteTokens: 200_001 })?.cacheWrite).toBe(7.5);
    });
    test("is the lowest when the size is unknown", () => expect(price("gemini", "gemini-2.5-pro")?.input).toBe(1.25));
  });

  describe("with a date", () => {
    test("is the one of the day of the request", () => {
      const at = (atMs: number) => price("gemini", "gemini-3.6-flash", null, { atMs })?.input;
      expect(at(Date.UTC(2026, 11, 31, 23, 59, 59))).toBe(0.75);
      expect(at(Date.UTC(2027, 0, 1))).toBe(1.5);
    });
    test("is the one of the hour of the request", () => {
      const at = (hour: number) =>
        price("openai-compatible", "deepseek-reasoner", null, { atMs: Date.UTC(2026, 10, 20, hour) })?.input;
      expect(at(0)).toBe(0.135);
      expect(at(12)).toBe(0.55);
      expect(at(17)).toBe(0.135);
    });
  });
});

describe("a person's price", () => {
  test("stands before the list's, and missing parts fall back to the input", () => {
    const modelPrice = { input: 3, output: 9, cacheRead: null, cacheWrite: 4 };
    expect(price("openai", "gpt-4.1", null, { modelPrice })).toEqual({
      input: 3,
      output: 9,
      cacheRead: 3,
      cacheWrite: 4,
      source: "manual",
      ref: "manual",
    });
  });
  test("may be nothing at all", () => {
    const modelPrice = { input: 0, output: 0, cacheRead: null, cacheWrite: null };
    const free = price("coze", "bot", null, { modelPrice })!;
    expect(costNanoUsd(usage({ inputTokens: 5, outputTokens: 5 }), free)).toBe(0);
  });
});

describe("the cost", () => {
  test("has a part for the request itself, which the total holds too", () => {
    const modelPrice = { input: 2, output: 8, cacheRead: null, cacheWrite: null, reasoning: 20, perRequest: 0.005 };
    const used = price("openai", "gpt-4.1", null, { modelPrice })!;
    const parts = costParts(usage({ inputTokens: 1000, reasoningTokens: 10 }), used);
    expect(parts).toMatchObject({ input: 2_000_000, reasoning: 200_000, request: 5_000_000 });
    expect(costNanoUsd(usage({ inputTokens: 1000, reasoningTokens: 10 }), used)).toBe(7_200_000);
  });

  const gpt = () => price("openai", "gpt-4.1")!;

  test("is whole nano-USD: 1,000 tokens at 2 USD per million are 2,000,000", () => {
    expect(costNanoUsd(usage({ inputTokens: 1000 }), gpt())).toBe(2_000_000);
  });
  test("takes reasoning tokens for output", () => {
    expect(costNanoUsd(usage({ reasoningTokens: 10 }), gpt())).toBe(costNanoUsd(usage({ outputTokens: 10 }), gpt()));
  });
  test("charges cached tokens once, at their own price", () => {
    expect(costNanoUsd(usage({ inputTokens: 100, cacheReadTokens: 900 }), gpt())).toBe(100 * 2000 + 900 * 500);
  });
  test("rounds each part by itself, so that the parts add up to the total", () => {
    const odd = {
      input: 0.0333,
      output: 0.0777,
      cacheRead: 0.0011,
      cacheWrite: 0.0005,
      source: "manual",
      ref: "",
    } as const;
    const random = seededRandom(5);
    for (let round = 0; round < 2000; round++) {
      const tokens = () => Math.floor(random() * 10_000);
      const used = {
        inputTokens: tokens(),
        cacheReadTokens: tokens(),
        cacheWriteTokens: tokens(),
        outputTokens: tokens(),
        reasoningTokens: tokens(),
      };
      const parts = Object.values(costParts(used, odd));
      expect(parts.every(Number.isSafeInteger)).toBe(true);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(costNanoUsd(used, odd));
    }
  });
  test("stays an exact integer whatever an upstream reports", () => {
    for (const absurd of [1e308, Infinity, -5, Number.NaN, 2 ** 53]) {
      const cost = costNanoUsd(usage({ inputTokens: absurd, outputTokens: absurd, reasoningTokens: absurd }), gpt());
      expect(Number.isSafeInteger(cost)).toBe(true);
      expect(cost).toBeGreaterThanOrEqual(0);
    }
  });

  test("agrees with the list's own calculator on 3,000 random requests", () => {
    const random = seededRandom(6);
    const models: [ProviderKind, string, string][] = [
      ["openai", "openai", "gpt-4.1"],
      ["openai", "openai", "gpt-5.4"],
      ["openai", "openai", "gpt-6-sol"],
      ["openai", "openai", "o3"],
      ["anthropic", "anthropic", "claude-sonnet-4-5"],
      ["anthropic", "anthropic", "claude-opus-4-6"],
      ["anthropic", "anthropic", "claude-opus-5-5"],
      ["gemini", "google", "gemini-2.5-pro"],
      ["gemini", "google", "gemini-3.6-flash"],
      ["gemini", "google", "gemini-3.1-pro-preview"],
      ["azure-openai", "azure", "o4-mini"],
    ];
    for (let round = 0; round < 3000; round++) {
      const [kind, providerId, model] = models[round % models.length]!;
      const tokens = (most: number) => Math.floor(random() * most);
      const used = {
        inputTokens: tokens(300_000),
        cacheReadTokens: tokens(100_000),
        cacheWriteTokens: tokens(50_000),
        outputTokens: tokens(50_000),
        reasoningTokens: tokens(50_000),
      };
      const atMs = Date.UTC(2025 + (round % 3), round % 12, 15);
      const ours = costNanoUsd(used, price(kind, model, used, { atMs })!);
      const theirs = calcPrice(
        {
          input_tokens: used.inputTokens + used.cacheReadTokens + used.cacheWriteTokens,
          cache_read_tokens: used.cacheReadTokens,
          cache_write_tokens: used.cacheWriteTokens,
          output_tokens: used.outputTokens + used.reasoningTokens,
        },
        model,
        { providerId, timestamp: new Date(atMs) },
      )!.total_price;
      expect(Math.abs(ours - theirs * 1e9)).toBeLessThan(3);
    }
  });

  test("takes well under a microsecond per request, and ten thousand invented names do not grow the memory of names", () => {
    for (let index = 0; index < 10_000; index++) price("openai", `invented-${index}`);
    const used = usage({ inputTokens: 1000, outputTokens: 100 });
    const question = {
      modelPrice: null,
      kind: "openai",
      upstreamModel: "gpt-4.1",
      usage: used,
      atMs: NOV_2026,
    } as const;
    const spentMs = cpuMs(() => {
      for (let index = 0; index < 100_000; index++) costNanoUsd(used, priceFor(question)!);
    });
    expect(spentMs / 100_000).toBeLessThan(0.005); // five times the budget: shared machines
  });
});

describe("a tariff says for a time what priceFor says for an instant", () => {
  const FROM = Date.UTC(2025, 11, 1);
  const TO = Date.UTC(2025, 11, 4);
  const models = [
    ["openai", "gpt-4.1", undefined],
    ["gemini", "gemini-2.5-pro", undefined],
    ["openai-compatible", "deepseek-chat", "https://api.deepseek.com"],
    ["anthropic", "claude-sonnet-4-5", undefined],
  ] as const;

  test.each(models)("for %p's %p", (kind, upstreamModel, baseUrl) => {
    const question = { modelPrice: null, kind, upstreamModel, ...(baseUrl === undefined ? {} : { baseUrl }) };
    const tariff = tariffFor(question, { fromMs: FROM, toMs: TO })!;
    for (let atMs = FROM; atMs < TO; atMs += 7 * 60_000 + 1) {
      for (const inputTokens of [10, 200_000, 200_001, 1_000_000]) {
        const used = usage({ inputTokens });
        expect(priceIn(tariff, atMs, inputTokens)).toEqual(priceFor({ ...question, usage: used, atMs }));
      }
    }
  });

  test("of a person, and of what nobody knows", () => {
    const manual = { input: 1, output: 2, cacheRead: null, cacheWrite: null };
    const question = { kind: "openai", upstreamModel: "no-such-model" } as const;
    const tariff = tariffFor({ ...question, modelPrice: manual }, { fromMs: FROM, toMs: TO })!;
    expect(priceIn(tariff, FROM, 10)).toMatchObject({ input: 1, cacheRead: 1, source: "manual" });
    expect(tariffFor({ ...question, modelPrice: null }, { fromMs: FROM, toMs: TO })).toBeNull();
  });

  test("holds for every price of the list that depends on the time: all of them change on the quarter hour", () => {
    const times = [
      ...readFileSync(require.resolve("@pydantic/genai-prices"), "utf8").matchAll(/(?:start|end)_time"?: ?"([^"]*)"/g),
    ];
    expect(times.length).toBeGreaterThan(2);
    for (const [, time = ""] of times) expect(time).toMatch(/^\d\d:(00|15|30|45):00Z$/);
  });
});
