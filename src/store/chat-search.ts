import { openForReading } from "./day-reader.ts";

/** Of those that match, so many that were last used. */
const MOST_FOUND = 10_000;

/** The person's conversations that hold this text in their titles or messages. Reads every message: not for the main thread. */
export function searchChats(configPath: string, createdBy: string | null, text: string): string[] {
  const database = openForReading(configPath);
  try {
    const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
    return database
      .query<{ id: string }, [string | null, string]>(
        `SELECT id FROM conversation WHERE created_by IS ?1 AND deleted_at IS NULL AND (title LIKE ?2 ESCAPE '\\' OR EXISTS (
           SELECT 1 FROM message WHERE conversation_id = conversation.id AND text LIKE ?2 ESCAPE '\\'))
         ORDER BY active_at DESC LIMIT ${MOST_FOUND}`,
      )
      .all(createdBy, pattern)
      .map(({ id }) => id);
  } finally {
    database.close();
  }
}
