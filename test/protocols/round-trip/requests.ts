import {
  EMPTY_REQUEST,
  type InputPart,
  type LlmRequest,
  type MediaPart,
  type Message,
  type OutputPart,
  type RequestField,
  type ToolResult,
} from "../../../src/llm/request.ts";
import type { Signature } from "../../../src/llm/signature.ts";

/** What a request says beside a question; `max_tokens` is a must at Anthropic, so everybody has one. */
export const BASE: LlmRequest = { ...EMPTY_REQUEST, maxOutputTokens: 500, messages: [user("x")] };

export type Change = Partial<LlmRequest>;

const SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};

/**
 * Each field of the neutral request, by name; those with several meanings have a case for each. Signatures, hosted tools and models
 * are a vendor's own: `own` gives them.
 */
export function fieldCases(own: Own): Readonly<Record<string, Change>> {
  const tool = toolOf(own);
  const cases = {
    model: { model: own.model },
    stream: { stream: true, includeUsage: true },
    includeUsage: { stream: true, includeUsage: true },
    system: { system: [{ type: "text", text: "be brief" }] },
    "system of several texts": {
      system: [
        { type: "text", text: "be" },
        { type: "text", text: "brief" },
      ],
    },
    messages: { messages: [user("a"), said("b"), user("c")] },
    tools: { tools: [tool] },
    "tools without parameters": { tools: [{ ...tool, description: null, parameters: null }] },
    "tools, strict": { tools: [{ ...tool, parameters: SCHEMA, strict: true }] },
    hostedTools: own.hostedTools,
    toolChoice: { tools: [tool], toolChoice: { type: "auto" } },
    "toolChoice none": { tools: [tool], toolChoice: { type: "none" } },
    "toolChoice required": { tools: [tool], toolChoice: { type: "required" } },
    "toolChoice of one": { tools: [tool], toolChoice: { type: "tool", name: "f" } },
    "toolChoice of some": {
      tools: [tool, { ...tool, name: "g" }],
      toolChoice: { type: "allowed", names: ["f", "g"], required: true },
    },
    parallelToolCalls: { tools: [tool], toolChoice: { type: "auto" }, parallelToolCalls: false },
    maxOutputTokens: { maxOutputTokens: 777 },
    temperature: { temperature: 0.5 },
    topP: { topP: 0.25 },
    topK: { topK: 3 },
    stop: { stop: ["END", "STOP"] },
    reasoning: { reasoning: { effort: "high", budgetTokens: null, visible: null } },
    "reasoning, none": { reasoning: { effort: "none", budgetTokens: null, visible: null } },
    "reasoning, visible": { reasoning: { effort: "high", budgetTokens: null, visible: true } },
    "reasoning, a budget": { maxOutputTokens: 9000, reasoning: { effort: null, budgetTokens: 2000, visible: null } },
    responseFormat: {
      responseFormat: { type: "json_schema", name: null, description: null, schema: SCHEMA, strict: null },
    },
    "responseFormat, named and strict": {
      responseFormat: { type: "json_schema", name: "n", description: "d", schema: SCHEMA, strict: true },
    },
    "responseFormat without schema": { responseFormat: { type: "json_object" }, messages: [user("say JSON")] },
    verbosity: { verbosity: "low" },
    candidates: { candidates: 2 },
    seed: { seed: 7 },
    frequencyPenalty: { frequencyPenalty: 0.5 },
    presencePenalty: { presencePenalty: 0.5 },
    logitBias: { logitBias: { "50256": -100 } },
    logprobs: { logprobs: true },
    topLogprobs: { logprobs: true, topLogprobs: 3 },
    modalities: { modalities: ["text", "image"] },
    extra: { extra: own.extra },
    user: { user: "u-1" },
    metadata: { metadata: { a: "b" } },
    serviceTier: { serviceTier: "default" },
    promptCacheKey: { promptCacheKey: "k" },
  } as const satisfies Record<RequestField | "extra", Change> & Record<string, Change>;
  return cases;
}

export interface Own {
  readonly model: string;
  /** Where models differ in what they can do, another one for hosted tools. */
  readonly hostedTools: Change;
  readonly extra: LlmRequest["extra"];
  readonly signature: Signature;
  /** What a tool without a word on strictness is. */
  readonly strict: false | null;
}

