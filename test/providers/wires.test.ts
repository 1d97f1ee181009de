import { describe, expect, test } from "bun:test";
import { ENDPOINTS, PROVIDER_KINDS } from "../../src/llm/names.ts";
import { dialects } from "../../src/providers/index.ts";
import { traitsOf } from "../../src/providers/traits.ts";
import { leavesChat, needsResponses, serviceOf } from "../../src/providers/wires.ts";

const CONVERSATIONS = [
  "chat.completions",
  "responses",
  "messages",
  "gemini.generateContent",
  "gemini.streamGenerateContent",
] as const;

describe("who serves what", () => {
  test("is said for every endpoint and kind; a refusal says why", () => {
    for (const endpoint of ENDPOINTS) {
      for (const kind of PROVIDER_KINDS) {
        const service = serviceOf(endpoint, kind);
        expect(service.how === "native").toBe(dialects[kind].native.has(endpoint));
        if (service.how === "refused") expect(service.why).not.toBeEmpty();
      }
    }
  });

  test("every conversation is served by every kind", () => {
    for (const endpoint of CONVERSATIONS) {
      for (const kind of PROVIDER_KINDS) expect(serviceOf(endpoint, kind).how).toMatch(/^(?:native|translated)$/);
    }
  });

  test("tokens are counted by whoever can, else estimated", () => {
    const counted = PROVIDER_KINDS.map((kind) => serviceOf("messages.count_tokens", kind).how);
    expect(counted.filter((how) => how === "native")).toHaveLength(1);
    expect(new Set(counted)).toEqual(new Set(["native", "estimated"]));
  });

  test.each([
    ["chat.completions", "anthropic", "anthropic-messages"],
    ["messages", "openai", "openai-chat"],
    ["messages", "azure-openai", "openai-chat"],
    ["responses", "openai-compatible", "openai-chat"],
    ["gemini.generateContent", "coze", "coze"],
    ["messages", "gemini", "gemini"],
  ] as const)("%s on %s goes over %s", (endpoint, kind, wire) => {
    expect(serviceOf(endpoint, kind)).toMatchObject({ how: "translated", wire });
  });
});

describe("the way to /responses", () => {
  const plain = { tools: [], hostedTools: [], reasoning: null };
  const tools = [{ name: "a", description: null, parameters: null, strict: null }];
  const hosted = [{ kind: "web_search" as const, type: "web_search", raw: {}, path: "tools[0]" }];
  const effort = { effort: "none" as const, budgetTokens: null, visible: null };
  const model = (id: string) => ({ model: id, traits: traitsOf("openai", id) });

  test("is taken by requests of other formats with tools or reasoning, where the model needs it", () => {
    const astra = model("gpt-6-astra");
    expect(
      [plain, { ...plain, tools }, { ...plain, reasoning: effort }].map((each) => needsResponses(each, astra)),
    ).toEqual([false, true, true]);
    expect(needsResponses({ ...plain, tools, reasoning: effort }, model("gpt-4.1"))).toBe(false);
  });

  test("is taken with hosted tools by all but the search models", () => {
    const request = { ...plain, hostedTools: hosted };
    expect(["gpt-4.1", "gpt-4o-search-preview"].map((id) => needsResponses(request, model(id)))).toEqual([true, false]);
  });

  test.each([
    ["gpt-6-astra", true, "none", true], // it does not know how not to reason
    ["gpt-5.6", true, "none", false],
    ["gpt-5.6", true, null, true],
    ["gpt-5.6", false, "high", false],
    ["gpt-5.4", true, null, false],
    ["gpt-5.4", true, "low", true],
    ["gpt-5", true, "low", false],
  ])("from chat: %s with tools %p and effort %p: %p", (id, hasTools, chosen, leaves) => {
    expect(leavesChat({ hasTools, effort: chosen }, traitsOf("openai", id))).toBe(leaves);
  });
});
