import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { ConfigDatabase } from "./config-database.ts";
import type { SessionStore } from "./people.ts";
import { session } from "./tables/user.ts";
import { inSlices } from "./written.ts";

export function openSessions(database: ConfigDatabase): SessionStore {
  return {
    async list() {
      return database.read((queries) => queries.select().from(session).orderBy(session.id).all());
    },
    create(values) {
      return database.write((queries) => {
        const { hash: _, ...row } = queries
          .insert(session)
          .values({ ...values, id: newId("ses") })
          .returning()
          .get();
        return row;
      });
    },
    update(id, patch) {
      return database.write((queries) => {
        queries.update(session).set(patch).where(eq(session.id, id)).run();
      });
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(session).where(inArray(session.id, slice)).returning({ id: session.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
  };
}
