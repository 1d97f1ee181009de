import { and, eq, gt, inArray, isNotNull, lt, or, sql } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { Secret, Vault } from "../lib/secret.ts";
import type { Queries } from "./config-access.ts";
import type { ConfigDatabase } from "./config-database.ts";
import type { UserProofs, UserRow, UserStore, UserValues } from "./people.ts";
import { user } from "./tables/user.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

type Columns = typeof user.$inferSelect;
const VERSIONED: readonly (keyof UserValues)[] = ["email", "name", "role", "enabled"];

export function openUsers(database: ConfigDatabase, vault: Vault): UserStore {
  /** Secrets as the table holds them. */
  const sealed = (id: string, proofs: Partial<UserProofs>) => {
    const { totpSecret, totpPending, ...plain } = defined(proofs);
    return {
      ...plain,
      ...(totpSecret === undefined ? {} : { totpSecret: seal(vault, id, "totp_secret", totpSecret) }),
      ...(totpPending === undefined ? {} : { totpPending: seal(vault, id, "totp_pending", totpPending) }),
    };
  };

  return {
    async list() {
      return database.read((queries) => queries.select().from(user).orderBy(user.id).all().map(toRow));
    },
    async get(id) {
      return database.read((queries) => find(queries, id));
    },
    async proofs(id) {
      const columns = database.read((queries) => queries.select().from(user).where(eq(user.id, id)).get());
      if (columns === undefined) return null;
      const { passwordHash, invitationHash, invitedUntil, totpLastStep, recoveryHashes, identity } = columns;
      return {
        ...{ passwordHash, invitationHash, invitedUntil, totpLastStep, recoveryHashes, identity },
        totpSecret: open(vault, id, "totp_secret", columns.totpSecret),
        totpPending: open(vault, id, "totp_pending", columns.totpPending),
      };
    },
    create(values) {
      const stamps = firstStamps(newId("usr"));
      const { email, name, role, enabled, preferences = {}, ...proofs } = values;
      const columns = {
        email,
        name,
        role,
        enabled,
        preferences,
        recoveryHashes: [],
        ...sealed(stamps.id, proofs),
        ...stamps,
      };
      return database.write((queries) => {
        const duplicate = findDuplicate(queries, columns);
        if (duplicate !== null) return { kind: "duplicate", ...duplicate };
        return { kind: "ok", row: toRow(queries.insert(user).values(columns).returning().get()) };
      });
    },
    update(id, patch, expectedVersion) {
      const { email, name, role, enabled, preferences, ...proofs } = patch;
      const columns = { ...defined({ email, name, role, enabled, preferences }), ...sealed(id, proofs) };
      return keepingAnOwner(database, (queries) =>
        change({
          current: find(queries, id),
          expectedVersion,
          duplicate: (current) =>
            findDuplicate(queries, {
              id,
              email: email ?? current.email,
              identity: proofs.identity === undefined ? current.identity : proofs.identity,
            }),
          write(current) {
            const stamps = VERSIONED.some((field) => field in columns) ? nextStamps(current) : {};
            return toRow(
              queries
                .update(user)
                .set({ ...columns, ...stamps })
                .where(eq(user.id, id))
                .returning()
                .get(),
            );
          },
        }),
      );
    },
    delete(ids) {
      return keepingAnOwner(database, (queries) => {
        const gone = inSlices(ids, (slice) =>
          queries.delete(user).where(inArray(user.id, slice)).returning({ id: user.id }).all(),
        );
        return { kind: "ok" as const, ids: gone.map((row) => row.id) };
      });
    },
    takeTotpStep(id, step) {
      return database.write((queries) => {
        const later = and(eq(user.id, id), lt(user.totpLastStep, step));
        return (
          queries.update(user).set({ totpLastStep: step }).where(later).returning({ id: user.id }).all().length > 0
        );
      });
    },
    takeRecoveryCode(id, hash) {
      return database.write((queries) => {
        const row = queries.select({ hashes: user.recoveryHashes }).from(user).where(eq(user.id, id)).get();
        if (row === undefined || !row.hashes.includes(hash)) return false;
        const recoveryHashes = row.hashes.filter((each) => each !== hash);
        queries.update(user).set({ recoveryHashes }).where(eq(user.id, id)).run();
        return true;
      });
    },
    async findInvited(hash, nowMs) {
      const row = database.read((queries) => queries.select().from(user).where(invited(hash, nowMs)).get());
      return row?.id ?? null;
    },
    acceptInvitation(hash, nowMs, chosen) {
      return database.write((queries) => {
        const accepted = { ...chosen, invitationHash: null, invitedUntil: null };
        const where = invited(hash, nowMs);
        return queries.update(user).set(accepted).where(where).returning({ id: user.id }).all().length > 0;
      });
    },
    touch(id, atMs) {
      return database.write((queries) => {
        queries.update(user).set({ lastSeenAt: atMs }).where(eq(user.id, id)).run();
      });
    },
  };
}

function invited(hash: string, nowMs: number) {
  return and(eq(user.invitationHash, hash), gt(user.invitedUntil, nowMs), eq(user.enabled, true));
}

/** Rolls back what would leave nobody who can sign in and administer people, if there was somebody before. */
async function keepingAnOwner<T>(
  database: ConfigDatabase,
  work: (queries: Queries) => T,
): Promise<T | { readonly kind: "last_owner" }> {
  const lost = new Error("the last owner");
  try {
    return await database.write((queries) => {
      const had = countOwners(queries);
      const result = work(queries);
      if (had > 0 && countOwners(queries) === 0) throw lost;
      return result;
    });
  } catch (error) {
    if (error instanceof Error && (error === lost || error.cause === lost)) return { kind: "last_owner" };
    throw error;
  }
}

function countOwners(queries: Queries): number {
  const canSignIn = or(isNotNull(user.passwordHash), isNotNull(user.identity));
  const row = queries
    .select({ owners: sql<number>`count(*)`.mapWith(Number) })
    .from(user)
    .where(and(eq(user.role, "owner"), eq(user.enabled, true), canSignIn))
    .get();
  return row?.owners ?? 0;
}

function find(queries: Queries, id: string): UserRow | null {
  const columns = queries.select().from(user).where(eq(user.id, id)).get();
  return columns === undefined ? null : toRow(columns);
}

function findDuplicate(queries: Queries, unique: { id: string; email: string; identity?: string | null }) {
  for (const field of ["email", "identity"] as const) {
    const value = unique[field];
    if (value == null) continue;
    const existing = queries.select().from(user).where(eq(user[field], value)).get();
    if (existing !== undefined && existing.id !== unique.id) return { field, existing: toRow(existing) };
  }
  return null;
}

function toRow(columns: Columns): UserRow {
  const { id, email, name, role, enabled, identity, preferences, lastSeenAt, createdAt, updatedAt, version } = columns;
  return {
    ...{ id, email, name, role, enabled, identity, preferences, lastSeenAt, createdAt, updatedAt, version },
    hasPassword: columns.passwordHash !== null,
    totpEnabled: columns.totpSecret !== null,
    invitedUntil: columns.invitationHash === null ? null : columns.invitedUntil,
  };
}

function seal(vault: Vault, row: string, column: string, secret: Secret | null): Buffer | null {
  return secret === null ? null : Buffer.from(vault.seal(secret, { table: "user", row, column }));
}

function open(vault: Vault, row: string, column: string, sealed: Uint8Array | null): Secret | null {
  return sealed === null ? null : vault.open(sealed, { table: "user", row, column });
}
