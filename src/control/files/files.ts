import { timingSafeEqual } from "node:crypto";
import type { FileQuery, StoredFile } from "../../stored-file.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import {
  type Deletion,
  nothingLeft,
  type Restoration,
  readDeletion,
  stampDeletion,
  UNDO_MS,
  undoable,
} from "../deletion.ts";
import { type Page, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";

export interface FileFilter {
  readonly search?: string | null;
  readonly purpose?: string | null;
  /** Whose; absent: everybody's. */
  readonly clientKeyId?: string | null;
}
export type FilesPage = Page<StoredFile> & { readonly totals: () => Promise<{ count: number; bytes: number }> };

/** Newest first. */
export async function listFiles({ store }: Control, filter: FileFilter, page: PageArgs): Promise<FilesPage> {
  const request = readPageArgs(page);
  const { limit, backward, after, before } = request;
  const query = toQuery(filter);
  const [start, end] = [readCursor(after, "after"), readCursor(before, "before")];
  // Read from its end, a list is the list in the other order.
  const [from, to] = backward ? [end, start] : [start, end];
  const found = await store.files.page({
    ...query,
    limit,
    ascending: backward,
    ...(from !== null && { after: from }),
    ...(to !== null && { before: to }),
  });
  const rows = backward ? found.files.toReversed() : found.files;
  return {
    ...pageOf({ rows, hasMore: found.hasMore }, request, ({ id }) => writeCursor(id)),
    totals: () => store.files.totals(query),
  };
}

/** Requests that name them are refused at once; their contents are kept for as long as they may come back. */
export async function deleteFiles(control: Control, ids: readonly string[]): Promise<Result<Deletion>> {
  if (ids.length > MAX_DELETED)
    return refuse(invalid("ids", `At most ${MAX_DELETED} files at a time.`, "OUT_OF_RANGE"));
  const deletion = stampDeletion(control);
  const deletedIds = await control.store.files.retire(ids, deletion);
  return ok(undoable(control, "file", { deletedIds, deletion, untilMs: deletion + UNDO_MS }));
}

export async function restoreFiles(control: Control, token: string): Promise<Result<Restoration>> {
  const read = readDeletion(control, "file", token);
  if (!read.ok) return read;
  const isLate = read.value + UNDO_MS < control.now();
  const restoredIds = isLate ? [] : await control.store.files.restore(read.value);
  return restoredIds.length === 0 ? nothingLeft() : ok({ restoredIds, conflictingIds: [] });
}

const MAX_DELETED = 1000;

/** A link is fetched at once by whoever asked for it; longer and it would be a secret lying about. */
const LINK_MS = 300_000;
const PURPOSE = "file-content";

/** Below the gateway's address; good for whoever has it. */
export function downloadPath(control: Control, { id }: StoredFile): string {
  const untilMs = control.now() + LINK_MS;
  return `/files/content/${id}?until=${untilMs}&signature=${sign(control, id, untilMs)}`;
}

/** The file behind a link; null when the link is not ours, too old, or the file is gone. */
export async function openLink(control: Control, path: string): Promise<StoredFile | null> {
  const found = /^\/files\/content\/(fil_[0-9a-f-]{36})\?until=(\d{1,15})&signature=([0-9a-f]{64})$/.exec(path);
  if (found === null) return null;
  const [, id = "", until = "", signature = ""] = found;
  const expected = sign(control, id, Number(until));
  if (!timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) || Number(until) < control.now()) return null;
  return control.store.files.get(id);
}

function sign(control: Control, id: string, untilMs: number): string {
  return control.vault.mac(PURPOSE, `${id} ${untilMs}`);
}

function toQuery({ search, purpose, clientKeyId }: FileFilter): Omit<FileQuery, "limit"> {
  const text = search?.trim();
  return {
    ...(text && { search: text }),
    ...(purpose && { purpose }),
    ...(clientKeyId && { clientKeyId }),
  };
}

function writeCursor(id: string): string {
  return Buffer.from(`file:${id}`).toString("base64url");
}

function readCursor(cursor: string | null, argument: string): string | null {
  if (cursor === null) return null;
  const id = /^file:(fil_[0-9a-f-]{36})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (id === undefined) throw badInput("The cursor does not belong to this list.", argument);
  return id;
}
