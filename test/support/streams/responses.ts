import { isDeepStrictEqual } from "node:util";
import { type CheckedStream, isObject, type Json, nothingSaid, parsed, rules } from "./said.ts";
import type { SseFrame } from "./sse-frames.ts";

interface Part {
  text: string;
  isDone: boolean;
}
interface Item {
  readonly begun: Json;
  readonly parts: Map<string, Part>;
  args: string;
  done: Json;
}

const TERMINAL = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** Required by the SDK's typing of Response, and read by it without asking. */
const REQUIRED = [
  "id",
  "object",
  "created_at",
  "status",
  "model",
  "output",
  "tools",
  "tool_choice",
  "metadata",
] as const;

/** Numbered events named by their type; items one by one, each added, filled and done; the terminal event repeats them. */
export function checkResponses(frames: readonly SseFrame[]): CheckedStream {
  const problems: string[] = [];
  const sequence = rules("responses.sequence", problems);
  const lifecycle = rules("responses.lifecycle", problems);
  const said = nothingSaid();
  const items: Item[] = [];
  let number = 0;
  let responseId: unknown = null;
  let terminal: string | null = null;

  const partOf = (item: Item, json: Json): Part | undefined => item.parts.get(keyOf(json));

  const onItem = (type: string, json: Json) => {
    if (type === "response.output_item.added") {
      lifecycle(
        items.every(({ done }) => done !== null),
        "an item begins before the one before it is done",
      );
      lifecycle(json.output_index === items.length, `item ${json.output_index} begins as number ${items.length}`);
      lifecycle(typeof json.item?.id === "string" && json.item.id !== "", "an item without an id");
      lifecycle(!items.some(({ begun }) => begun.id === json.item.id), "two items have one id");
      items.push({ begun: json.item, parts: new Map(), args: "", done: null });
      return;
    }
    const item = items[json.output_index];
    if (!lifecycle(item !== undefined, `${type} for an item that never began`) || item === undefined) return;
    lifecycle(item.done === null, `${type} for an item that is done`);
    lifecycle(json.item_id === undefined || json.item_id === item.begun.id, `${type} names another item`);
    const part = partOf(item, json);
    switch (type) {
      case "response.output_item.done":
        lifecycle(
          [...item.parts.values()].every(({ isDone }) => isDone),
          "an item is done before its parts",
        );
        lifecycle(json.item.id === item.begun.id && json.item.type === item.begun.type, "an item ends as another");
        item.done = json.item;
        break;
      case "response.content_part.added":
      case "response.reasoning_summary_part.added":
        lifecycle(part === undefined, "a part is added twice");
        item.parts.set(keyOf(json), { text: "", isDone: false });
        break;
      case "response.content_part.done":
      case "response.reasoning_summary_part.done":
        lifecycle((json.part?.text ?? json.part?.refusal) === part?.text, "a part ends with another text");
        if (part !== undefined) part.isDone = true;
        break;
      case "response.output_text.delta":
      case "response.refusal.delta":
      case "response.reasoning_summary_text.delta":
        if (!lifecycle(part !== undefined && !part.isDone, `${type} for a part that is not open`)) break;
        if (part !== undefined) part.text += json.delta;
        break;
      case "response.output_text.done":
      case "response.refusal.done":
      case "response.reasoning_summary_text.done":
        lifecycle((json.text ?? json.refusal) === part?.text, `${type} with another text`);
        break;
      case "response.function_call_arguments.delta":
        item.args += json.delta;
        break;
      case "response.function_call_arguments.done":
        lifecycle(json.arguments === item.args, "arguments that are not the sum of their deltas");
    }
  };

  const onEnd = (type: string, response: Json) => {
    terminal = type;
    said.finish = response?.incomplete_details?.reason ?? response?.status ?? null;
    said.usage = response?.usage ?? null;
    if (type === "response.failed") {
      lifecycle(typeof response?.error?.message === "string", "a failure without an error");
      said.error = response?.error;
      return;
    }
    for (const name of REQUIRED) lifecycle(response?.[name] !== undefined, `the response has no ${name}`);
    lifecycle(
      items.every(({ done }) => done !== null),
      `${type} before all items are done`,
    );
    lifecycle(
      isDeepStrictEqual(
        response?.output,
        items.map(({ done }) => done),
      ),
      `${type} repeats other items`,
    );
    lifecycle(Number.isInteger(response?.usage?.total_tokens), `${type} without usage`);
  };

  for (const { event, data, json, isWhole } of frames) {
    if (data === null) continue;
    if (!sequence(isObject(json), `a frame that is no JSON object: ${data.slice(0, 40)}`)) continue;
    const { type } = json;
    sequence(event === type, `event ${event} carries type ${type}`);
    sequence(isWhole, "a frame without its empty line");
    sequence(json.sequence_number === number, `${type} is number ${json.sequence_number}, not ${number}`);
    lifecycle(terminal === null && said.error === null, `${type} behind the end`);
    const place = number++;
    if (type === "keepalive") continue;
    if (type === "error") {
      said.error = { message: json.message, code: json.code };
      continue;
    }
    lifecycle((type === "response.created") === (place === 0), `${type} as event ${place}`);
    if (place === 1) lifecycle(type === "response.in_progress" || TERMINAL.has(type), `${type} before in_progress`);
    if (isObject(json.response)) {
      responseId ??= json.response.id;
      lifecycle(/^resp_/.test(json.response.id) && json.response.id === responseId, "the response's id changes");
    }
    if (TERMINAL.has(type)) onEnd(type, json.response);
    else if (place > 1) onItem(type, json);
  }
  lifecycle(terminal !== null || said.error !== null, "no end");
  for (const { begun, done, parts, args } of items) {
    for (const [key, { text }] of parts) {
      if (key.startsWith("summary")) said.reasoning += text;
      else if (done?.content?.[Number(key)]?.type === "refusal") said.refusal += text;
      else said.text += text;
    }
    if (begun.type === "function_call") said.calls.push({ id: begun.call_id, name: begun.name, args: parsed(args) });
  }
  return { said, problems };
}

function keyOf({ content_index, summary_index }: Json): string {
  return summary_index === undefined ? `${content_index}` : `summary ${summary_index}`;
}
