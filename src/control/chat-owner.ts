import type { ConversationRow } from "../store/chat-types.ts";
import type { Principal } from "./principal.ts";

/** A conversation is seen by whoever made it and by nobody else. Null: whoever holds the admin token. */
export function ownerOf(_principal: Principal): string | null {
  return null;
}

export function isOwn(principal: Principal, conversation: Pick<ConversationRow, "createdBy">): boolean {
  return conversation.createdBy === ownerOf(principal);
}
