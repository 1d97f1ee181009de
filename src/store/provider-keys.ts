import { and, eq, gt, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { newId } from "../lib/id.ts";
import type { Secret, Vault } from "../lib/secret.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import { insertRows } from "./insert-rows.ts";
import { writeProgress } from "./jobs.ts";
import { StoreError } from "./store-error.ts";
import { providerKey } from "./tables/provider-key.ts";
import type { OpenedProviderKey, ProviderKeyRow, ProviderKeyStore, ProviderKeyValues, Written } from "./types.ts";
import { change, defined, firstStamps, inSlices, nextStamps } from "./written.ts";

type Columns = typeof providerKey.$inferSelect;
type Opened = { readonly version: number; readonly secret: Secret; readonly proxyUrl: Secret | null };

/** What a new key need not say. */
const UNSET = { importJobId: null, rpm: null, tpm: null, rpd: null, concurrency: null, deletedAt: null };

/** Secrets and proxy URLs are sealed for their own row and column; everything else about a key is plain. */
export function openProviderKeys(
  database: ConfigAccess,
  vault: Vault,
  onDeleted: (ids: readonly string[]) => void,
): ProviderKeyStore {
  const opened = new Map<string, Opened>();
  let lastRetiredAt = 0;

  function open(columns: Columns): Opened {
    const cached = opened.get(columns.id);
    if (cached?.version === columns.version) return cached;
    try {
      const value = {
        version: columns.version,
        secret: vault.open(columns.secret, place(columns.id, "secret")),
        proxyUrl: columns.proxyUrl === null ? null : vault.open(columns.proxyUrl, place(columns.id, "proxy_url")),
      };
      opened.set(columns.id, value);
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      throw new StoreError(`provider key ${columns.name} (${columns.id}) cannot be opened: ${reason}`, error);
    }
  }

  function insert(queries: Queries, many: readonly ProviderKeyValues[]): Written<ProviderKeyRow>[] {
    const rows = many.map((values): Columns => {
      const { secret, proxyUrl, ...plain } = values;
      const id = newId("pky");
      const stamps = firstStamps(id);
      opened.set(id, { version: stamps.version, secret, proxyUrl });
      return {
        ...UNSET,
        ...defined(plain),
        ...sealSecret(vault, id, secret),
        ...sealProxy(vault, id, proxyUrl),
        ...stamps,
      };
    });
    const areWritten = insertRows(queries, providerKey, rows);
    return rows.map((row, index) => {
      if (areWritten[index]) return { kind: "ok", row: toRow(row) };
      opened.delete(row.id);
      const duplicate = findDuplicate(queries, row.providerId, row.id, row.name, row.fingerprint);
      if (duplicate === null) throw new StoreError("a provider key could not be written");
      return { kind: "duplicate", ...duplicate };
    });
  }

  function update(
    queries: Queries,
    id: string,
    patch: Partial<ProviderKeyValues>,
    {
      expectedVersion,
      isRetired = false,
    }: { readonly expectedVersion?: number | undefined; readonly isRetired?: boolean },
  ): Written<ProviderKeyRow> {
    const { secret, proxyUrl, ...plain } = defined(patch);
    const sealed = {
      ...(secret === undefined ? {} : sealSecret(vault, id, secret)),
      ...(proxyUrl === undefined ? {} : sealProxy(vault, id, proxyUrl)),
    };
    const columns = find(queries, id, isRetired);
    return change({
      current: columns && toRow(columns),
      expectedVersion,
      duplicate(current) {
        const next = { ...current, ...plain, ...sealed };
        return findDuplicate(queries, next.providerId, id, next.name, next.fingerprint);
      },
      write: (current) =>
        toRow(
          queries
            .update(providerKey)
            .set({ ...plain, ...sealed, deletedAt: null, ...nextStamps(current) })
            .where(eq(providerKey.id, id))
            .returning()
            .get(),
        ),
    });
  }

  return {
    async list() {
      return database.read((queries) => all(queries).map(toRow));
    },
    async listSome(ids) {
      return database.read((queries) => some(queries, ids).map(toRow));
    },
    async listAfter(id, limit) {
      return database.read((queries) => after(queries, id, limit).map(toRow));
    },
    async listOpened(ids): Promise<OpenedProviderKey[]> {
      const rows = database.read((queries) => (ids === undefined ? all(queries) : some(queries, ids)));
      const keys = rows.map((row) => ({ ...toRow(row), ...pickOpened(open(row)) }));
      if (rows.length < (ids?.length ?? opened.size)) {
        const present = new Set(rows.map((row) => row.id));
        for (const id of ids ?? opened.keys()) if (!present.has(id)) opened.delete(id);
      }
      return keys;
    },
    async open(id, isRetired) {
      const columns = database.read((queries) => find(queries, id, isRetired));
      return columns === null ? null : { ...toRow(columns), ...pickOpened(open(columns)) };
    },
    async get(id) {
      const columns = database.read((queries) => find(queries, id));
      return columns === null ? null : toRow(columns);
    },
    create(values) {
      return database.write((queries) => insert(queries, [values])[0]!);
    },
    writeMany(changes, progressOf) {
      return database.write((queries) => {
        const made = insert(
          queries,
          changes.flatMap((each) => (each.kind === "create" ? [each.values] : [])),
        );
        const written = changes.map((each) =>
          each.kind === "create"
            ? made.shift()!
            : update(queries, each.id, each.patch, { isRetired: each.kind === "restore" }),
        );
        if (progressOf !== undefined) writeProgress(queries, progressOf(written));
        return written;
      });
    },
    update: (id, patch, expectedVersion) =>
      database.write((queries) => update(queries, id, patch, { expectedVersion })),
    setMany: (ids, patch) => setColumns(database, ids, patch),
    async retire(ids) {
      // All that goes together has one stamp of its own.
      const deletedAt = Math.max(Date.now(), lastRetiredAt + 1);
      lastRetiredAt = deletedAt;
      const gone = await setColumns(database, ids, { deletedAt });
      for (const id of gone) opened.delete(id);
      return { deletedAt, ids: gone };
    },
    async listRetired() {
      const rows = database.read((queries) =>
        queries.select().from(providerKey).where(isNotNull(providerKey.deletedAt)).all(),
      );
      return rows.map((columns) => ({ ...toRow(columns), deletedAt: columns.deletedAt! }));
    },
    async purge(beforeMs) {
      const old = database.read((queries) =>
        queries.select({ id: providerKey.id }).from(providerKey).where(lt(providerKey.deletedAt, beforeMs)).all(),
      );
      return old.length === 0 ? [] : this.delete(old.map(({ id }) => id));
    },
    async delete(ids) {
      const gone = await database.write((queries) =>
        inSlices(ids, (slice) =>
          queries.delete(providerKey).where(inArray(providerKey.id, slice)).returning({ id: providerKey.id }).all(),
        ),
      );
      const deleted = gone.map((row) => row.id);
      for (const id of deleted) opened.delete(id);
      if (deleted.length > 0) onDeleted(deleted);
      return deleted;
    },
  };
}

/** A slice is a transaction of its own, and other work has its turn between two. */
const SLICE = 500;

async function setColumns(
  database: ConfigAccess,
  ids: readonly string[],
  patch: Partial<Pick<Columns, "enabled" | "priority" | "tags" | "deletedAt">>,
): Promise<string[]> {
  const changed: string[] = [];
  for (let start = 0; start < ids.length; start += SLICE) {
    const slice = ids.slice(start, start + SLICE);
    const rows = await database.write((queries) =>
      queries
        .update(providerKey)
        .set({ ...patch, updatedAt: Date.now(), version: sql`${providerKey.version} + 1` })
        .where(and(inArray(providerKey.id, slice), isNull(providerKey.deletedAt)))
        .returning({ id: providerKey.id })
        .all(),
    );
    changed.push(...rows.map(({ id }) => id));
    if (start + SLICE < ids.length) await Bun.sleep(0);
  }
  return changed;
}

function all(queries: Queries): Columns[] {
  return queries.select().from(providerKey).where(isNull(providerKey.deletedAt)).orderBy(providerKey.id).all();
}

function some(queries: Queries, ids: readonly string[]): Columns[] {
  return inSlices(ids, (slice) =>
    queries
      .select()
      .from(providerKey)
      .where(and(inArray(providerKey.id, slice), isNull(providerKey.deletedAt)))
      .all(),
  );
}

function after(queries: Queries, id: string, limit: number): Columns[] {
  return queries
    .select()
    .from(providerKey)
    .where(and(gt(providerKey.id, id), isNull(providerKey.deletedAt)))
    .orderBy(providerKey.id)
    .limit(limit)
    .all();
}

function find(queries: Queries, id: string, isRetired = false): Columns | null {
  const there = isRetired ? isNotNull(providerKey.deletedAt) : isNull(providerKey.deletedAt);
  return (
    queries
      .select()
      .from(providerKey)
      .where(and(eq(providerKey.id, id), there))
      .get() ?? null
  );
}

function findDuplicate(queries: Queries, providerId: string, id: string, name: string, fingerprint: string) {
  const unique = [
    ["name", eq(providerKey.name, name)],
    ["secret", eq(providerKey.fingerprint, fingerprint)],
  ] as const;
  for (const [field, same] of unique) {
    const row = queries
      .select()
      .from(providerKey)
      .where(and(eq(providerKey.providerId, providerId), same, isNull(providerKey.deletedAt)))
      .get();
    if (row !== undefined && row.id !== id) return { field, existing: toRow(row) };
  }
  return null;
}

/** The public part: neither sealed column leaves this file. */
function toRow(columns: Columns): ProviderKeyRow {
  const { secret: _secret, proxyUrl: _proxyUrl, deletedAt: _deletedAt, ...row } = columns;
  return row;
}

function pickOpened({ secret, proxyUrl }: Opened) {
  return { secret, proxyUrl };
}

function sealSecret(vault: Vault, id: string, secret: Secret) {
  return {
    secret: Buffer.from(vault.seal(secret, place(id, "secret"))),
    secretPreview: secret.preview(),
    fingerprint: vault.fingerprint(secret),
  };
}

function sealProxy(vault: Vault, id: string, proxyUrl: Secret | null) {
  if (proxyUrl === null) return { proxyUrl: null, proxyPreview: null };
  const url = URL.parse(proxyUrl.reveal());
  return {
    proxyUrl: Buffer.from(vault.seal(proxyUrl, place(id, "proxy_url"))),
    proxyPreview: url === null ? "…" : `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`,
  };
}

function place(id: string, column: string) {
  return { table: "provider_key", row: id, column };
}
