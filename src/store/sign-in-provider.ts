import type { Vault } from "../lib/secret.ts";
import type { Queries } from "./config-access.ts";
import type { ConfigDatabase } from "./config-database.ts";
import type { SignInProviderRow, SignInProviderStore } from "./people.ts";
import { signInProvider } from "./tables/sign-in-provider.ts";
import { firstStamps, nextStamps } from "./written.ts";

const ID = "oidc";
const PLACE = { table: "sign_in_provider", row: ID, column: "client_secret" };

export function openSignInProvider(database: ConfigDatabase, vault: Vault): SignInProviderStore {
  const toRow = ({ id: _, ...columns }: typeof signInProvider.$inferSelect): SignInProviderRow => ({
    ...columns,
    clientSecret: vault.open(columns.clientSecret, PLACE),
  });
  const find = (queries: Queries) => queries.select().from(signInProvider).get();

  return {
    async get() {
      const columns = database.read(find);
      return columns === undefined ? null : toRow(columns);
    },
    put(values, expectedVersion) {
      const columns = { ...values, clientSecret: Buffer.from(vault.seal(values.clientSecret, PLACE)) };
      return database.write((queries) => {
        const current = find(queries);
        const version = current?.version ?? 0;
        if (expectedVersion !== undefined && expectedVersion !== version) return { kind: "stale", version };
        const stamps = current === undefined ? firstStamps(ID) : nextStamps(current);
        const written = queries
          .insert(signInProvider)
          .values({ ...firstStamps(ID), ...columns, ...stamps })
          .onConflictDoUpdate({ target: signInProvider.id, set: { ...columns, ...stamps } })
          .returning()
          .get();
        return { kind: "ok", row: toRow(written) };
      });
    },
    async delete() {
      await database.write((queries) => {
        queries.delete(signInProvider).run();
      });
    },
  };
}
