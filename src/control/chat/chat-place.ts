import { newId } from "../../lib/id.ts";
import type { ChatParams, MessageRow } from "../../store/chat-types.ts";
import type { Control } from "../control.ts";
import type { Principal } from "../people/principal.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";
import { type Send, saysNothing } from "./chat-input.ts";
import { getConversation } from "./chat-owner.ts";
import { readBranch } from "./chat-tree.ts";

/** Where in which conversation it is said. */
export interface Place {
  readonly conversationId: string;
  readonly isNew: boolean;
  readonly systemPrompt: string | null;
  readonly params: ChatParams;
  /** What goes before, oldest first. */
  readonly branch: readonly MessageRow[];
}

export async function findPlace(control: Control, principal: Principal, send: Send): Promise<Result<Place>> {
  const isAgain = saysNothing(send);
  if (!send.conversationId) {
    if (isAgain) return refuse(invalid("text", "Say something.", "REQUIRED"));
    if (send.parentMessageId) return refuse(invalid("parentMessageId", "A new conversation has no messages yet."));
    if (send.toolResults?.length) return refuse(invalid("toolResults", "No tool has been called yet."));
    const { systemPrompt = null, params } = send;
    return ok({ conversationId: newId("cnv"), isNew: true, systemPrompt, params: params ?? {}, branch: [] });
  }
  const conversation = await getConversation(control, principal, send.conversationId);
  if (conversation === null) return refuse(notFound("conversationId", "conversation", send.conversationId));
  const branch = await readBranch(control, conversation.id, send.parentMessageId);
  if (branch === null) return refuse(notFound("parentMessageId", "message", send.parentMessageId ?? null));
  const last = branch.at(-1);
  if (last?.state === "queued" || last?.state === "streaming") {
    return refuse(invalid("parentMessageId", "This answer is still coming. Wait for it, or stop it.", "CONFLICT"));
  }
  const isOpen = last !== undefined && last.role !== "assistant";
  if (isAgain && !isOpen) return refuse(invalid("text", "Say something.", "REQUIRED"));
  if (!isAgain && isOpen) {
    const message = "Name an answer as parent. Without `text` this message is answered again.";
    return refuse(invalid("parentMessageId", message));
  }
  const unknown = send.toolResults?.findIndex(({ callId }) => !last?.toolCalls.some(({ id }) => id === callId)) ?? -1;
  if (unknown >= 0) return refuse(invalid(["toolResults", String(unknown), "callId"], "There was no such call."));
  const { id: conversationId, systemPrompt, params } = conversation;
  return ok({
    conversationId,
    isNew: false,
    systemPrompt: send.systemPrompt === undefined ? systemPrompt : send.systemPrompt,
    params: send.params ?? params,
    branch,
  });
}
