import { type CheckedStream, isObject, type Json, nothingSaid, parsed, rules } from "./said.ts";
import type { SseFrame } from "./sse-frames.ts";

interface Call {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  args: string;
}

/** `chat.completion.chunk` frames: one envelope, one choice, calls that keep their identity, usage once and last. */
export function checkChat(frames: readonly SseFrame[]): CheckedStream {
  const problems: string[] = [];
  const chunks = rules("openai.chunks", problems);
  const usageOnce = rules("openai.usage_once", problems);
  const identity = rules("openai.tool_identity_stable", problems);
  const said = nothingSaid();
  const calls: Call[] = [];
  const choices = new Map<number, { finish: string | null }>();
  let head: Json = null;
  let isDone = false;
  let usageChunks = 0;

  const readCall = (call: Json) => {
    if (!identity(Number.isInteger(call.index), "a call without an index")) return;
    const known = calls[call.index];
    const args = call.function?.arguments;
    if (known === undefined) {
      identity(call.index === calls.length, `call ${call.index} begins as number ${calls.length}`);
      identity(typeof call.id === "string" && call.id !== "", "a call begins without an id");
      identity(call.type === "function", "a call begins without its type");
      identity(typeof call.function?.name === "string" && call.function.name !== "", "a call begins without a name");
      identity(!calls.some(({ id }) => id === call.id), "two calls have one id");
      calls[call.index] = { id: call.id, type: call.type, name: call.function?.name, args: args ?? "" };
      return;
    }
    identity((call.id ?? known.id) === known.id, "a call's id changes");
    identity((call.type ?? known.type) === known.type, "a call's type changes");
    identity((call.function?.name ?? known.name) === known.name, "a call's name changes");
    known.args += args ?? "";
  };

  const readChoice = (choice: Json) => {
    if (!chunks(Number.isInteger(choice?.index), "a choice without an index")) return;
    if (!chunks(isObject(choice.delta), "a choice without a delta")) return;
    let state = choices.get(choice.index);
    const { delta } = choice;
    if (state === undefined) {
      chunks(delta.role === "assistant", "the first delta of a choice has no role");
      state = { finish: null };
      choices.set(choice.index, state);
    }
    const isEmpty = Object.values(delta).every((value) => value === null || value === "");
    chunks(state.finish === null || isEmpty, "content behind finish_reason");
    if (choice.index === 0) {
      said.text += delta.content ?? "";
      said.reasoning += delta.reasoning_content ?? delta.reasoning ?? ""; // of a compatible server, passed as it is
      said.refusal += delta.refusal ?? "";
      for (const call of delta.tool_calls ?? []) readCall(call);
    }
    const finish = choice.finish_reason ?? null;
    if (finish === null) return;
    chunks(state.finish === null, "a second finish_reason");
    chunks(FINISH_REASONS.has(finish), `finish_reason ${JSON.stringify(finish)}`);
    state.finish = finish;
    if (choice.index === 0) said.finish = finish;
  };

  for (const { event, data, json, isWhole } of frames) {
    if (data === null) continue;
    chunks(event === null, "a frame with an event name");
    chunks(isWhole, "a frame without its empty line");
    chunks(!isDone, "a frame behind [DONE]");
    if (data === "[DONE]") {
      isDone = true;
      continue;
    }
    if (!chunks(isObject(json), "a frame that is no JSON object")) continue;
    if (json.error !== undefined) {
      const { message, type } = json.error ?? {};
      chunks(typeof message === "string" && typeof type === "string", "an error without message or type");
      said.error = json.error;
      continue;
    }
    chunks(said.error === null, "a chunk behind the error");
    head ??= json;
    chunks(json.object === "chat.completion.chunk", "a chunk that does not say what it is");
    chunks(typeof json.id === "string" && json.id !== "", "a chunk without an id");
    chunks(Number.isInteger(json.created), "a chunk without its time");
    chunks(typeof json.model === "string" && json.model !== "", "a chunk without a model");
    for (const name of ["id", "created", "model"]) chunks(json[name] === head[name], `${name} changes`);
    if (!chunks(Array.isArray(json.choices), "a chunk without choices")) continue;
    if (json.usage) {
      usageChunks++;
      said.usage = json.usage;
      usageOnce(json.choices.length === 0, "usage beside a choice");
    } else usageOnce(usageChunks === 0, "a chunk behind usage");
    for (const choice of json.choices) readChoice(choice);
  }
  usageOnce(usageChunks <= 1, "usage comes more than once");
  if (said.error === null) {
    chunks(isDone, "no [DONE]");
    chunks(choices.size > 0, "no choice");
    for (const [index, { finish }] of choices) chunks(finish !== null, `choice ${index} has no finish_reason`);
  }
  for (const { id, name, args } of calls) {
    identity(said.error !== null || isObject(parsed(args)), `the arguments of ${name} are no JSON object: ${args}`);
    said.calls.push({ id, name, args: parsed(args) });
  }
  return { said, problems };
}

const FINISH_REASONS: ReadonlySet<unknown> = new Set([
  "stop",
  "length",
  "tool_calls",
  "content_filter",
  "function_call",
]);
