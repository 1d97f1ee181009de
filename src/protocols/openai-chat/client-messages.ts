import { type DraftMessage, type DraftPart, placeSignatures } from "../../llm/place-signatures.ts";
import type { Message, TextPart, ToolResult } from "../../llm/request.ts";
import { readCacheMark } from "../cache-mark.ts";
import { type JsonRecord, oneOf, optionalString, readRecord, readString, wrongField } from "../fields.ts";
import { readAssistantParts } from "./client-assistant.ts";
import { readInputParts, readTextParts } from "./client-parts.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;

export interface Conversation {
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
  /** Fields without a neutral name, by path. */
  readonly extra: readonly (readonly [path: string, value: unknown])[];
}

/**
 * System and developer texts before the first other message go to `system`. Results of one turn become one message; a system
 * message wedged between a call and its result moves behind the result, since no other format allows it there (wire.md 2.3).
 */
export function readConversation(value: unknown, path: string): Conversation {
  if (!Array.isArray(value) || value.length === 0) throw wrongField(path, "an array with at least one message");
  const system: TextPart[] = [];
  const messages: DraftMessage[] = [];
  const extra: [string, unknown][] = [];
  const functions = legacyFunctions();
  for (const [index, entry] of value.entries()) {
    const at = `${path}[${index}]`;
    const message = readRecord(entry, at);
    const role = oneOf(message.role, ROLES, `${at}.role`);
    const name = role === "function" ? null : optionalString(message.name, `${at}.name`);
    if (name !== null && role !== "user") extra.push([`${at}.name`, name]);
    switch (role) {
      case "system":
      case "developer": {
        const parts = marked(readTextParts(message.content, `${at}.content`), message, at).filter(
          ({ text }) => text !== "",
        );
        if (messages.length === 0) system.push(...parts);
        else if (parts.length > 0) messages.push({ role, parts });
        break;
      }
      case "user": {
        const parts = marked(readInputParts(message.content, `${at}.content`), message, at);
        messages.push(name === null ? { role, parts } : { role, parts, name });
        break;
      }
      case "assistant":
        messages.push({ role, parts: markedText(readAssistantParts(message, at, functions.call), message, at) });
        break;
      default:
        addResult(messages, readResult(message, at, functions.answer));
    }
  }
  return { system, messages: placeSignatures(messages), extra };
}

function readResult(message: JsonRecord, path: string, idOf: (name: string) => string): ToolResult {
  const isLegacy = message.role === "function";
  const name = isLegacy ? readString(message.name, `${path}.name`) : null;
  const content = message.content ?? "";
  const parts = readInputParts(content, `${path}.content`).filter((part) => part.type !== "text" || part.text !== "");
  return {
    callId: name === null ? readString(message.tool_call_id, `${path}.tool_call_id`) : idOf(name),
    name,
    parts,
    isError: false,
    ...readCacheMark(message, path),
  };
}

function addResult(messages: DraftMessage[], result: ToolResult): void {
  let at = messages.length;
  while (at > 0 && isInstruction(messages[at - 1])) at--;
  const before = messages[at - 1];
  // Wedged only if a turn of calls or results stands before it; else the result has lost its call and stays where it is.
  if (before?.role === "tool") messages[at - 1] = { role: "tool", results: [...before.results, result] };
  else messages.splice(before?.role === "assistant" ? at : messages.length, 0, { role: "tool", results: [result] });
}

function isInstruction(message: DraftMessage | undefined): boolean {
  return message?.role === "system" || message?.role === "developer";
}

/** Clients of Claude also mark whole messages for the cache: that means the message's end. */
function marked<T extends object>(parts: T[], message: JsonRecord, path: string): T[] {
  const mark = readCacheMark(message, path);
  const last = parts.at(-1);
  return mark.cacheControl === undefined || last === undefined ? parts : [...parts.slice(0, -1), { ...last, ...mark }];
}

function markedText(parts: DraftPart[], message: JsonRecord, path: string): DraftPart[] {
  const last = parts.at(-1);
  return last?.type === "text" || last?.type === "tool_call" ? marked(parts, message, path) : parts;
}

/** Legacy functions have no ids: the calls are counted, and a result belongs to the last call of its function. */
function legacyFunctions() {
  let count = 0;
  const last = new Map<string, string>();
  const call = (name: string): string => {
    const id = `call_function_${count++}`;
    last.set(name, id);
    return id;
  };
  return { call, answer: (name: string): string => last.get(name) ?? call(name) };
}
