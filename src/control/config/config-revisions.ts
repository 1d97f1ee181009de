import type { ConfigRevision, RevisionCount } from "../../store/config-changes.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { type CountedPage, MAX_PAGE, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { notFound, ok, type Result, refuse } from "../user-errors.ts";
import { applyChanges, staleWhole, toChanges } from "../writes.ts";
import { type ConfigDifference, differenceInHistory } from "./config-differences.ts";

/** Newest first. A cursor is the version: the history needs no other order. */
export async function listRevisions(control: Control, args: PageArgs): Promise<CountedPage<ConfigRevision>> {
  const request = readPageArgs(args);
  const { limit, backward, after, before } = request;
  if (backward ? before === null || after !== null : before !== null) {
    throw badInput("Use `first` with `after`, or `last` with `before`.", backward ? "last" : "first");
  }
  const cursor = after ?? before;
  const version = cursor === null ? null : readCursor(cursor);
  const place = version === null ? {} : backward ? { above: version } : { below: version };
  const { revisions, hasMore, totalCount } = await control.store.history.page({ limit, ...place });
  return {
    ...pageOf({ rows: revisions, hasMore }, request, ({ version: at }) => String(at)),
    totalCount,
  };
}

export async function readRevisionDifferences(
  control: Control,
  { version }: ConfigRevision,
  first: number,
): Promise<ConfigDifference[]> {
  if (first < 0 || first > MAX_PAGE) throw badInput(`A page has 0 to ${MAX_PAGE} rows.`, "first");
  return (await control.store.history.changes(version, first)).map(differenceInHistory);
}

const NOUNS: Record<RevisionCount["noun"], string> = {
  provider: "provider",
  providerKey: "provider key",
  model: "model",
  clientKey: "client key",
  setting: "setting",
  alertRule: "alert rule",
  alertChannel: "alert channel",
};
const VERBS: Record<RevisionCount["kind"], string> = { add: "added", change: "changed", remove: "removed" };

/** "provider main added; 5000 provider keys added (main/a, main/b, main/c, …)" */
export function summarize({ counts }: ConfigRevision): string {
  return counts
    .map(({ noun, kind, count, names }) => {
      if (count === 1) return `${NOUNS[noun]} ${names[0]} ${VERBS[kind]}`;
      const more = count > names.length ? ", …" : "";
      return `${count} ${NOUNS[noun]}s ${VERBS[kind]} (${names.join(", ")}${more})`;
    })
    .join("; ");
}

export interface RevertedConfig {
  readonly version: number;
  readonly differences: readonly ConfigDifference[];
}

/** Makes the configuration what it was at `version`. Deleted keys come back with their secrets, those made since go. */
export async function revertConfig(
  control: Control,
  version: number,
  expectedVersion: number | null,
): Promise<Result<RevertedConfig>> {
  const reverted = await control.store.history.revert(version, expectedVersion ?? undefined);
  if (reverted.kind === "unknown") return refuse(notFound("version", "version of the configuration in the history"));
  if (reverted.kind === "stale") return refuse(staleWhole("the configuration", reverted.version));
  for (const { noun, objectId, rows } of reverted.changes) {
    // What was observed belongs to the other secret.
    const isRenewed = noun === "providerKey" && rows.some(({ after }) => after?.fingerprint !== undefined);
    if (isRenewed) control.pool.reset(objectId, control.now());
  }
  await applyChanges(control, toChanges(reverted.changes.map((change) => ({ ...change, id: change.objectId }))));
  return ok({ version: reverted.version, differences: reverted.changes.slice(0, MAX_PAGE).map(differenceInHistory) });
}

function readCursor(cursor: string): number {
  const version = Number(cursor);
  if (!Number.isSafeInteger(version) || version < 0)
    throw badInput("The cursor does not belong to this list.", "after");
  return version;
}
