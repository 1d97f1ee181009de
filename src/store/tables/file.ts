import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Files, whose content lies beside this database. In order of their ids they are in order of their time. */
export const file = sqliteTable(
  "file",
  {
    id: text("id").primaryKey(),
    filename: text("filename").notNull(),
    mediaType: text("media_type").notNull(),
    bytes: integer("bytes").notNull(),
    sha256: text("sha256").notNull(),
    purpose: text("purpose").notNull(),
    /** No reference: a client's files go with it, but their content must go first. */
    clientKeyId: text("client_key_id"),
    userId: text("user_id"),
    createdAtMs: integer("created_at").notNull(),
    expiresAtMs: integer("expires_at"),
    /** Deleted, and kept for a while in case that was a mistake: it still takes its room. */
    deletedAtMs: integer("deleted_at"),
  },
  (table) => [index("file_client_key").on(table.clientKeyId, table.id), index("file_expires").on(table.expiresAtMs)],
);

/** Where a file was handed to a vendor: only the key that did so can name it there, or delete it. */
export const fileCopy = sqliteTable(
  "file_copy",
  {
    /** No reference, to a file or to a key: what is without its file has to be deleted at the vendor first. */
    fileId: text("file_id").notNull(),
    keyId: text("key_id").notNull(),
    reference: text("reference").notNull(),
    expiresAtMs: integer("expires_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.fileId, table.keyId] })],
);
