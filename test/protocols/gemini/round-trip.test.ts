import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer, unfoldAnswer } from "../../../src/llm/answer.ts";
import { EMPTY_REQUEST, type LlmRequest, type OutputPart } from "../../../src/llm/request.ts";
import { unpackSignature } from "../../../src/llm/signature.ts";
import { geminiClient, geminiUpstream } from "../../../src/protocols/gemini/codec.ts";
import { withoutPaths } from "../without-paths.ts";
import { answering, BUDGET, decoding, framesOf, target } from "./contexts.ts";

const gemini = (value: string) => ({ vendor: "gemini", value }) as const;
const schema = { type: "object", properties: { a: { type: ["string", "null"], enum: ["x", null] } }, required: ["a"] };

const request: LlmRequest = {
  ...EMPTY_REQUEST,
  model: "m",
  stream: true,
  system: [{ type: "text", text: "be" }],
  messages: [
    {
      role: "user",
      parts: [
        { type: "text", text: "x" },
        { type: "image", mediaType: "image/png", source: { kind: "data", base64: "QQ==" }, name: null, detail: null },
        {
          type: "file",
          mediaType: "video/mp4",
          source: { kind: "url", url: "https://a/b.mp4" },
          name: null,
          detail: null,
        },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "reasoning", text: "plan", signature: gemini("P"), redacted: false },
        { type: "text", text: "ok", signature: gemini("T") },
        { type: "tool_call", id: "c1", name: "f", arguments: '{"q":{"n":[1,null,"ü"]}}', signature: gemini("S") },
        { type: "tool_call", id: "c2", name: "f", arguments: "{}", signature: null },
      ],
    },
    {
      role: "tool",
      results: [
        { callId: "c2", name: "f", parts: [{ type: "text", text: "plain" }], isError: false },
        {
          callId: "c1",
          name: "f",
          parts: [
            { type: "text", text: "bad" },
            {
              type: "image",
              mediaType: "image/png",
              source: { kind: "data", base64: "QUI=" },
              name: null,
              detail: null,
            },
          ],
          isError: true,
        },
      ],
    },
    { role: "user", parts: [{ type: "text", text: "y" }] },
  ],
  tools: [
    { name: "f", description: "d", parameters: schema, strict: null },
    { name: "g", description: null, parameters: null, strict: null },
  ],
  hostedTools: [{ kind: "web_search", type: "googleSearch", raw: { googleSearch: {} }, path: "tools[1].googleSearch" }],
  toolChoice: { type: "allowed", names: ["f", "g"], required: true },
  maxOutputTokens: 100,
  temperature: 0.5,
  topP: 0.25,
  topK: 3,
  stop: ["END"],
  reasoning: { effort: "high", budgetTokens: null, visible: true },
  responseFormat: { type: "json_schema", name: null, description: null, schema, strict: null },
  candidates: 2,
  seed: 7,
  frequencyPenalty: 0.1,
  presencePenalty: 0.2,
  modalities: ["text", "image"],
  serviceTier: "flex",
  extra: {
    safetySettings: [{ category: "A", threshold: "B" }],
    "generationConfig.speechConfig": { a: 1 },
    "toolConfig.includeServerSideToolInvocations": true, // a must where both kinds of tools are offered
  },
};

describe("a request", () => {
  test("comes back as it went", () => {
    const { body, dropped } = geminiUpstream.encodeRequest(request, target());
    expect(dropped).toEqual([]);
    expect(
      withoutPaths(geminiClient.decodeRequest(JSON.parse(JSON.stringify(body)), { model: "m", stream: true })),
    ).toEqual(request);
  });

  const variants: Partial<LlmRequest>[] = [
    { toolChoice: { type: "auto" } },
    { toolChoice: { type: "none" } },
    { toolChoice: { type: "required" } },
    { toolChoice: { type: "tool", name: "f" } },
    { toolChoice: { type: "allowed", names: ["f"], required: false } },
    { responseFormat: { type: "json_object" } },
    { serviceTier: "default" },
    { reasoning: null },
  ];
  test.each(variants)("comes back with %j", (change) => {
    const { body } = geminiUpstream.encodeRequest({ ...request, ...change }, target());
    expect(withoutPaths(geminiClient.decodeRequest(body, { model: "m", stream: true }))).toEqual({
      ...request,
      ...change,
    });
  });

  test.each([{ budgetTokens: 900 }, { budgetTokens: -1 }])("comes back with the budget %j", (change) => {
    const reasoning = { effort: null, visible: true, ...change };
    const { body } = geminiUpstream.encodeRequest({ ...request, reasoning }, target("gemini-2.5-flash", BUDGET));
    expect(geminiClient.decodeRequest(body, { model: "m", stream: true }).reasoning).toEqual(reasoning);
  });
});

