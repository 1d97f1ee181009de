import type { FilePage, StoredFile } from "../stored-file.ts";

/** A file in a client's own words. Gemini's clients have none here: they get OpenAI's. */
export interface FileShapes {
  one(file: StoredFile): unknown;
  list(page: FilePage): unknown;
  deleted(id: string): unknown;
}

/** OpenAI's FileObject; `status` is deprecated, but clients wait for it. */
export const openAiFiles: FileShapes = {
  one: ({ id, filename, bytes, purpose, createdAtMs, expiresAtMs }) => ({
    id,
    object: "file",
    bytes,
    created_at: seconds(createdAtMs),
    expires_at: expiresAtMs === null ? null : seconds(expiresAtMs),
    filename,
    purpose,
    status: "processed",
    status_details: null,
  }),
  list: ({ files, hasMore }) => ({
    object: "list",
    data: files.map(openAiFiles.one),
    first_id: files[0]?.id ?? null,
    last_id: files.at(-1)?.id ?? null,
    has_more: hasMore,
  }),
  deleted: (id) => ({ id, object: "file", deleted: true }),
};

/** Anthropic's FileMetadata. Older SDKs page by `last_id`, newer by `next_page`. */
export const anthropicFiles: FileShapes = {
  one: ({ id, filename, mediaType, bytes, createdAtMs, expiresAtMs }) => ({
    type: "file",
    id,
    filename,
    mime_type: mediaType,
    size_bytes: bytes,
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    downloadable: true,
  }),
  list: ({ files, hasMore }) => ({
    data: files.map(anthropicFiles.one),
    first_id: files[0]?.id ?? null,
    last_id: files.at(-1)?.id ?? null,
    has_more: hasMore,
    next_page: hasMore ? files.at(-1)!.id : null,
  }),
  deleted: (id) => ({ id, type: "file_deleted" }),
};

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
