import { and, asc, eq, gt, lte, notExists, sql } from "drizzle-orm";
import type { ConfigDatabase } from "./config-database.ts";
import { file, fileCopy } from "./tables/file.ts";
import type { FileCopyStore } from "./types.ts";

export function openFileCopies(database: ConfigDatabase): FileCopyStore {
  return {
    async all(nowMs) {
      return database.read((queries) => queries.select().from(fileCopy).where(gt(fileCopy.expiresAtMs, nowMs)).all());
    },
    async save(copy) {
      const { reference, expiresAtMs } = copy;
      await database.write((queries) =>
        queries
          .insert(fileCopy)
          .values(copy)
          .onConflictDoUpdate({ target: [fileCopy.fileId, fileCopy.keyId], set: { reference, expiresAtMs } })
          .run(),
      );
    },
    async remove(copies) {
      await database.write((queries) => {
        for (const { fileId, keyId } of copies) {
          queries
            .delete(fileCopy)
            .where(and(eq(fileCopy.fileId, fileId), eq(fileCopy.keyId, keyId)))
            .run();
        }
      });
    },
    async orphans(limit) {
      return database.read((queries) => {
        const itsFile = queries.select({ one: sql`1` }).from(file).where(eq(file.id, fileCopy.fileId));
        return queries
          .select()
          .from(fileCopy)
          .where(notExists(itsFile))
          .orderBy(asc(fileCopy.expiresAtMs))
          .limit(limit)
          .all();
      });
    },
    async expire(nowMs) {
      const isLate = lte(fileCopy.expiresAtMs, nowMs);
      const found = database.read((queries) => queries.select().from(fileCopy).where(isLate).limit(1).get());
      if (found !== undefined) await database.write((queries) => queries.delete(fileCopy).where(isLate).run());
    },
  };
}
