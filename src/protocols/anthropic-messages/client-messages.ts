import { type DraftMessage, placeSignatures } from "../../llm/place-signatures.ts";
import type { Message, TextPart, ToolResult } from "../../llm/request.ts";
import { readCacheControl } from "../cache-mark.ts";
import {
  type JsonRecord,
  oneOf,
  optionalBoolean,
  optionalRecord,
  readList,
  readRecord,
  readString,
} from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { readAssistant } from "./client-assistant.ts";
import { type Extra, readBlocks, skipsServerBlock } from "./client-blocks.ts";
import { readInputBlock, readText, readTexts } from "./client-content.ts";

/** The conversation. A system message within it stays where it is (scenario I25). */
export function readMessages(value: unknown, extra: Extra): Message[] {
  return placeSignatures(
    readList(value, "messages").flatMap((item, index) => readMessage(item, `messages[${index}]`, extra)),
  );
}

function readMessage(value: unknown, path: string, extra: Extra): DraftMessage[] {
  const { role, content } = readRecord(value, path);
  const at = `${path}.content`;
  switch (oneOf(role, ["user", "assistant", "system"], `${path}.role`)) {
    case "user":
      return readUser(content, at, extra);
    case "assistant":
      return [{ role: "assistant", parts: readAssistant(content, at, extra) }];
    case "system": {
      const parts = readSystemMessage(content, at, extra);
      return parts.length === 0 ? [] : [{ role: "system", parts }];
    }
  }
}

/**
 * Within the conversation Claude Code also offers declared tools from here on (beta mid-conversation-tool-changes): elsewhere they are
 * there from the start. What it takes away stays, and that is noted.
 */
function readSystemMessage(content: unknown, path: string, extra: Extra): TextPart[] {
  if (!Array.isArray(content)) return readTexts(content, path);
  const texts: TextPart[] = [];
  for (const { block, at } of readBlocks(content, path)) {
    const type = oneOf(block.type, ["text", "tool_addition", "tool_removal"], `${at}.type`);
    if (type === "text") texts.push(readText(block, at));
    else if (type === "tool_removal") extra[at] = block;
    else if (optionalRecord(block.tool, `${at}.tool`)?.type === "tool_definition") {
      throw unsupported(at, "tools must be declared in `tools` for this model.");
    }
  }
  return texts;
}

/** A turn with tool results and words becomes two messages: the results answer the calls, so they stand first. */
function readUser(content: unknown, path: string, extra: Extra): Message[] {
  if (typeof content === "string") return [{ role: "user", parts: [{ type: "text", text: content }] }];
  const blocks = readBlocks(content, path).filter((each) => !skipsServerBlock(each, extra));
  const results = blocks.filter(({ block }) => block.type === "tool_result");
  const parts = blocks
    .filter(({ block }) => block.type !== "tool_result")
    .flatMap(({ block, at }) => readInputBlock(block, at, extra));
  const messages: Message[] = [];
  if (results.length > 0) {
    messages.push({ role: "tool", results: results.map(({ block, at }) => readResult(block, at, extra)) });
  }
  if (parts.length > 0) messages.push({ role: "user", parts });
  return messages;
}

function readResult(block: JsonRecord, path: string, extra: Extra): ToolResult {
  const { content } = block;
  const at = `${path}.content`;
  return {
    callId: readString(block.tool_use_id, `${path}.tool_use_id`),
    name: null,
    parts:
      typeof content === "string"
        ? readTexts(content, at)
        : readBlocks(content ?? [], at).flatMap((each) => readInputBlock(each.block, each.at, extra)),
    isError: optionalBoolean(block.is_error, `${path}.is_error`) ?? false,
    ...readCacheControl(block, path),
  };
}
