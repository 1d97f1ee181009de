import type { ConversationRow } from "../../store/chat-types.ts";
import { type Principal, userIdOf } from "../people/principal.ts";

/**
 * A conversation is seen by whoever made it and by nobody else: a person, with any of his tokens; a token that no person made; or
 * (null) whoever holds ADMIN_TOKEN.
 */
export function ownerOf(principal: Principal): string | null {
  return userIdOf(principal) ?? (principal.kind === "anonymous" ? null : principal.tokenId);
}

export function isOwn(principal: Principal, conversation: Pick<ConversationRow, "createdBy">): boolean {
  return conversation.createdBy === ownerOf(principal);
}
