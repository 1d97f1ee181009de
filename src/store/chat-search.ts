import { type ChatSeal, placeInConversation, placeInMessage } from "./chat-seal.ts";
import { openForReading } from "./day-reader.ts";

/** Of those that match, so many that were last used. */
const MOST_FOUND = 10_000;

/**
 * The person's conversations that hold this text in their titles or messages, without regard to case. What lies sealed can only be
 * found by opening it: every message is read, the newest conversations first. Not for the main thread.
 */
export function searchChats(
  configPath: string,
  seal: ChatSeal,
  { createdBy, text }: { readonly createdBy: string | null; readonly text: string },
): string[] {
  const database = openForReading(configPath);
  const wanted = text.toLowerCase();
  const holds = (said: string) => said.toLowerCase().includes(wanted);
  try {
    const messages = database.query<{ id: string; text: string | Uint8Array }, [string]>(
      "SELECT id, text FROM message WHERE conversation_id = ? ORDER BY id",
    );
    const isSaidIn = (conversationId: string) => {
      for (const { id, text: stored } of messages.iterate(conversationId)) {
        if (holds(seal.open(stored, placeInMessage(id, "text")))) return true;
      }
      return false;
    };
    const found: string[] = [];
    const conversations = database
      .query<{ id: string; title: string | Uint8Array }, [string | null]>(
        "SELECT id, title FROM conversation WHERE created_by IS ? AND deleted_at IS NULL ORDER BY active_at DESC",
      )
      .all(createdBy);
    for (const { id, title } of conversations) {
      if (found.length === MOST_FOUND) break;
      if (holds(seal.open(title, placeInConversation(id, "title"))) || isSaidIn(id)) found.push(id);
    }
    return found;
  } finally {
    database.close();
  }
}
