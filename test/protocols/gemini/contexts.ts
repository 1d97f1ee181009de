import type { LlmEvent } from "../../../src/llm/event.ts";
import { EMPTY_REQUEST, type LlmRequest } from "../../../src/llm/request.ts";
import type { ModelTraits } from "../../../src/llm/traits.ts";
import type { AnswerContext, DecodeContext, UpstreamTarget } from "../../../src/protocols/codec.ts";
import { geminiClient } from "../../../src/protocols/gemini/codec.ts";

export const LEVEL: ModelTraits = {
  thinking: "level",
  sampling: true,
  toolsNeedResponses: false,
  maxOutputTokens: 65_536,
  efforts: ["low", "medium", "high"],
  structuredOutput: true,
};
export const BUDGET: ModelTraits = { ...LEVEL, thinking: "budget", efforts: ["none", "low", "medium", "high"] };
export const PLAIN: ModelTraits = { ...LEVEL, thinking: "none", sampling: false, structuredOutput: false };

/** A client whose names can be told from the neutral ones. */
export const target = (model = "gemini-3.1-pro", traits = LEVEL): UpstreamTarget => ({
  kind: "gemini",
  model,
  traits,
  quirks: new Set(),
  fieldName: (field) => `my_${field}`,
});
export const old = target("gemini-2.5-flash", BUDGET);

export const ask = (change: Partial<LlmRequest> = {}): LlmRequest => ({
  ...EMPTY_REQUEST,
  model: "m",
  messages: [{ role: "user", parts: [{ type: "text", text: "x" }] }],
  ...change,
});

export const decoding = (toolNames: ReadonlyMap<string, string> = new Map()): DecodeContext => {
  let made = 0;
  return { kind: "gemini", model: "gemini-3.1-pro", toolNames, newCallId: () => `made_${++made}` };
};

export const answering = (request = ask()): AnswerContext => ({
  requestId: "req_1",
  model: "alias",
  createdAtMs: 1_790_000_000_000,
  request,
  body: {},
});

/** All frames that a client gets for these events, parsed; each must be data alone. */
export function framesOf(events: readonly LlmEvent[]): Record<string, unknown>[] {
  const encoder = geminiClient.encodeStream(answering());
  const text = events.map((event) => encoder.push(event)).join("") + encoder.end();
  return text
    .split("\n\n")
    .slice(0, -1)
    .map((frame) => {
      if (!/^data: [^\n]+$/.test(frame)) throw new Error(`not a data frame: ${frame}`);
      return JSON.parse(frame.slice(6));
    });
}
