import { describe, expect, test } from "bun:test";
import { EMPTY_REQUEST, type LlmRequest } from "../../src/llm/request.ts";
import { fitToolNames, GEMINI_NAMES, OPENAI_NAMES } from "../../src/protocols/tool-names.ts";

function ask(names: readonly string[], called: readonly string[] = []): LlmRequest {
  const tools = names.map((name) => ({ name, description: null, parameters: null, strict: null }));
  const parts = called.map(
    (name) => ({ type: "tool_call", id: name, name, arguments: "{}", signature: null }) as const,
  );
  return { ...EMPTY_REQUEST, tools, messages: [{ role: "assistant", parts }] };
}

describe("names of tools", () => {
  test.each([
    ["OpenAI's", OPENAI_NAMES, /^[a-zA-Z0-9_-]{1,64}$/],
    ["Gemini's", GEMINI_NAMES, /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/],
  ])("are bent to %s rule and stay apart", (_what, rule, allowed) => {
    const long = "n".repeat(200);
    const names = ["", "1st", "a.b:c", "a/b", "a_b", "a b", long, `${long}x`, "ü", "plain"];
    const { toUpstream, toClient } = fitToolNames(ask(names, ["gone/away", "plain"]), rule);
    const written = [...names, "gone/away"].map(toUpstream);
    for (const name of written) expect(name).toMatch(allowed);
    expect(new Set(written).size).toBe(written.length);
    for (const name of [...names, "gone/away"]) expect(toClient.get(toUpstream(name)) ?? toUpstream(name)).toBe(name);
    expect(toUpstream("plain")).toBe("plain");
    expect(toUpstream("a_b")).toBe("a_b");
    expect(toUpstream("never heard of")).toBe("never heard of");
  });

  test("keep what a vendor takes", () => {
    expect([...fitToolNames(ask(["ns.get:x"]), GEMINI_NAMES).toClient]).toEqual([]);
    expect([...fitToolNames(ask(["ns.get:x"]), OPENAI_NAMES).toClient]).toEqual([["ns_get_x", "ns.get:x"]]);
  });
});
