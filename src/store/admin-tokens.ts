import { eq, inArray } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { ConfigDatabase } from "./config-database.ts";
import type { AdminTokenStore } from "./people.ts";
import { adminToken } from "./tables/user.ts";
import { inSlices } from "./written.ts";

export function openAdminTokens(database: ConfigDatabase): AdminTokenStore {
  return {
    async list() {
      return database.read((queries) => queries.select().from(adminToken).orderBy(adminToken.id).all());
    },
    create(values) {
      return database.write((queries) => {
        const { hash: _, ...row } = queries
          .insert(adminToken)
          .values({ ...values, id: newId("tok"), createdAt: Date.now() })
          .returning()
          .get();
        return row;
      });
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(adminToken).where(inArray(adminToken.id, slice)).returning({ id: adminToken.id }).all(),
        ),
      );
      return gone.map((row) => row.id);
    },
    touch(id, atMs, address) {
      return database.write((queries) => {
        queries
          .update(adminToken)
          .set({ lastUsedAt: atMs, lastUsedAddress: address })
          .where(eq(adminToken.id, id))
          .run();
      });
    },
  };
}
