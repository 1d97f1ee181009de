import { newId } from "../../lib/id.ts";
import type { MessageRow } from "../../store/chat-types.ts";
import { type Send, saysNothing } from "./chat-input.ts";
import type { Place } from "./chat-place.ts";

const TITLE_CHARS = 80;

/** What a person says; null when an old message is answered again. */
export function saidBy(send: Send, { conversationId, branch }: Place, now: number): MessageRow | null {
  if (saysNothing(send)) return null;
  const { text, toolResults } = send;
  return {
    ...blank(conversationId, branch.at(-1)?.id ?? null, now),
    role: toolResults?.length ? "tool" : "user",
    state: "done",
    text: text ?? "",
    toolResults: toolResults ?? [],
    layout: text ? [["text", text.length]] : [],
    endedAt: now,
  };
}

export function answerRow(parts: {
  readonly conversationId: string;
  readonly parentId: string;
  readonly model: string;
  readonly send: Send;
  readonly now: number;
}): MessageRow {
  const { conversationId, parentId, model, send, now } = parts;
  return {
    ...blank(conversationId, parentId, now),
    model,
    format: send.format ?? null,
    clientKeyId: send.asClientKeyId ?? null,
    pinnedKeyId: send.pinProviderKeyId ?? null,
  };
}

/** An answer of which nothing has come yet. */
export function blank(conversationId: string, parentId: string | null, createdAt: number): MessageRow {
  return {
    id: newId("msg"),
    conversationId,
    parentId,
    role: "assistant",
    state: "queued",
    text: "",
    reasoning: "",
    toolCalls: [],
    toolResults: [],
    layout: [],
    model: null,
    format: null,
    clientKeyId: null,
    pinnedKeyId: null,
    requestId: null,
    finishReason: null,
    error: null,
    usage: null,
    costNanoUsd: null,
    createdAt,
    endedAt: null,
  };
}

/** The first words of a conversation; without any, what else there is. */
export function titleFrom(text: string, otherwise: string): string {
  const words = text.trim().replace(/\s+/g, " ") || otherwise;
  const characters = [...words.slice(0, 4 * TITLE_CHARS)];
  return characters.length <= TITLE_CHARS ? words : `${characters.slice(0, TITLE_CHARS - 1).join("")}…`;
}
