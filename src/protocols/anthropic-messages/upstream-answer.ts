import type { LlmAnswer } from "../../llm/answer.ts";
import type { OutputPart } from "../../llm/request.ts";
import type { DecodeContext } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { brokenFormat, failedAnswer } from "../upstream-failure.ts";
import { readCitations } from "./client-content.ts";
import { readFinish } from "./finish.ts";
import { readAnthropicUsage } from "./usage.ts";

/** A whole message. Throws GatewayError 502 when it is none. */
export function decodeAnswer(body: unknown, context: DecodeContext): LlmAnswer {
  if (!isRecord(body) || !Array.isArray(body.content)) {
    throw failedAnswer(brokenFormat("The upstream's answer is not a message."));
  }
  const blocks: unknown[] = body.content;
  return {
    id: typeof body.id === "string" ? body.id : null,
    model: typeof body.model === "string" ? body.model : null,
    choices: [
      { parts: blocks.flatMap((block) => (isRecord(block) ? partOf(block, context) : [])), finish: readFinish(body) },
    ],
    usage: readAnthropicUsage(body.usage),
    rawUsage: body.usage ?? null,
  };
}

/** What Anthropic's own tools did on the way (server_tool_use and results) is no part of the answer for others. */
function partOf(block: JsonRecord, { toolNames, newCallId }: DecodeContext): OutputPart[] {
  switch (block.type) {
    case "text": {
      const citations = readCitations(block.citations);
      const text = textOf(block.text);
      if (text === "") return [];
      return [{ type: "text", text, ...(citations.length === 0 ? {} : { citations }) }];
    }
    case "thinking": {
      const value = textOf(block.signature);
      const text = textOf(block.thinking);
      if (text === "" && value === "") return [];
      return [
        {
          type: "reasoning",
          text,
          signature: value === "" ? null : { vendor: "anthropic", value },
          redacted: false,
        },
      ];
    }
    case "redacted_thinking":
      return [
        {
          type: "reasoning",
          text: "",
          signature: { vendor: "anthropic", value: textOf(block.data) },
          redacted: true,
        },
      ];
    case "tool_use": {
      const name = textOf(block.name);
      return [
        {
          type: "tool_call",
          id: textOf(block.id) || newCallId(),
          name: toolNames.get(name) ?? name,
          arguments: JSON.stringify(block.input ?? {}),
          signature: null,
        },
      ];
    }
    default:
      return [];
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
