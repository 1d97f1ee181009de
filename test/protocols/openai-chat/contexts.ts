import type { LlmAnswer } from "../../../src/llm/answer.ts";
import type { LlmEvent } from "../../../src/llm/event.ts";
import { EMPTY_REQUEST, type LlmRequest, type OutputPart } from "../../../src/llm/request.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import type { AnswerContext, DecodeContext, Quirk, UpstreamTarget } from "../../../src/protocols/codec.ts";
import { chatClient, chatUpstream } from "../../../src/protocols/openai-chat/codec.ts";
import { withoutPaths } from "../without-paths.ts";

export const user = (content: unknown, more: object = {}) => ({ role: "user", content, ...more });

export const decode = (body: object): LlmRequest =>
  withoutPaths(
    chatClient.decodeRequest({ model: "m", messages: [user("x")], ...body }, { model: null, stream: false }),
  );

export const decodeMessages = (...messages: object[]): LlmRequest => decode({ messages });

export const request = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  ...EMPTY_REQUEST,
  model: "m",
  messages: [{ role: "user", parts: [{ type: "text", text: "x" }] }],
  ...change,
});

const TRAITS: ModelTraits = {
  thinking: "effort",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 10_000,
  efforts: ["none", "low", "medium", "high"],
  structuredOutput: true,
};

export const target = (
  kind: UpstreamTarget["kind"] = "openai",
  {
    quirks = [],
    model = "gpt-up",
    ...traits
  }: Partial<ModelTraits> & { quirks?: readonly Quirk[]; model?: string } = {},
): UpstreamTarget => ({
  kind,
  model,
  traits: { ...TRAITS, ...traits },
  quirks: new Set(quirks),
  fieldName: (field) => `client.${field}`,
});

export const encode = (change: Partial<LlmRequest>, to: UpstreamTarget = target()) =>
  chatUpstream.encodeRequest(request(change), to);

export const decodeContext = (toolNames: ReadonlyMap<string, string> = new Map()): DecodeContext => {
  let calls = 0;
  return { kind: "openai-compatible", model: "gpt-up", toolNames, newCallId: () => `call_new_${++calls}` };
};

export const answerContext = (body: object = {}): AnswerContext => ({
  requestId: "req_1",
  model: "alias",
  createdAtMs: 1_790_000_000_500,
  request: decode(body),
  body: { ...body },
});

export const answerOf = (parts: readonly OutputPart[], change: Partial<LlmAnswer> = {}): LlmAnswer => ({
  id: "up_1",
  model: "up",
  choices: [{ parts, finish: { unified: "stop", raw: "stop" } }],
  usage: null,
  rawUsage: null,
  ...change,
});

/** Chunks as an upstream sends them. Strings pass as they are. */
export function readStream(frames: readonly (object | string)[], context: DecodeContext = decodeContext()) {
  const decoder = chatUpstream.decodeStream(context);
  const events: LlmEvent[] = [];
  for (const frame of frames) {
    events.push(...decoder.push(null, typeof frame === "string" ? frame : JSON.stringify(frame)));
  }
  const end = decoder.end();
  return { events: [...events, ...(end ?? [])], isComplete: end !== null };
}

export const chunk = (delta: object | null, finish: string | null = null, more: object = {}) => ({
  id: "chatcmpl-u1",
  object: "chat.completion.chunk",
  created: 1,
  model: "gpt-up",
  choices: [{ index: 0, ...(delta === null ? {} : { delta }), logprobs: null, finish_reason: finish }],
  ...more,
});

/** Writes a stream for a client; the frames as JSON values, with "[DONE]" as it is. */
export function writeStream(events: readonly LlmEvent[], context: AnswerContext = answerContext()) {
  const encoder = chatClient.encodeStream(context);
  const text = events.map((event) => encoder.push(event)).join("") + encoder.end();
  return text
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const data = frame.replace(/^data: /, "");
      return data === "[DONE]" ? data : JSON.parse(data);
    });
}

interface Delta {
  readonly [name: string]: unknown;
}

/** What a tolerant client holds after a stream: it joins strings and lists, and tool calls by their index. */
export function assemble(frames: readonly unknown[]) {
  const message: Record<string, unknown> = {};
  const calls: Record<string, unknown>[] = [];
  for (const frame of frames) {
    if (typeof frame !== "object" || frame === null || !("choices" in frame)) continue;
    for (const choice of frame.choices as { delta: Delta }[]) {
      const { tool_calls = [], ...rest } = choice.delta;
      merge(message, rest);
      for (const { index, ...call } of tool_calls as { index: number }[]) {
        calls[index] ??= {};
        merge(calls[index], call);
      }
    }
  }
  return { ...message, role: "assistant", ...(calls.length > 0 ? { tool_calls: calls } : {}) };
}

function merge(into: Record<string, unknown>, from: object): void {
  for (const [name, value] of Object.entries(from)) {
    const before = into[name];
    if (typeof before === "string" && typeof value === "string") into[name] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) into[name] = [...before, ...value];
    else if (typeof before === "object" && before !== null && typeof value === "object" && value !== null) {
      merge(before as Record<string, unknown>, value);
    } else if (value !== null || before === undefined) into[name] = value;
  }
}
