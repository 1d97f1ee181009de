import { and, asc, count, desc, eq, gt, gte, lt, lte, max, min } from "drizzle-orm";
import type { Author } from "./author.ts";
import type { Queries } from "./config-access.ts";
import type {
  ConfigChangeKind,
  ConfigNoun,
  ConfigRevision,
  ObjectChange,
  RevisionCount,
  RowChange,
} from "./config-changes.ts";
import { insertRows } from "./insert-rows.ts";
import type { JournaledChange } from "./journal.ts";
import { configRevision, configRevisionItem } from "./tables/config-revision.ts";
import { modelName } from "./tables/model.ts";
import { provider } from "./tables/provider.ts";

const NAMES_PER_COUNT = 3;
/** Whatever their age, so that the history cannot outgrow the configuration by much. */
const MAX_REVISIONS = 10_000;
const MAX_ITEMS = 200_000;
/** So many of the newest changes are looked at for what deleted objects were. */
export const LAST_ITEMS = 20_000;

export interface HistoryPage {
  readonly revisions: readonly ConfigRevision[];
  /** Whether there are more in the direction that was read. */
  readonly hasMore: boolean;
  readonly totalCount: number;
}

export interface HistoryQuery {
  readonly limit: number;
  /** Only older ones than this version. */
  readonly below?: number;
  /** Only newer ones than this version; the nearest to it are taken. */
  readonly above?: number;
}

/** 0 before the first change. */
export function configVersion(queries: Queries): number {
  return (
    queries
      .select({ version: max(configRevision.version) })
      .from(configRevision)
      .get()?.version ?? 0
  );
}

/** Writes down what a transaction did, inside it. Returns the new version. */
export function writeRevision(queries: Queries, author: Author, rows: readonly JournaledChange[]): number {
  const version = configVersion(queries) + 1;
  const changes = groupByObject(queries, rows);
  const { id: actorId, name: actor, action } = author;
  queries
    .insert(configRevision)
    .values({ version, at: Date.now(), actorId, actor, action, counts: countObjects(changes) })
    .run();
  const items = changes.map((change, position) => ({ version, position, ...change }));
  insertRows(queries, configRevisionItem, items);
  return version;
}

/** Newest first. */
export function readRevisions(queries: Queries, { limit, below, above }: HistoryQuery): HistoryPage {
  const inRange = and(
    below === undefined ? undefined : lt(configRevision.version, below),
    above === undefined ? undefined : gt(configRevision.version, above),
  );
  const found = queries
    .select()
    .from(configRevision)
    .where(inRange)
    .orderBy(above === undefined ? desc(configRevision.version) : asc(configRevision.version))
    .limit(limit + 1)
    .all();
  const page = found.slice(0, limit);
  return {
    revisions: above === undefined ? page : page.reverse(),
    hasMore: found.length > limit,
    totalCount: queries.select({ rows: count() }).from(configRevision).get()?.rows ?? 0,
  };
}

export function readRevision(queries: Queries, version: number): ConfigRevision | null {
  return queries.select().from(configRevision).where(eq(configRevision.version, version)).get() ?? null;
}

/** What a revision did, object by object. */
export function readObjectChanges(queries: Queries, version: number, limit: number): ObjectChange[] {
  return queries
    .select()
    .from(configRevisionItem)
    .where(eq(configRevisionItem.version, version))
    .orderBy(configRevisionItem.position)
    .limit(limit)
    .all();
}

/** The version that removed this object last; null when the history knows of none. */
export function lastRemoval(queries: Queries, noun: ConfigNoun, id: string): ConfigRevision | null {
  const { version, noun: ofNoun, objectId, kind } = configRevisionItem;
  const found = queries
    .select({ version })
    .from(configRevisionItem)
    .where(and(eq(ofNoun, noun), eq(objectId, id), eq(kind, "remove")))
    .orderBy(desc(version))
    .limit(1)
    .get();
  return found === undefined ? null : readRevision(queries, found.version);
}

/** The objects of a noun that were removed at this time or later. */
export function removedSince(queries: Queries, noun: ConfigNoun, sinceMs: number): string[] {
  const { noun: ofNoun, objectId, kind } = configRevisionItem;
  return queries
    .select({ objectId })
    .from(configRevisionItem)
    .innerJoin(configRevision, eq(configRevision.version, configRevisionItem.version))
    .where(and(gte(configRevision.at, sinceMs), eq(ofNoun, noun), eq(kind, "remove")))
    .all()
    .map((row) => row.objectId);
}

