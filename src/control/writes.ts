import type { ConfigChange } from "../events.ts";
import type { ConfigChangeKind, ConfigNoun } from "../store/config-changes.ts";
import type { Written } from "../store/types.ts";
import type { ControlDeps } from "./deps.ts";
import { type NodeRow, notFound, ok, type Result, refuse, type UserError } from "./user-errors.ts";

/** Puts what was just stored in force, then tells the watchers. Only after this may a mutation answer. */
export function applyChange(deps: Pick<ControlDeps, "snapshots" | "events">, change: ConfigChange): Promise<void> {
  return applyChanges(deps, [change]);
}

/** One reload for all of them. */
export async function applyChanges(
  deps: Pick<ControlDeps, "snapshots" | "events">,
  changes: readonly ConfigChange[],
): Promise<void> {
  try {
    await deps.snapshots.reload();
  } finally {
    // Also when reloading failed: the rows have changed, and whoever shows them must read them again.
    for (const change of changes) deps.events.emit("config", change);
  }
}

/** What happened to many objects, told by noun and kind. */
export function toChanges(
  objects: readonly { readonly noun: ConfigNoun; readonly kind: ConfigChangeKind; readonly id: string }[],
): ConfigChange[] {
  const groups = Map.groupBy(objects, ({ noun, kind }) => `${noun} ${kind}`);
  return Array.from(groups.values(), (group) => ({
    noun: group[0]!.noun,
    kind: EVENT_KINDS[group[0]!.kind],
    ids: group.map(({ id }) => id),
  }));
}

const EVENT_KINDS = { add: "created", change: "updated", remove: "deleted" } as const;

/** The store's answer in words a person can act on. `what` is the noun in a sentence: "provider key". */
export function fromWritten<Row extends NodeRow & { readonly version: number }>(
  written: Written<Row>,
  what: string,
): Result<Row> {
  switch (written.kind) {
    case "ok":
      return ok(written.row);
    case "not_found":
      return refuse(notFound("id", what));
    case "stale":
      return refuse(stale(what, written.current));
    case "duplicate":
      return refuse(duplicate(what, written.field, written.existing));
  }
}

export function stale(what: string, current: NodeRow & { readonly version: number }): UserError {
  const message = `Somebody else changed this ${what} in the meantime. Look at it again, then repeat.`;
  const { version: currentVersion } = current;
  return { kind: "stale", code: "STALE_VERSION", message, field: ["expectedVersion"], current, currentVersion };
}

/** For what has a version, but no id of its own. `what`: "the settings". */
export function staleWhole(what: string, currentVersion: number): UserError {
  const message = `Somebody else changed ${what} in the meantime. Look again, then repeat.`;
  return { kind: "stale", code: "STALE_VERSION", message, field: ["expectedVersion"], current: null, currentVersion };
}

export function duplicate(what: string, column: string, existing: NodeRow): UserError {
  const message = `Another ${what} has this ${wordFor(column)} already.`;
  return { kind: "duplicate", code: "DUPLICATE", message, field: [inputFieldFor(column)], existing };
}

/** The patch without the fields that were not given. */
export function definedOnly<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Nobody sends a fingerprint or a hash: they send the secret it is made from. */
function inputFieldFor(column: string): string {
  return column === "fingerprint" || column === "hash" ? "secret" : column;
}

function wordFor(column: string): string {
  return column === "aliases" ? "name or alias" : inputFieldFor(column);
}
