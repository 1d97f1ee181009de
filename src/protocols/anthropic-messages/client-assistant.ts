import { type DraftPart, readThoughts } from "../../llm/place-signatures.ts";
import type { ToolCallPart } from "../../llm/request.ts";
import { readCarried } from "../../llm/signature.ts";
import { readCacheControl } from "../cache-mark.ts";
import { type JsonRecord, optionalRecord, readString, wrongField } from "../fields.ts";
import { type Extra, noteSkipped, readBlocks, skipsServerBlock } from "./client-blocks.ts";
import { readCompaction, readDocument, readImage, readText } from "./client-content.ts";

/** An assistant's turn, its parts in their order; signatures that were carried for others are still to be placed. */
export function readAssistant(content: unknown, path: string, extra: Extra): readonly DraftPart[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return readBlocks(content, path).flatMap((each): readonly DraftPart[] => {
    const { block, at } = each;
    switch (block.type) {
      case "text":
        return [readText(block, at)];
      case "tool_use":
        return [readCall(block, at)];
      case "thinking": {
        const signature = typeof block.signature === "string" ? block.signature : "";
        return readThoughts(readString(block.thinking, `${at}.thinking`), readCarried(signature, "anthropic"));
      }
      case "redacted_thinking":
        return readThoughts("", readCarried(readString(block.data, `${at}.data`), "anthropic"), true);
      case "image":
        return [readImage(block, at)];
      case "document":
        return readDocument(block, at, extra);
      case "compaction":
        return [readCompaction(block, at)];
      case "container_upload": // a file that a tool of Anthropic's made
        noteSkipped(at, extra);
        return [];
      default:
        if (!skipsServerBlock(each, extra)) throw wrongField(`${at}.type`, "a content type of the Messages API");
        return [];
    }
  });
}

function readCall(block: JsonRecord, path: string): ToolCallPart {
  return {
    type: "tool_call",
    id: readString(block.id, `${path}.id`),
    name: readString(block.name, `${path}.name`),
    arguments: JSON.stringify(optionalRecord(block.input, `${path}.input`) ?? {}),
    signature: null,
    ...readCacheControl(block, path),
  };
}
