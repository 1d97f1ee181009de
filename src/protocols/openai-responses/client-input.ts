import { type DraftMessage, type DraftPart, placeSignatures, readThoughts } from "../../llm/place-signatures.ts";
import type { Message, TextPart, ToolResult } from "../../llm/request.ts";
import { type CarriedSignature, readCarried } from "../../llm/signature.ts";
import { type JsonRecord, oneOf, optionalList, optionalString, readRecord, readString, wrongField } from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { readInputParts, readOutputParts, readTextParts } from "./client-content.ts";
import { CUSTOM_INPUT, neutralName, type Toolbox } from "./client-tools.ts";
import { mediaTypeOf } from "./image-format.ts";

export interface Conversation {
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
  /** Items that were left out, by path: traces of tools that OpenAI ran itself, whose outcome the answer behind them tells. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * `input`: a text or a list of items. A run of what the assistant made (thoughts, texts, calls) is one message, a run of results
 * another; system and developer texts at the beginning stand before the conversation.
 */
export function readInput(value: unknown, toolbox: Toolbox): Conversation {
  if (typeof value === "string") {
    return { system: [], messages: [{ role: "user", parts: [{ type: "text", text: value }] }], extra: {} };
  }
  if (!Array.isArray(value)) throw wrongField("input", "a string or an array");
  const draft: Draft = { toolbox, system: [], messages: [], run: null, extra: {} };
  for (const [index, item] of value.entries()) {
    readItem(readRecord(item, `input[${index}]`), `input[${index}]`, draft);
  }
  return { system: draft.system, messages: settle(draft.messages), extra: draft.extra };
}

/** Signatures whose call is gone leave nothing behind. */
function settle(messages: readonly DraftMessage[]): Message[] {
  return placeSignatures(messages).filter((message) => message.role !== "assistant" || message.parts.length > 0);
}

type Run =
  | { readonly role: "assistant"; readonly parts: DraftPart[] }
  | { readonly role: "tool"; readonly results: ToolResult[] };

interface Draft {
  readonly toolbox: Toolbox;
  readonly system: TextPart[];
  readonly messages: DraftMessage[];
  /** The last message, while it may still grow. */
  run: Run | null;
  readonly extra: Record<string, unknown>;
}

/** Made and run by OpenAI: nothing to tell another vendor. Everything else that we do not know changes what was said: 400. */
const TRACES = new Set([
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "mcp_list_tools",
  "mcp_call",
  "tool_search_call",
  "tool_search_output",
]);

function readItem(item: JsonRecord, path: string, draft: Draft): void {
  const type = item.type ?? (item.role === undefined && item.id !== undefined ? "item_reference" : "message");
  switch (type) {
    case "message":
      readMessage(item, path, draft);
      break;
    case "reasoning":
      readReasoning(item, path, draft);
      break;
    case "function_call":
      readCall(item, path, draft, readString(item.arguments, `${path}.arguments`));
      break;
    case "custom_tool_call": {
      const input = readString(item.input, `${path}.input`);
      readCall(item, path, draft, JSON.stringify({ [CUSTOM_INPUT]: input }));
      break;
    }
    case "function_call_output":
    case "custom_tool_call_output":
      readResult(item, path, draft);
      break;
    case "image_generation_call":
      readImage(item, path, draft);
      break;
    case "additional_tools": // read with the tools
      break;
    case "item_reference":
      throw unsupported(path, "items stored at OpenAI cannot be reached by this model; send the item itself.");
    default:
      if (typeof type === "string" && TRACES.has(type)) draft.extra[path] = item;
      else throw unsupported(path, `items of type ${JSON.stringify(type)} cannot be sent to this model.`);
  }
}

function readMessage(item: JsonRecord, path: string, draft: Draft): void {
  const role = oneOf(item.role, ["user", "assistant", "system", "developer"], `${path}.role`);
  const content = item.content;
  switch (role) {
    case "assistant":
      assistantRun(draft).push(...readOutputParts(content, `${path}.content`));
      return;
    case "user":
      push(draft, { role, parts: readInputParts(content, `${path}.content`) });
      return;
    default: {
      const parts = readTextParts(content, `${path}.content`);
      if (draft.messages.length === 0) draft.system.push(...parts);
      else push(draft, { role, parts });
    }
  }
}

/** Thoughts, or a signature that belongs to what stands beside it. Without text and without a signature that holds: nothing. */
function readReasoning(item: JsonRecord, path: string, draft: Draft): void {
  const text = readSummary(item, path);
  const encrypted = optionalString(item.encrypted_content, `${path}.encrypted_content`);
  const carried = encrypted === null ? null : readCarried(encrypted, "openai");
  const parts = readThoughts(text, withItemId(carried, optionalString(item.id, `${path}.id`)));
  if (parts.length > 0) assistantRun(draft).push(...parts);
}

/** OpenAI's own reasoning item goes back under its own id. */
function withItemId(carried: CarriedSignature | null, id: string | null): CarriedSignature | null {
  if (carried?.signature.vendor !== "openai" || carried.signature.id !== undefined || id === null) return carried;
  return { ...carried, signature: { ...carried.signature, id } };
}

/** Full thoughts (open models) before their summary. */
function readSummary(item: JsonRecord, path: string): string {
  const texts = (field: "content" | "summary") =>
    optionalList(item[field], `${path}.${field}`).map((part, index) => {
      const at = `${path}.${field}[${index}]`;
      return readString(readRecord(part, at).text, `${at}.text`);
    });
  const content = texts("content");
  return (content.length > 0 ? content : texts("summary")).join("\n\n");
}

function readCall(item: JsonRecord, path: string, draft: Draft, args: string): void {
  const id = readString(item.call_id, `${path}.call_id`);
  assistantRun(draft).push({
    type: "tool_call",
    id,
    name: toolName(item, path, draft, readString(item.name, `${path}.name`)),
    arguments: args === "" ? "{}" : args,
    signature: null,
  });
}

function readResult(item: JsonRecord, path: string, draft: Draft): void {
  const name = optionalString(item.name, `${path}.name`);
  const result: ToolResult = {
    callId: readString(item.call_id, `${path}.call_id`),
    name: name === null ? null : toolName(item, path, draft, name),
    parts: readInputParts(item.output, `${path}.output`),
    isError: false, // the format has no word for it
  };
  if (draft.run?.role === "tool") draft.run.results.push(result);
  else start(draft, { role: "tool", results: [result] });
}

function toolName(item: JsonRecord, path: string, { toolbox }: Draft, name: string): string {
  return neutralName(toolbox, name, optionalString(item.namespace, `${path}.namespace`));
}

function readImage(item: JsonRecord, path: string, draft: Draft): void {
  const base64 = optionalString(item.result, `${path}.result`);
  if (base64 === null) return; // nothing was drawn
  assistantRun(draft).push({
    type: "image",
    mediaType: mediaTypeOf(optionalString(item.output_format, `${path}.output_format`)),
    source: { kind: "data", base64 },
    name: null,
    detail: null,
  });
}

function assistantRun(draft: Draft): DraftPart[] {
  if (draft.run?.role === "assistant") return draft.run.parts;
  const parts: DraftPart[] = [];
  start(draft, { role: "assistant", parts });
  return parts;
}

function start(draft: Draft, run: Run): void {
  push(draft, run);
  draft.run = run;
}

function push(draft: Draft, message: DraftMessage): void {
  draft.run = null;
  draft.messages.push(message);
}
