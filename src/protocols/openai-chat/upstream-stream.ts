import type { LlmEvent } from "../../llm/event.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import { parseRecord } from "../answer.ts";
import type { DecodeContext, StreamDecoder } from "../codec.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { asRecord } from "../usage.ts";
import { Choices } from "./choices.ts";
import { type ChoiceReader, type Emit, readChoice } from "./upstream-choice.ts";
import { readUpstreamError } from "./upstream-error.ts";
import { readOpenAiUsage } from "./usage.ts";

type Fields = Readonly<Record<string, unknown>>;

const DONE = "[DONE]";

/**
 * Reads `chat.completion.chunk` frames, as OpenAI writes them and as compatible servers do (wire.md 2.6): chunks without choices,
 * Azure's filter chunk, `finish_reason: ""`, usage on every chunk or under another name, errors in the middle.
 */
export function decodeChatStream(context: DecodeContext): StreamDecoder {
  const reader = readChunks(context);
  return {
    push: (event, data) => {
      const events: LlmEvent[] = [];
      const emit: Emit = (each) => events.push(each);
      const text = data.trim();
      if (text === "") return events;
      if (text === DONE) reader.done(emit);
      else {
        const chunk = parseRecord(text);
        if (chunk === null)
          reader.fail(brokenFormat("The upstream's stream holds something that is no JSON object."), emit);
        else reader.chunk(chunk, emit, event === "error");
      }
      return events;
    },
    end: () => (reader.isComplete ? [] : null),
  };
}

/** Chunks of one answer. A whole answer is one chunk with messages in place of deltas. */
export function readChunks(context: DecodeContext) {
  const readers = new Map<number, ChoiceReader>();
  const ends = new Choices();
  let blocks = 0;
  let isStarted = false;
  let isFailed = false;

  const newBlock = () => blocks++;

  const start = ({ id, model }: Fields, emit: Emit) => {
    if (isStarted) return;
    isStarted = true;
    const named = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
    emit({ type: "start", id: named(id), model: named(model) });
  };

  const fail = (error: GatewayErrorLike, emit: Emit) => {
    if (isFailed) return;
    isFailed = true;
    emit({ type: "error", error });
  };

  const readUsage = (value: unknown, emit: Emit) => {
    const usage = readOpenAiUsage(value);
    if (usage !== null) emit({ type: "usage", usage, raw: value });
  };

  const readOne = (choice: Fields, position: number, emit: Emit) => {
    const index = typeof choice.index === "number" ? choice.index : position;
    let reader = readers.get(index);
    if (reader === undefined) {
      reader = readChoice(index, context, newBlock);
      readers.set(index, reader);
    }
    const delta = asRecord(choice.delta) ?? asRecord(choice.message);
    if (delta !== null) reader.delta(delta, emit);
    const raw = typeof choice.finish_reason === "string" && choice.finish_reason !== "" ? choice.finish_reason : null;
    const failure = raw === null ? undefined : FAILURES[raw];
    if (failure !== undefined) {
      fail({ ...failure, message: `The upstream ended its answer with "${raw}".` }, emit);
      return;
    }
    ends.note(index, raw !== null);
    if (raw !== null) reader.finish(raw, emit);
    if (choice.usage !== undefined) readUsage(choice.usage, emit); // Moonshot
  };

  return {
    fail,
    chunk: (chunk: Fields, emit: Emit, isErrorEvent = false) => {
      if (isFailed) return;
      const error = readUpstreamError(chunk, isErrorEvent);
      if (error !== null) {
        fail(error, emit);
        return;
      }
      const list: readonly unknown[] = Array.isArray(chunk.choices) ? chunk.choices : [];
      if (list.length > 0) start(chunk, emit);
      for (const [position, value] of list.entries()) {
        const choice = asRecord(value);
        if (choice !== null && !isFailed) readOne(choice, position, emit);
      }
      if (isFailed) return;
      const usage = chunk.usage ?? asRecord(chunk.x_groq)?.usage;
      if (usage === undefined || usage === null) return;
      start(chunk, emit);
      readUsage(usage, emit);
    },
    /** The format's own end mark: what has no reason to finish has none, but it is whole. */
    done: (emit: Emit) => {
      if (isFailed) return;
      for (const [index, reader] of readers) {
        reader.finish(null, emit);
        ends.note(index, true);
      }
    },
    get isComplete() {
      return !isFailed && ends.areFinished;
    },
  };
}

/** Reasons that are failures: OpenRouter, DeepSeek, Zhipu. */
const FAILURES: Readonly<Record<string, { readonly status: number; readonly code: string } | undefined>> = {
  error: { status: 502, code: "upstream_error" },
  insufficient_system_resource: { status: 503, code: "overloaded" },
  network_error: { status: 502, code: "upstream_error" },
};
