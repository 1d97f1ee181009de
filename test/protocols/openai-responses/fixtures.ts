import type { LlmEvent } from "../../../src/llm/event.ts";
import { EMPTY_REQUEST, type LlmRequest } from "../../../src/llm/request.ts";
import type { SignatureVendor } from "../../../src/llm/signature.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import type { AnswerContext, DecodeContext, UpstreamTarget } from "../../../src/protocols/codec.ts";
import { responsesClient } from "../../../src/protocols/openai-responses/codec.ts";
import { withoutPaths } from "../without-paths.ts";

export const USAGE = {
  inputTokens: 12,
  cacheReadTokens: 3,
  cacheWriteTokens: 2,
  outputTokens: 9,
  reasoningTokens: 4,
};
/** What USAGE is in OpenAI's counts. */
export const WRITTEN_USAGE = {
  input_tokens: 17,
  input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
  output_tokens: 13,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 30,
};

export const decode = (body: object): LlmRequest =>
  withoutPaths(responsesClient.decodeRequest({ model: "m", input: "x", ...body }, { model: null, stream: false }));

export const answerContext = (body: object = {}): AnswerContext => ({
  requestId: "req_abc",
  model: "alias",
  createdAtMs: 1_790_000_000_999,
  request: EMPTY_REQUEST,
  body: { model: "alias", input: "x", ...body },
});

export const decodeContext = (toolNames: ReadonlyMap<string, string> = new Map()): DecodeContext => {
  let ids = 0;
  return { kind: "openai", model: "gpt-6-astra", toolNames, newCallId: () => `call_new_${++ids}` };
};

const TRAITS: ModelTraits = {
  thinking: "effort",
  sampling: true,
  toolsNeedResponses: true,
  maxOutputTokens: 128_000,
  efforts: ["none", "minimal", "low", "medium", "high", "xhigh"],
  structuredOutput: true,
};
/** Fields are called as the neutral request calls them, with a mark. */
export const upstreamTarget = (traits: Partial<ModelTraits> = {}): UpstreamTarget => ({
  kind: "openai",
  model: "gpt-6-astra",
  traits: { ...TRAITS, ...traits },
  quirks: new Set(),
  fieldName: (field) => `its.${field}`,
});

/** Short words for events, as tests read best. */
export const started: LlmEvent = { type: "start", id: "up_1", model: "up" };
export const used: LlmEvent = { type: "usage", usage: USAGE, raw: {} };
export const ended = (
  unified: Extract<LlmEvent, { type: "finish" }>["reason"]["unified"],
  more: object = {},
): LlmEvent => ({
  type: "finish",
  choice: 0,
  reason: { unified, raw: unified, ...more },
});
export const signed = (block: number, vendor: SignatureVendor, value: string): LlmEvent => ({
  type: "signature",
  block,
  signature: { vendor, value },
});
const block = (number: number, opening: object, pieces: readonly string[], more: readonly LlmEvent[]): LlmEvent[] => [
  { type: "block_start", block: number, choice: 0, ...opening } as LlmEvent,
  ...pieces.map((text): LlmEvent => ({ type: "delta", block: number, text })),
  ...more,
  { type: "block_end", block: number },
];
export const said = (number: number, pieces: readonly string[], ...more: LlmEvent[]) =>
  block(number, { kind: "text" }, pieces, more);
export const refused = (number: number, pieces: readonly string[]) => block(number, { kind: "refusal" }, pieces, []);
export const thought = (number: number, pieces: readonly string[], ...more: LlmEvent[]) =>
  block(number, { kind: "reasoning", redacted: false }, pieces, more);
export const withheld = (number: number, ...more: LlmEvent[]) =>
  block(number, { kind: "reasoning", redacted: true }, [], more);
export const called = (number: number, id: string, name: string, pieces: readonly string[], ...more: LlmEvent[]) =>
  block(number, { kind: "tool_call", id, name }, pieces, more);
export const drawn = (number: number, mediaType: string, base64: string, ...more: LlmEvent[]) =>
  block(number, { kind: "media", mediaType, base64 }, [], more);
export const cited = (number: number, citation: object = {}): LlmEvent => ({
  type: "citation",
  block: number,
  citation: { url: "https://x.test", title: null, citedText: null, start: null, end: null, ...citation },
});
