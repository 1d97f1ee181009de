import { decodeLatin1 } from "../../lib/bytes.ts";
import { parseRecord } from "../answer.ts";
import type { StreamWatcher, WatchOptions } from "../protocol.ts";
import { createWatcher, type MutableFacts, toLatin1, type Verdict } from "../stream.ts";
import { asRecord } from "../usage.ts";
import { positionOfCall, type SeenCall } from "./call-index.ts";
import { Choices } from "./choices.ts";
import { readOpenAiUsage } from "./usage.ts";

/**
 * Azure and OpenAI-compatible vendors send chunks that official SDKs stumble over: empty ids and models, no `object`, choices
 * without delta, `finish_reason: ""`, tool calls without index or id, usage on every chunk, Azure's content filter chunk with
 * no choices. Each chunk is parsed; one that is well-formed passes as its own bytes.
 */
export function createRepair(options: WatchOptions): StreamWatcher {
  const chunkObject = options.endpoint === "completions" ? "text_completion" : "chat.completion.chunk";
  const isChat = chunkObject === "chat.completion.chunk";
  let id: string | null = null;
  let created: number | null = null;
  let model: string | null = null;
  let filterResults: unknown;
  const choices = new Map<number, ChoiceState>();
  const ends = new Choices();
  let usageSent = false;

  const usageFrame = (facts: MutableFacts) => {
    if (!options.clientWantsUsage || usageSent || facts.rawUsage === null) return "";
    usageSent = true;
    const chunk = { id, object: chunkObject, created, model, choices: [], usage: JSON.parse(facts.rawUsage) };
    return toLatin1(`data: ${JSON.stringify(chunk)}\n\n`);
  };

  const step = (data: string, facts: MutableFacts): Verdict => {
    if (data === "[DONE]") {
      facts.finished = true;
      const before = usageFrame(facts);
      return before === "" ? "keep" : { replace: `${before}data: [DONE]\n\n` };
    }
    const chunk = parseRecord(decodeLatin1(data));
    if (chunk === null) {
      if (data.trim() === "") return "drop";
      facts.error = data; // not JSON in the middle of a stream: the answer cannot be trusted any more
      return "error";
    }
    if (chunk.error !== undefined && chunk.error !== null && chunk.error !== "") {
      facts.error = data;
      return "error";
    }
    const usage = readOpenAiUsage(chunk.usage);
    if (usage !== null) {
      facts.usage = usage;
      facts.rawUsage = JSON.stringify(chunk.usage);
    }
    const list = Array.isArray(chunk.choices) ? chunk.choices : [];
    if (list.length === 0) {
      if (chunk.prompt_filter_results !== undefined) filterResults = chunk.prompt_filter_results;
      return "drop"; // usage goes out once, right before [DONE]
    }
    facts.hasContent = true;

    let changed = false;
    const set = (target: Record<string, unknown>, name: string, value: unknown) => {
      if (target[name] === value) return;
      target[name] = value;
      changed = true;
    };
    id ??= text(chunk.id) ?? `chatcmpl-${options.requestId}`;
    model ??= text(chunk.model) ?? options.model;
    created ??=
      typeof chunk.created === "number" && chunk.created > 0 ? chunk.created : Math.floor(options.nowMs / 1000);
    set(chunk, "id", id);
    set(chunk, "object", chunkObject);
    set(chunk, "created", created);
    set(chunk, "model", model);
    if (chunk.usage !== undefined && chunk.usage !== null) {
      delete chunk.usage;
      changed = true;
    }
    if (filterResults !== undefined) {
      set(chunk, "prompt_filter_results", filterResults);
      filterResults = undefined;
    }
    for (const [position, value] of list.entries()) {
      const choice = asRecord(value);
      if (choice === null) continue;
      set(choice, "index", typeof choice.index === "number" ? choice.index : position);
      const state = stateOf(choices, choice.index as number);
      set(choice, "finish_reason", finishReason(choice.finish_reason, state));
      ends.note(choice.index as number, choice.finish_reason !== null);
      if (isChat) repairDelta(choice, state, set);
    }
    return changed ? { replace: toLatin1(`data: ${JSON.stringify(chunk)}\n\n`) } : "keep";
  };

  return createWatcher(
    ({ data }, facts) => step(data, facts),
    (facts) => (facts.finished ? "" : ends.areFinished ? `${usageFrame(facts)}data: [DONE]\n\n` : null),
  );
}

interface ChoiceState {
  roleSent: boolean;
  finished: boolean;
  /** The tool calls so far. */
  readonly calls: SeenCall[];
}

type Setter = (target: Record<string, unknown>, name: string, value: unknown) => void;

function repairDelta(choice: Record<string, unknown>, state: ChoiceState, set: Setter): void {
  const delta = asRecord(choice.delta) ?? {};
  set(choice, "delta", delta);
  if (!state.roleSent) {
    set(delta, "role", text(delta.role) ?? "assistant");
    state.roleSent = true;
  }
  if (!Array.isArray(delta.tool_calls)) return;
  for (const value of delta.tool_calls) {
    const call = asRecord(value);
    if (call !== null) repairToolCall(call, state, set);
  }
}

function repairToolCall(call: Record<string, unknown>, state: ChoiceState, set: Setter): void {
  const isNamed = text(asRecord(call.function)?.name) !== null;
  const given = typeof call.index === "number" ? call.index : null;
  const position = positionOfCall({ index: given, id: text(call.id), isNamed }, state.calls);
  set(call, "index", position);
  const known = state.calls[position];
  if (known === undefined) {
    const id = text(call.id) ?? `call_${crypto.randomUUID().replaceAll("-", "")}`;
    state.calls.push({ index: given, id });
    set(call, "id", id);
    set(call, "type", "function");
  } else if (call.id !== undefined) {
    set(call, "id", known.id);
  }
}

function finishReason(value: unknown, state: ChoiceState): string | null {
  const reason = text(value);
  if (reason === null || state.finished) return null;
  state.finished = true;
  return reason;
}

function stateOf(choices: Map<number, ChoiceState>, index: number): ChoiceState {
  let state = choices.get(index);
  if (state === undefined) {
    state = { roleSent: false, finished: false, calls: [] };
    choices.set(index, state);
  }
  return state;
}

/** The string when it says something, else null. */
function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
