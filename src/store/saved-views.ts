import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { ConfigDatabase } from "./config-database.ts";
import type { SavedViewStore } from "./people.ts";
import { savedView } from "./tables/user.ts";
import { inSlices } from "./written.ts";

export function openSavedViews(database: ConfigDatabase): SavedViewStore {
  return {
    async list() {
      return database.read((queries) => queries.select().from(savedView).orderBy(savedView.id).all());
    },
    async get(id) {
      return database.read((queries) => queries.select().from(savedView).where(eq(savedView.id, id)).get() ?? null);
    },
    create(values) {
      const now = Date.now();
      return database.write((queries) =>
        queries
          .insert(savedView)
          .values({ ...values, id: newId("viw"), createdAt: now, updatedAt: now })
          .returning()
          .get(),
      );
    },
    update(id, patch) {
      return database.write(
        (queries) =>
          queries
            .update(savedView)
            .set({ ...patch, updatedAt: Date.now() })
            .where(eq(savedView.id, id))
            .returning()
            .get() ?? null,
      );
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(savedView).where(inArray(savedView.id, slice)).returning({ id: savedView.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
  };
}
