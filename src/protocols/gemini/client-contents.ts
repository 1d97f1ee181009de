import { type DraftMessage, type DraftPart, placeSignatures } from "../../llm/place-signatures.ts";
import type { InputPart, Message, ReasoningPart, TextPart, ToolResult } from "../../llm/request.ts";
import { oneOf, wrongField } from "../fields.ts";
import { isInput, type ReadPart, readPart } from "./client-parts.ts";
import { pairCalls } from "./pairing.ts";
import { keepRest, listOf, readFields } from "./spelling.ts";

const ROLES = ["user", "model", "function"] as const;

/**
 * `contents` as messages. Google's chat helpers keep every chunk of a streamed answer as a content of its own, so neighbouring
 * contents of the model are one turn, and their pieces of text and thought one part.
 */
export function readContents(value: unknown, path: string, extra: Record<string, unknown>): Message[] {
  const list = listOf(value);
  if (list.length === 0) throw wrongField(path, "an array of at least one content");
  const context = { calls: pairCalls(), extra };
  const turns = createTurns();
  list.forEach((each, index) => {
    const at = Array.isArray(value) ? `${path}[${index}]` : path;
    if (typeof each === "string") {
      turns.user([{ type: "text", text: each }]);
      return;
    }
    const fields = readFields(each, at);
    const given = fields.get("role");
    const role = given === undefined || given === "" ? "user" : oneOf(given, ROLES, fields.path("role"));
    const list = listOf(fields.get("parts"));
    // A model that said nothing is in the histories of Google's own helpers.
    if (list.length === 0 && role !== "model") throw wrongField(fields.path("parts"), "an array of at least one part");
    const outputs: DraftPart[] = [];
    const said: UserPart[] = [];
    list.forEach((part, number) => {
      const place = `${fields.path("parts")}[${number}]`;
      for (const read of readPart(part, place, context)) {
        if (role === "model") outputs.push(outputOf(read, place));
        else if (read.type === "tool_call") throw wrongField(place, "a part of the user, not a functionCall");
        else if (read.type === "result" || isInput(read)) said.push(read);
      }
    });
    keepRest(fields, extra);
    if (role === "model") turns.model(outputs);
    else turns.user(said);
  });
  return placeSignatures(turns.messages);
}

/** The text of a content that has nothing else (`systemInstruction`). */
export function readTexts(value: unknown, path: string, extra: Record<string, unknown>): TextPart[] {
  if (typeof value === "string") return value === "" ? [] : [{ type: "text", text: value }];
  const fields = readFields(value, path);
  fields.get("role");
  const parts = listOf(fields.get("parts")).map((each, index) => {
    const at = `${fields.path("parts")}[${index}]`;
    const [part] = readPart(each, at, { calls: pairCalls(), extra });
    if (part?.type !== "text") throw wrongField(at, "a part with text");
    return part;
  });
  keepRest(fields, extra);
  return parts.filter(({ text }) => text !== "");
}

type UserPart = InputPart | Extract<ReadPart, { type: "result" }>;

function outputOf(part: ReadPart, path: string): DraftPart {
  if (part.type === "result") throw wrongField(path, "a part of the model, not a functionResponse");
  return part;
}

function createTurns() {
  const messages: DraftMessage[] = [];
  /** The open turn of each side: a new one begins when the other side has spoken. */
  let output: DraftPart[] | null = null;
  let results: ToolResult[] | null = null;
  return {
    messages,
    model(parts: readonly DraftPart[]) {
      if (parts.length === 0) return;
      results = null;
      if (output === null) {
        output = [];
        messages.push({ role: "assistant", parts: output });
      }
      for (const part of parts) addOutput(output, part);
    },
    /** Results stand before everything else the user says in that turn, as the other formats demand. */
    user(parts: readonly UserPart[]) {
      output = null;
      const said = parts.filter((part) => part.type !== "result");
      for (const part of parts) {
        if (part.type !== "result") continue;
        if (results === null) {
          results = [];
          messages.push({ role: "tool", results });
        }
        results.push(part.result);
      }
      if (said.length > 0) messages.push({ role: "user", parts: said });
    },
  };
}

/** A signature ends its part: pieces are joined until then. */
function addOutput(parts: DraftPart[], part: DraftPart): void {
  const last = parts.at(-1);
  if (part.type === "text") {
    if (last?.type === "text" && last.signature === undefined) {
      parts[parts.length - 1] = { ...part, text: last.text + part.text };
    } else if (part.text !== "" || part.signature !== undefined) {
      parts.push(part);
    }
  } else if (part.type === "reasoning" && isOpenThought(last) && !part.redacted) {
    parts[parts.length - 1] = { ...part, text: last.text + part.text };
  } else if (part.type !== "reasoning" || part.text !== "" || part.signature !== null) {
    parts.push(part);
  }
}

function isOpenThought(part: DraftPart | undefined): part is ReasoningPart {
  return part?.type === "reasoning" && part.signature === null;
}
