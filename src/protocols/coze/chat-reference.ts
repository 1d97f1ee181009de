import type { Signature } from "../../llm/signature.ts";

/** The chat that waits for the outputs of its tool calls. */
export interface ChatReference {
  readonly conversationId: string;
  readonly chatId: string;
}

/** Coze's ids are decimal numbers; whatever is more than an id in a client's echo is not believed. */
const REFERENCE = /^([\w-]{1,64}):([\w-]{1,64})$/;

/** What a tool call carries as its signature, so that its result finds the way back to the chat. */
export function signChat({ conversationId, chatId }: ChatReference): Signature | null {
  const value = `${conversationId}:${chatId}`;
  return REFERENCE.test(value) ? { vendor: "coze", value } : null;
}

export function readChat(signature: Signature | null): ChatReference | null {
  if (signature?.vendor !== "coze") return null;
  const match = REFERENCE.exec(signature.value);
  return match === null ? null : { conversationId: match[1]!, chatId: match[2]! };
}
