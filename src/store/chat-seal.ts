import type { Seal, SealPlace } from "../lib/seal.ts";

type Stored = string | Uint8Array;

/** What people and models say, sealed with the key of contents. Where nothing is said there is nothing to hide. */
export class ChatSeal {
  constructor(private readonly seal: Seal) {}

  close(said: string, place: SealPlace): Stored {
    return said === "" || said === "[]" ? said : this.seal.seal(Buffer.from(said, "utf8"), place);
  }

  /** Throws SealError. */
  open(stored: Stored, place: SealPlace): string {
    return typeof stored === "string" ? stored : this.seal.open(stored, place).toString("utf8");
  }

  closeBytes(bytes: Uint8Array, place: SealPlace): Buffer {
    return bytes.length === 0 ? Buffer.alloc(0) : Buffer.from(this.seal.seal(bytes, place));
  }

  /** `size`: of the content; what an older version kept has just that many bytes. */
  openBytes(stored: Uint8Array, size: number, place: SealPlace): Uint8Array {
    return stored.length === 0 || stored.length === size ? stored : this.seal.open(stored, place);
  }
}

export function placeInConversation(id: string, column: "title" | "systemPrompt"): SealPlace {
  return { table: "conversation", row: id, column };
}

export function placeInMessage(
  id: string,
  column: "text" | "reasoning" | "toolCalls" | "toolResults" | "errorText",
): SealPlace {
  return { table: "message", row: id, column };
}

export function placeOfAttachment(messageId: string, position: number): SealPlace {
  return { table: "message_attachment", row: `${messageId}/${position}`, column: "bytes" };
}
