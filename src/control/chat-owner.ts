import type { ConversationRow } from "../store/chat-types.ts";
import type { Principal } from "./principal.ts";

/** A conversation is seen by whoever made it and by nobody else. Null: whoever holds ADMIN_TOKEN, or a token that no person made. */
export function ownerOf(principal: Principal): string | null {
  return principal.kind === "anonymous" ? null : principal.userId;
}

export function isOwn(principal: Principal, conversation: Pick<ConversationRow, "createdBy">): boolean {
  return conversation.createdBy === ownerOf(principal);
}