/** What a conversation may hold. */
export function messageCases(own: Own): Readonly<Record<string, Change>> {
  const { signature } = own;
  const tools = [toolOf(own), { ...toolOf(own), name: "g" }];
  const turn = (parts: readonly OutputPart[]) => talk({ role: "assistant", parts }, user("go on"));
  const asks = (...parts: readonly InputPart[]) => ({ messages: [{ role: "user", parts } as const] });
  const call = { type: "tool_call", id: "c1", name: "f", arguments: '{"a":[1,"x"]}', signature: null } as const;
  const called = (parts: readonly OutputPart[], ...results: readonly ToolResult[]) => ({
    ...talk({ role: "assistant", parts }, { role: "tool", results }, user("go on")),
    tools,
  });
  const result = { callId: "c1", name: "f", parts: [{ type: "text", text: "18" }], isError: false } as const;
  const answered = (parts: readonly InputPart[], more: object = {}) => called([call], { ...result, parts, ...more });
  const text = { type: "text", text: "18" } as const;
  const thought = { type: "reasoning", text: "plan", signature, redacted: false } as const;
  return {
    "a user's name": { messages: [{ role: "user", parts: [{ type: "text", text: "x" }], name: "Ann" }] },
    "several texts": asks({ type: "text", text: "a" }, { type: "text", text: "b" }),
    "a mark for the cache": asks({ type: "text", text: "a", cacheControl: { type: "ephemeral" } }),
    "an image's bytes": asks(text, media("image", "image/png", DATA)),
    "an image's address": asks(text, media("image", null, { kind: "url", url: "https://a/b.png" })),
    "an image's detail": asks(text, { ...media("image", "image/png", DATA), detail: "high" }),
    "an uploaded image": asks(text, media("image", null, { kind: "file_id", id: "file-1" })),
    "a document's bytes": asks(text, { ...media("file", "application/pdf", DATA), name: "a.pdf" }),
    "a document's address": asks(text, media("file", "application/pdf", { kind: "url", url: "https://a/b.pdf" })),
    "a document's text": asks(text, { ...media("file", "text/plain", { kind: "text", text: "words" }), name: "a.txt" }),
    "an uploaded document": asks(text, media("file", null, { kind: "file_id", id: "file-1" })),
    sound: asks(text, media("audio", "audio/wav", DATA)),
    "instructions on the way": talk(said("b"), { role: "system", parts: [text] }, user("c")),
    "a developer's instructions on the way": talk(said("b"), { role: "developer", parts: [text] }, user("c")),
    "the assistant's words": turn([text]),
    "its sources": turn([
      { ...text, citations: [{ url: "https://a", title: "A", citedText: "18", start: 0, end: 2 }] },
    ]),
    "its refusal": turn([{ type: "refusal", text: "no" }]),
    "its pictures": turn([text, media("image", "image/png", DATA)]),
    "its thoughts, signed": turn([thought, text]),
    "its thoughts, not signed": turn([{ ...thought, signature: null }, text]),
    "its thoughts, withheld": turn([{ ...thought, text: "", redacted: true }, text]),
    "its words, signed": turn([{ ...text, signature }]),
    "a call and its result": answered([text]),
    "a call, signed": called([{ ...call, signature }], result),
    "words before a call": called([text, call], result),
    "parallel calls": called([call, { ...call, id: "c2", name: "g" }], { ...result, callId: "c2", name: "g" }, result),
    "a result that is an error": answered([text], { isError: true }),
    "a result without words": answered([]),
    "a result of several texts": answered([text, { type: "text", text: "and" }]),
    "a result with a picture": answered([text, media("image", "image/png", DATA)]),
  };
}

const DATA = { kind: "data", base64: "AAAA" } as const;

function toolOf({ strict }: Own) {
  return { name: "f", description: "d", parameters: { type: "object", properties: {} }, strict } as const;
}

function user(text: string): Message {
  return { role: "user", parts: [{ type: "text", text }] };
}

function said(text: string): Message {
  return { role: "assistant", parts: [{ type: "text", text }] };
}

function talk(...messages: readonly Message[]): Change {
  return { messages: [user("x"), ...messages] };
}

function media(type: MediaPart["type"], mediaType: string | null, source: MediaPart["source"]): MediaPart {
  return { type, mediaType, source, name: null, detail: null };
}
