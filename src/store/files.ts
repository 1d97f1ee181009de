import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  notInArray,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Seal } from "../lib/seal.ts";
import { FileError, type FileQuery } from "../stored-file.ts";
import type { ConfigDatabase, Queries } from "./config-database.ts";
import { FileUploads } from "./file-uploads.ts";
import { type OpenFile, readSealedFile } from "./sealed-file.ts";
import { clientKey } from "./tables/client-key.ts";
import { file } from "./tables/file.ts";
import type { FileStore } from "./types.ts";
import { inSlices } from "./written.ts";

/** What of a row others see. */
const { deletedAtMs: _, ...SHOWN } = getTableColumns(file);

export interface FileParts {
  readonly database: ConfigDatabase;
  /** Holds the contents; made with the first file. */
  readonly folder: string;
  readonly seal: Seal;
  readonly openFile?: OpenFile;
}

/** Files: a row each in the configuration database, their sealed contents in a folder under the ids as names. */
export function openFiles({ database, folder, seal, openFile }: FileParts): FileStore {
  let total: number | null = null;
  const totalBytes = () => {
    total ??= database.read((queries) => queries.select({ sum: sum() }).from(file).get()?.sum ?? 0);
    return total;
  };
  const uploads = new FileUploads({
    folder,
    seal,
    ...(openFile && { openFile }),
    totalBytes,
    async insert(row) {
      await database.write((queries) => queries.insert(file).values(row).run());
      total = total === null ? null : total + row.bytes;
    },
  });

  /** The row first: a content without a row is swept away, a row without a content would be a lie. */
  const remove = async (which: (queries: Queries) => { id: string; bytes: number }[]): Promise<string[]> => {
    const gone = await database.write(which);
    for (const { id, bytes } of gone) {
      total = total === null ? null : total - bytes;
      await rm(join(folder, id), { force: true });
    }
    return gone.map(({ id }) => id);
  };

  return {
    begin: (limits) => uploads.begin(limits),
    async get(id) {
      return database.read(
        (queries) =>
          queries
            .select(SHOWN)
            .from(file)
            .where(and(eq(file.id, id), isAlive()))
            .get() ?? null,
      );
    },
    async page(query) {
      const { limit, after, before, ascending = false } = query;
      const [newer, older] = ascending ? [after, before] : [before, after];
      const isBetween = and(
        newer === undefined ? undefined : gt(file.id, newer),
        older === undefined ? undefined : lt(file.id, older),
      );
      const order = ascending ? asc(file.id) : desc(file.id);
      const rows = database.read((queries) =>
        queries
          .select(SHOWN)
          .from(file)
          .where(and(matching(query), isBetween))
          .orderBy(order)
          .limit(limit + 1)
          .all(),
      );
      return { files: rows.slice(0, limit), hasMore: rows.length > limit };
    },
    async totals(query) {
      const found = database.read((queries) =>
        queries.select({ count: sql<number>`count(*)`, bytes: sum() }).from(file).where(matching(query)).get(),
      );
      return found ?? { count: 0, bytes: 0 };
    },
    content(row, range = { start: 0, end: row.bytes }) {
      const pieces = readSealedFile({ path: join(folder, row.id), ...row }, seal, range);
      return streamOf(pieces);
    },
    delete: (ids) =>
      remove((queries) =>
        inSlices(ids, (slice) => queries.delete(file).where(inArray(file.id, slice)).returning().all()),
      ),
    retire(ids, deletedAtMs) {
      return database.write((queries) =>
        inSlices(ids, (slice) =>
          queries
            .update(file)
            .set({ deletedAtMs })
            .where(and(inArray(file.id, slice), isAlive()))
            .returning({ id: file.id })
            .all(),
        ).map(({ id }) => id),
      );
    },
    restore(deletedAtMs) {
      return database.write((queries) =>
        queries
          .update(file)
          .set({ deletedAtMs: null })
          .where(eq(file.deletedAtMs, deletedAtMs))
          .returning({ id: file.id })
          .all()
          .map(({ id }) => id),
      );
    },
    expire({ nowMs, createdBeforeMs, retiredBeforeMs, spared }) {
      const isOrphan = and(
        isNotNull(file.clientKeyId),
        sql`${file.clientKeyId} not in (select ${clientKey.id} from ${clientKey})`,
        notInArray(file.clientKeyId, [...spared]),
      );
      const isOld =
        createdBeforeMs === null ? undefined : and(isNull(file.expiresAtMs), lt(file.createdAtMs, createdBeforeMs));
      return remove((queries) =>
        queries
          .delete(file)
          .where(or(lte(file.expiresAtMs, nowMs), lt(file.deletedAtMs, retiredBeforeMs), isOld, isOrphan))
          .returning()
          .all(),
      );
    },
    async sweep() {
      if (!existsSync(folder)) return 0; // nor are the threads that files need started for nothing
      const names = await readdir(folder);
      const known = new Set(
        database.read((queries) => queries.select({ id: file.id }).from(file).all()).map(({ id }) => id),
      );
      let swept = 0;
      for (const name of names) {
        const id = name.replace(/\.part$/, "");
        if (uploads.has(id) || (known.has(id) && id === name)) continue;
        await rm(join(folder, name), { force: true });
        swept++;
      }
      return swept;
    },
  };
}

function sum() {
  return sql<number>`coalesce(sum(${file.bytes}), 0)`;
}

/** Not deleted, and its time is not over, whether or not anybody has come round to delete it. */
function isAlive(): SQL | undefined {
  return and(isNull(file.deletedAtMs), or(isNull(file.expiresAtMs), gt(file.expiresAtMs, Date.now())));
}

function matching({ clientKeyId, purpose, ids, search }: Omit<FileQuery, "limit">): SQL | undefined {
  return and(
    isAlive(),
    clientKeyId === undefined
      ? undefined
      : clientKeyId === null
        ? isNull(file.clientKeyId)
        : eq(file.clientKeyId, clientKeyId),
    purpose === undefined ? undefined : eq(file.purpose, purpose),
    ids === undefined ? undefined : inArray(file.id, [...ids]),
    // Not LIKE: it would take the search's own % and _ for patterns.
    search === undefined ? undefined : sql`instr(lower(${file.filename}), ${search.toLowerCase()}) > 0`,
  );
}

/** At its reader's pace. */
function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (cause) {
          controller.error(new FileError("unreadable", "The content of this file cannot be read.", cause));
        }
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