const usage = { inputTokens: 7, cacheReadTokens: 3, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 4 };
const answer: LlmAnswer = {
  id: "req_1",
  model: "alias",
  choices: [
    {
      parts: [
        { type: "reasoning", text: "plan", signature: gemini("P"), redacted: false },
        {
          type: "text",
          text: "Grüße",
          citations: [{ url: "https://a", title: "A", citedText: "rü", start: 1, end: 3 }],
        },
        { type: "tool_call", id: "c1", name: "f", arguments: '{"q":1}', signature: gemini("S") },
        { type: "tool_call", id: "c2", name: "g", arguments: "{}", signature: null },
        { type: "image", mediaType: "image/png", source: { kind: "data", base64: "QQ==" }, name: null, detail: null },
      ],
      finish: { unified: "tool_calls", raw: "STOP" },
    },
    { parts: [{ type: "text", text: "b" }], finish: { unified: "length", raw: "MAX_TOKENS" } },
    { parts: [], finish: { unified: "content_filter", raw: "RECITATION", explanation: "why" } },
  ],
  usage,
  rawUsage: null,
};

describe("an answer", () => {
  test("comes back as it went, whole", () => {
    const body = geminiClient.encodeAnswer(answer, answering());
    expect({ ...geminiUpstream.decodeAnswer(body, decoding()), rawUsage: null as unknown }).toEqual(answer);
  });

  test("comes back as it went, streamed", () => {
    // A stream's sources stand in its last frame, when the text is long over.
    const parts = answer.choices[0]!.parts.map((part) =>
      part.type === "text" ? { type: part.type, text: part.text } : part,
    );
    const plain = { ...answer, choices: [{ ...answer.choices[0]!, parts }, ...answer.choices.slice(1)] };
    const decoder = geminiUpstream.decodeStream(decoding());
    const events = framesOf(unfoldAnswer(plain)).flatMap((frame) => decoder.push(null, JSON.stringify(frame)));
    const folded = foldEvents([...events, ...(decoder.end() ?? [])]);
    if (folded.kind !== "answer") throw new Error(folded.kind);
    expect({ ...folded.answer, rawUsage: null as unknown }).toEqual(plain);
  });

  test("with its sources comes back streamed when the text is its end", () => {
    const text = answer.choices[0]!.parts[1] as OutputPart;
    const cited = { ...answer, choices: [{ parts: [text], finish: { unified: "stop", raw: "STOP" } as const }] };
    const decoder = geminiUpstream.decodeStream(decoding());
    const events = framesOf(unfoldAnswer(cited)).flatMap((frame) => decoder.push(null, JSON.stringify(frame)));
    expect(foldEvents([...events, ...(decoder.end() ?? [])])).toMatchObject({ answer: { choices: cited.choices } });
  });

  test("of another vendor keeps that vendor's signatures through a Gemini client", () => {
    const foreign: OutputPart[] = [
      { type: "reasoning", text: "p", signature: { vendor: "anthropic", value: "S1" }, redacted: false },
      { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "R1" }, redacted: true },
      { type: "reasoning", text: "q", signature: { vendor: "openai", value: "E1", id: "rs_1" }, redacted: false },
      { type: "text", text: "ok" },
    ];
    const given = { ...answer, choices: [{ parts: foreign, finish: { unified: "stop", raw: null } as const }] };
    const whole = geminiClient.encodeAnswer(given, answering()) as { candidates: { content: object }[] };
    const frames = framesOf(unfoldAnswer(given)) as {
      candidates: { content: { parts: { thoughtSignature?: string }[] } }[];
    }[];
    for (const contents of [[whole.candidates[0]!.content], frames.map(({ candidates }) => candidates[0]!.content)]) {
      const history = [{ role: "user", parts: [{ text: "x" }] }, ...contents];
      const { messages } = withoutPaths(
        geminiClient.decodeRequest({ contents: history }, { model: "m", stream: false }),
      );
      expect(messages[1]).toEqual({ role: "assistant", parts: foreign });
      // And none of them goes to Gemini.
      const { body } = geminiUpstream.encodeRequest({ ...EMPTY_REQUEST, messages }, target());
      expect(body.contents).toEqual([history[0], { role: "model", parts: [{ text: "ok" }] }]);
    }
    const sent = frames.flatMap(({ candidates }) =>
      candidates[0]!.content.parts.flatMap((part) => part.thoughtSignature ?? []),
    );
    expect(sent.map(unpackSignature)).toEqual([
      { signature: { vendor: "anthropic", value: "S1" }, place: null },
      { signature: { vendor: "anthropic", value: "R1" }, place: "redacted" },
      { signature: { vendor: "openai", value: "E1", id: "rs_1" }, place: null },
    ]);
  });
});
