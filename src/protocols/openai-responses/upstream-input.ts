import type { LlmRequest, Message, OutputPart, ToolResult } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import type { ToolNames } from "../tool-names.ts";
import { writeContent, writePart } from "./upstream-content.ts";

/**
 * The conversation as input items, in the client's order (wire.md 2.1). System texts become items too: `instructions` would stand
 * before those that come later.
 */
export function writeInput(request: LlmRequest, target: UpstreamTarget, names: ToolNames): unknown[] {
  const callId = shortIds();
  const items: unknown[] = [];
  if (request.system.length > 0) items.push({ role: "developer", content: writeContent(request.system, target) });
  for (const message of request.messages) items.push(...writeMessage(message, { target, names, callId }));
  return items;
}

interface Context {
  readonly target: UpstreamTarget;
  readonly names: ToolNames;
  readonly callId: (id: string) => string;
}

function writeMessage(message: Message, context: Context): unknown[] {
  switch (message.role) {
    case "system":
    case "developer":
    case "user":
      return [{ role: message.role, content: writeContent(message.parts, context.target) }];
    case "assistant":
      return writeAssistant(message.parts, context);
    case "tool":
      return message.results.map((result) => writeResult(result, context));
  }
}

/** Thoughts, texts and calls in their order; texts that follow each other are one message. */
function writeAssistant(parts: readonly OutputPart[], { target, names, callId }: Context): unknown[] {
  const items: unknown[] = [];
  let content: unknown[] | null = null;
  const say = (part: unknown) => {
    if (content === null) {
      content = [];
      items.push({ role: "assistant", content });
    }
    content.push(part);
  };
  for (const part of withoutLastThoughts(parts)) {
    switch (part.type) {
      case "text":
        if (part.text !== "") say({ type: "output_text", text: part.text });
        break;
      case "refusal":
        say({ type: "refusal", refusal: part.text });
        break;
      case "reasoning": {
        const item = writeReasoning(part);
        if (item === null) break;
        content = null;
        items.push(item);
        break;
      }
      case "tool_call":
        content = null;
        items.push({
          type: "function_call",
          call_id: callId(part.id),
          name: names.toUpstream(part.name),
          arguments: part.arguments,
        });
        break;
      default: // an image of the model's: only a user's item can hold one
        content = null;
        items.push({ role: "user", content: [{ type: "input_text", text: MADE }, writePart(part, target)] });
    }
  }
  return items;
}

const MADE = "(made by the assistant:)";

/** OpenAI refuses a reasoning item that nothing follows ("provided without its required following item"). */
function withoutLastThoughts(parts: readonly OutputPart[]): readonly OutputPart[] {
  const last = parts.findLastIndex((part) => part.type !== "reasoning" && !(part.type === "text" && part.text === ""));
  return parts.slice(0, last + 1);
}

/** Only what OpenAI encrypted itself is worth anything to it; thoughts without that are left out. */
function writeReasoning({ text, signature }: Extract<OutputPart, { type: "reasoning" }>): unknown {
  if (signature?.vendor !== "openai") return null;
  return {
    type: "reasoning",
    ...(signature.id === undefined ? {} : { id: signature.id }),
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    encrypted_content: signature.value,
  };
}

/** The format has no word for a failure: it is said in the output. */
function writeResult(result: ToolResult, { target, callId }: Context): unknown {
  const output = writeContent(result.parts, target);
  return {
    type: "function_call_output",
    call_id: callId(result.callId),
    output: result.isError ? markError(output) : output,
  };
}

function markError(output: string | unknown[]): string | unknown[] {
  if (typeof output === "string") return output === "" ? "Error" : `Error: ${output}`;
  return [{ type: "input_text", text: "Error:" }, ...output];
}

/** OpenAPI: a call id has at most 64 characters. Others' may be longer: they get a number, in order, so that prompts stay alike. */
function shortIds(): (id: string) => string {
  const short = new Map<string, string>();
  return (id) => {
    if (id.length <= 64) return id;
    const known = short.get(id) ?? `call_long_${short.size + 1}`;
    short.set(id, known);
    return known;
  };
}
