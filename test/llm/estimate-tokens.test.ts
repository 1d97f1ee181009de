import { describe, expect, test } from "bun:test";
import { estimateInputTokens, textTokens } from "../../src/llm/estimate-tokens.ts";
import { EMPTY_REQUEST, type InputPart, type LlmRequest } from "../../src/llm/request.ts";

/** Text of a kind, and its tokens by o200k (gpt-tokenizer 4.0.0). */
const measured: [string, string, number][] = [
  [
    "English",
    "The quick brown fox jumps over the lazy dog, while seventeen philosophers debate whether the dog was truly lazy.",
    21,
  ],
  ["German", "Künstliche Intelligenz ist ein Teilgebiet der Informatik, das sich mit der Automatisierung befasst.", 24],
  ["Chinese", "人工智能是指由人制造出来的机器所表现出来的智能。", 16],
  ["Japanese", "言語の理解や推論、問題解決などの知的行動を人間に代わってコンピューターに行わせる技術。", 35],
  ["code", "export function add(a: number, b: number): number {\n  return a + b;\n}\n", 20],
  ["JSON", '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}', 19],
  ["digits", "3141592653 2718281828", 9],
];

test.each(measured)("%s comes out near its tokens", (_kind, text, tokens) => {
  expect(Math.abs(textTokens(text) / tokens - 1)).toBeLessThan(0.25);
});

test("no text has no tokens", () => {
  expect(textTokens("")).toBe(0);
});

function tokensOf(fields: Partial<LlmRequest>): number {
  return estimateInputTokens({ ...EMPTY_REQUEST, ...fields });
}

function partTokens(part: Partial<InputPart>): number {
  const media = { mediaType: null, source: { kind: "data", base64: "" }, name: null, detail: null };
  return tokensOf({ messages: [{ role: "user", parts: [{ ...media, ...part } as InputPart] }] });
}

describe("a request", () => {
  const text = { type: "text", text: "words of this and that" } as const;
  const base = tokensOf({});

  test("counts every part that a model reads", () => {
    const more: Partial<LlmRequest>[] = [
      { system: [text] },
      { messages: [{ role: "user", parts: [text] }] },
      { messages: [{ role: "system", parts: [text] }] },
      {
        messages: [
          { role: "assistant", parts: [{ type: "reasoning", text: text.text, signature: null, redacted: false }] },
        ],
      },
      { messages: [{ role: "assistant", parts: [{ type: "refusal", text: text.text }] }] },
      {
        messages: [
          {
            role: "assistant",
            parts: [{ type: "tool_call", id: "t", name: "f", arguments: '{"a":1}', signature: null }],
          },
        ],
      },
      { messages: [{ role: "tool", results: [{ callId: "t", name: null, parts: [text], isError: false }] }] },
      { tools: [{ name: "f", description: "F", parameters: { type: "object" }, strict: null }] },
      { tools: [{ name: "f", description: null, parameters: null, strict: null }] },
      { hostedTools: [{ kind: "web_search", type: "w", raw: { type: "w" }, path: "tools[0]" }] },
      {
        responseFormat: {
          type: "json_schema",
          name: null,
          description: null,
          schema: { type: "object" },
          strict: null,
        },
      },
    ];
    for (const fields of more) expect(tokensOf(fields)).toBeGreaterThan(base);
    expect(tokensOf({ responseFormat: { type: "json_object" } })).toBe(base);
  });

  test("counts media by their kind and size", () => {
    const bytes = (count: number) => ({ kind: "data", base64: "A".repeat(Math.ceil(count / 3) * 4) }) as const;
    expect(partTokens({ type: "image" })).toBeWithin(1_000, 1_500);
    expect(partTokens({ type: "image", detail: "low" })).toBeLessThan(150);
    const page = partTokens({ type: "file", mediaType: "application/pdf", source: bytes(40_000) });
    expect(page).toBeWithin(1_500, 3_000);
    expect(partTokens({ type: "file", mediaType: "application/pdf", source: bytes(400_000) })).toBeGreaterThan(
      7 * page,
    );
    expect(partTokens({ type: "file", mediaType: "text/plain", source: bytes(4_000) })).toBeWithin(900, 1_100);
    expect(partTokens({ type: "file", source: { kind: "text", text: "hello world" } })).toBeLessThan(20);
    expect(partTokens({ type: "file", source: { kind: "url", url: "https://a" } })).toBeGreaterThan(1_000);
    expect(partTokens({ type: "audio", source: bytes(160_000) })).toBeWithin(300, 350);
    expect(partTokens({ type: "audio", source: { kind: "file_id", id: "f" } })).toBeGreaterThan(1_000);
  });
});
