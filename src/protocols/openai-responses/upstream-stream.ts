import type { LlmEvent } from "../../llm/event.ts";
import type { GatewayErrorLike } from "../../llm/failure.ts";
import { parseRecord } from "../answer.ts";
import type { DecodeContext, StreamDecoder } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { readOpenAiUsage } from "../openai-chat/usage.ts";
import { brokenFormat } from "../upstream-failure.ts";
import { createBlockSink } from "./stream-blocks.ts";
import { createItemReader } from "./stream-items.ts";
import { readError } from "./upstream-errors.ts";
import { finishOf, recordsOf, textOf } from "./upstream-items.ts";

/**
 * Reads the events of a Response by their type. Deltas pass as they come; whatever comes whole only (arguments in `done`, items in
 * the terminal event, citations in a finished part) is caught up with there, so that a sparse stream loses nothing.
 */
export function decodeStream(context: DecodeContext): StreamDecoder {
  let out: LlmEvent[] = [];
  let state: "running" | "finished" | "failed" = "running";
  const send = (event: LlmEvent) => {
    out.push(event);
  };
  const sink = createBlockSink(send);
  const items = createItemReader(sink, context);

  const fail = (error: GatewayErrorLike) => {
    state = "failed";
    send({ type: "error", error });
  };

  const finish = (response: JsonRecord, isIncomplete: boolean) => {
    sink.start(response);
    for (const [output_index, item] of recordsOf(response.output).entries()) items.complete({ output_index }, item);
    items.endAll();
    const usage = readOpenAiUsage(response.usage);
    if (usage !== null) send({ type: "usage", usage, raw: response.usage });
    send({ type: "finish", choice: 0, reason: finishOf(response, isIncomplete, items.hasCalls) });
    state = "finished";
  };

  const read = (event: JsonRecord, type: string) => {
    const response = isRecord(event.response) ? event.response : {};
    switch (type) {
      case "response.created":
      case "response.in_progress":
      case "response.queued":
        sink.start(response);
        break;
      case "response.output_item.added":
        if (isRecord(event.item)) items.begin(event, event.item);
        break;
      case "response.output_item.done":
        if (isRecord(event.item)) items.complete(event, event.item);
        break;
      case "response.output_text.delta":
        items.text(event, "text");
        break;
      case "response.refusal.delta":
        items.text(event, "refusal");
        break;
      case "response.output_text.annotation.added":
        items.cite(event);
        break;
      case "response.content_part.done":
        if (isRecord(event.part)) items.completePart(event, event.part);
        break;
      case "response.reasoning_summary_text.delta":
        items.think(event, "summary");
        break;
      case "response.reasoning_text.delta":
        items.think(event, "content");
        break;
      case "response.function_call_arguments.delta":
        items.args(event);
        break;
      case "response.completed":
      case "response.incomplete":
        finish(response, type === "response.incomplete" || response.status === "incomplete");
        break;
      case "response.failed":
        fail(readError(response.error));
        break;
      case "error":
        fail(readError(isRecord(event.error) ? event.error : event));
        break;
      default: // keepalive, steps of OpenAI's own tools, and what is new
        if (!type.startsWith("response.") && event.error != null) fail(readError(event.error));
    }
  };

  return {
    push: (name, data) => {
      if (state !== "running" || data.trim() === "" || data === "[DONE]") return NOTHING;
      out = [];
      const event = parseRecord(data);
      if (event === null) fail(brokenFormat("The upstream's stream holds a frame that is not JSON."));
      else read(event, textOf(event.type) || (name ?? ""));
      return out;
    },
    end: () => (state === "finished" ? NOTHING : null),
  };
}

const NOTHING: readonly LlmEvent[] = [];
