import { describe, expect, test } from "bun:test";
import { QUIRKS } from "../../src/llm/names.ts";
import { dialects } from "../../src/providers/index.ts";
import { PRESETS } from "../../src/providers/presets.ts";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

describe("presets", () => {
  test("have ids and names of their own", () => {
    for (const field of ["id", "name", "baseUrl"] as const) {
      const values = PRESETS.map((preset) => preset[field]).filter((value) => value !== null);
      expect(new Set(values).size).toBe(values.length);
    }
    // A provider's name must not hold a slash, and people put ids into scripts.
    for (const { id, name } of PRESETS) {
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(name).not.toContain("/");
    }
  });

  test.each(PRESETS.map((preset) => [preset.id, preset] as const))("%s can be called", (_id, preset) => {
    // Azure's customers have an address each.
    const baseUrl = preset.baseUrl ?? dialects[preset.kind].defaultBaseUrl;
    if (baseUrl === null) return expect(preset.id).toBe("azure-openai");
    const url = new URL(baseUrl);
    expect(baseUrl).toBe(url.href.replace(/\/$/, ""));
    expect(`${url.search}${url.hash}${url.username}`).toBe("");
    expect(url.protocol).toBe(LOOPBACK.has(url.hostname) ? "http:" : "https:");
    // Programs on one's own machine need no key, everybody else says where to get one.
    expect(preset.keyUrl === null).toBe(LOOPBACK.has(url.hostname));
    if (preset.keyUrl !== null) expect(new URL(preset.keyUrl).protocol).toBe("https:");
    for (const quirk of preset.quirks) expect(QUIRKS).toContain(quirk);
    expect(new Set(preset.quirks).size).toBe(preset.quirks.length);
  });

  test("offer at least the vendors that people ask for", () => {
    const wanted = ["deepseek", "mistral", "groq", "xai", "openrouter", "together", "fireworks", "moonshot", "zhipu"];
    wanted.push("dashscope", "siliconflow", "ollama", "vllm", "lm-studio");
    expect(PRESETS.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted));
  });

  const habits: [id: string, quirk: (typeof QUIRKS)[number]][] = [
    ["deepseek", "echo_reasoning"],
    ["moonshot", "echo_reasoning"],
    ["deepseek", "no_developer_role"],
    ["zhipu", "no_developer_role"],
    ["mistral", "max_tokens_only"],
    ["vllm", "reasoning_field"],
  ];
  test.each(habits)("%s is known for %s", (id, quirk) => {
    expect(PRESETS.find((preset) => preset.id === id)?.quirks).toContain(quirk);
  });
});