/** What objects were called last, by id, as far as the newest changes tell. */
export function readLastNames(queries: Queries): Map<string, string> {
  const found = queries
    .select({ id: configRevisionItem.objectId, name: configRevisionItem.name })
    .from(configRevisionItem)
    .orderBy(desc(configRevisionItem.version), desc(configRevisionItem.position))
    .limit(LAST_ITEMS)
    .all();
  return new Map(found.reverse().map(({ id, name }) => [id, name]));
}

/** Every row change after `version`, newest first; null when the history does not reach back that far. */
export function rowChangesSince(queries: Queries, version: number): RowChange[] | null {
  const oldest =
    queries
      .select({ version: min(configRevision.version) })
      .from(configRevision)
      .get()?.version ?? null;
  if (oldest === null ? version !== 0 : version < oldest - 1) return null;
  return queries
    .select({ rows: configRevisionItem.rows })
    .from(configRevisionItem)
    .where(gt(configRevisionItem.version, version))
    .orderBy(desc(configRevisionItem.version), desc(configRevisionItem.position))
    .all()
    .flatMap(({ rows }) => rows);
}

/** Forgets the oldest: those from before `beforeMs`, and what is too much. The newest stays: it says which version this is. */
export function expireRevisions(queries: Queries, beforeMs: number): void {
  const newest = configVersion(queries);
  const aged = queries.select({ version: max(configRevision.version) }).from(configRevision);
  const tooOld = aged.where(lt(configRevision.at, beforeMs)).get()?.version ?? 0;
  const overflow = queries
    .select({ version: configRevisionItem.version })
    .from(configRevisionItem)
    .orderBy(desc(configRevisionItem.version))
    .limit(1)
    .offset(MAX_ITEMS)
    .get();
  const last = Math.min(newest - 1, Math.max(tooOld, newest - MAX_REVISIONS, overflow?.version ?? 0));
  if (last <= 0) return;
  queries.delete(configRevisionItem).where(lte(configRevisionItem.version, last)).run();
  queries.delete(configRevision).where(lte(configRevision.version, last)).run();
}

function groupByObject(queries: Queries, rows: readonly JournaledChange[]): ObjectChange[] {
  const groups = Map.groupBy(rows, ({ noun, objectId }) => `${noun} ${objectId}`);
  // An import's keys are mostly of one provider.
  const providers = new Map<string, string>();
  const providerName = (id: string) => {
    const name = providers.get(id) ?? providerNameOf(queries, rows, id);
    providers.set(id, name);
    return name;
  };
  return Array.from(groups.values(), (group) => {
    const { noun, objectId } = group[0]!;
    return {
      noun,
      objectId,
      name: nameOf(queries, group, providerName),
      kind: kindOf(group),
      rows: group.map(({ table, key, before, after }) => ({ table, key, before, after })),
    };
  });
}

/** The object's own row says it; where only rows that belong to it changed, it was changed. */
function kindOf(group: readonly JournaledChange[]): ConfigChangeKind {
  const own = group.find(
    ({ table, key, objectId }) => key.length === 1 && key[0] === objectId && table !== "model_name",
  );
  if (own === undefined) return "change";
  return own.before === null ? "add" : own.after === null ? "remove" : "change";
}

function nameOf(queries: Queries, group: readonly JournaledChange[], providerName: (id: string) => string): string {
  const { noun, objectId, cells } = group[0]!;
  if (noun === "setting") return objectId;
  if (noun === "model") return modelNameOf(queries, group, objectId);
  const name = String(cells.name);
  return noun === "providerKey" ? `${providerName(String(cells.provider_id))}/${name}` : name;
}

function modelNameOf(queries: Queries, group: readonly JournaledChange[], id: string): string {
  const first = and(eq(modelName.modelId, id), eq(modelName.position, 0));
  const present = queries.select({ name: modelName.name }).from(modelName).where(first).get()?.name;
  if (present !== undefined) return present;
  const gone = group.find(({ table, cells }) => table === "model_name" && cells.position === 0);
  return String(gone?.cells.name ?? id);
}

function providerNameOf(queries: Queries, rows: readonly JournaledChange[], id: string): string {
  const present = queries.select({ name: provider.name }).from(provider).where(eq(provider.id, id)).get()?.name;
  return present ?? String(rows.find((row) => row.noun === "provider" && row.objectId === id)?.cells.name ?? id);
}

function countObjects(changes: readonly ObjectChange[]): RevisionCount[] {
  const groups = Map.groupBy(changes, ({ noun, kind }) => `${noun} ${kind}`);
  return Array.from(groups.values(), (group) => ({
    noun: group[0]!.noun,
    kind: group[0]!.kind,
    count: group.length,
    names: group.slice(0, NAMES_PER_COUNT).map(({ name }) => name),
  }));
}
