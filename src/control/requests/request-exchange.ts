import type { LlmEvent } from "../../llm/event.ts";
import type { InputPart, LlmRequest, MediaPart, Message, OutputPart } from "../../llm/request.ts";
import { CONVERSATIONS } from "../../providers/wires.ts";
import type { ChatToolCall, ChatToolResult } from "../../store/chat-types.ts";
import type { LogDetail, StoredContent } from "../../store/reports.ts";
import { AnswerBuffer } from "../chat/chat-answer.ts";
import type { ControlDeps } from "../deps.ts";

export const EXCHANGE_ROLES = ["system", "user", "assistant", "tool"] as const;

/** What was said, whatever format it was said in. */
export interface ExchangeMessage {
  readonly role: (typeof EXCHANGE_ROLES)[number];
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ChatToolCall[];
  readonly toolResults: readonly ChatToolResult[];
  /** Pictures, sounds and files. */
  readonly media: readonly MediaPart[];
}

export interface RequestExchange {
  /** Null when the request could not be read: cut off, or no request of this format. */
  readonly request: LlmRequest | null;
  /** The conversation with its answer, as far as there is one. */
  readonly messages: readonly ExchangeMessage[];
  readonly answer: ExchangeMessage | null;
  /** A body was longer than what is kept. */
  readonly isTruncated: boolean;
}

/** Null when no bodies were kept, or when the request was no conversation. */
export function readExchange({ dialogue }: Pick<ControlDeps, "dialogue">, detail: LogDetail): RequestExchange | null {
  const { content, endpoint, protocol: format, requestedModel: model } = detail;
  if (content === null || content.requestBody === null || !CONVERSATIONS.has(endpoint)) return null;
  const request = readRequest(dialogue, { format, body: content.requestBody, model });
  const answer = detail.httpStatus < 400 ? readAnswer(dialogue, { format, content, model }) : null;
  const asked = request === null ? [] : [...request.system.map(systemText), ...request.messages.flatMap(readMessage)];
  return { request, messages: answer === null ? asked : [...asked, answer], answer, isTruncated: content.truncated };
}

type Dialogue = ControlDeps["dialogue"];

function readRequest(dialogue: Dialogue, kept: Parameters<Dialogue["readRequest"]>[0]): LlmRequest | null {
  try {
    return dialogue.readRequest(kept);
  } catch {
    return null; // refused then, too; or cut off where no more of it was kept
  }
}

function readAnswer(
  dialogue: Dialogue,
  { format, content, model }: { format: LogDetail["protocol"]; content: StoredContent; model: string },
): ExchangeMessage | null {
  if (content.responseBody === null) return null;
  const events = dialogue.readAnswer({ format, body: content.responseBody, model });
  return events.length === 0 ? null : foldMessage(events);
}

function foldMessage(events: readonly LlmEvent[]): ExchangeMessage {
  const buffer = new AnswerBuffer();
  for (const event of events) buffer.push(event);
  const { text, reasoning, toolCalls } = buffer.content();
  const media = buffer.media.map(({ mediaType, bytes }): MediaPart => {
    const base64 = Buffer.from(bytes).toString("base64");
    return { type: "image", mediaType, source: { kind: "data", base64 }, name: null, detail: null };
  });
  return { ...NOTHING, role: "assistant", text, reasoning, toolCalls, media };
}

const NOTHING = { text: "", reasoning: "", toolCalls: [], toolResults: [], media: [] } as const;

function systemText({ text }: { readonly text: string }): ExchangeMessage {
  return { ...NOTHING, role: "system", text };
}

function readMessage(message: Message): ExchangeMessage[] {
  switch (message.role) {
    case "system":
    case "developer":
      return [{ ...NOTHING, role: "system", text: textOf(message.parts) }];
    case "user":
      return [{ ...NOTHING, role: "user", text: textOf(message.parts), media: mediaOf(message.parts) }];
    case "assistant":
      return [
        {
          ...NOTHING,
          role: "assistant",
          text: textOf(message.parts),
          reasoning: joined(message.parts, "reasoning"),
          toolCalls: message.parts
            .filter((part) => part.type === "tool_call")
            .map(({ id, name, arguments: text }) => ({ id, name, arguments: text })),
          media: mediaOf(message.parts),
        },
      ];
    case "tool":
      return [
        {
          ...NOTHING,
          role: "tool",
          toolResults: message.results.map(({ callId, parts, isError }) => ({ callId, text: textOf(parts), isError })),
          media: message.results.flatMap(({ parts }) => mediaOf(parts)),
        },
      ];
  }
}

type AnyPart = InputPart | OutputPart;

function textOf(parts: readonly AnyPart[]): string {
  return joined(parts, "text") + joined(parts, "refusal");
}

function joined(parts: readonly AnyPart[], type: "text" | "refusal" | "reasoning"): string {
  return parts.map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
}

function mediaOf(parts: readonly AnyPart[]): MediaPart[] {
  return parts.filter((part): part is MediaPart => "source" in part);
}
