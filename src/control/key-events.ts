import type { ConfigChange, KeyHealthChange, KeyNews } from "../events.ts";
import type { Control } from "./control.ts";
import type { ControlDeps } from "./deps.ts";
import { EventLog, type ResyncReason } from "./event-log.ts";
import { statusOf } from "./key-status.ts";
import { rowMatcher } from "./provider-key-filter.ts";
import { getProviderKey, type ProviderKeyFilter } from "./provider-keys.ts";
import { pullIterator } from "./pull-iterator.ts";

/** Changes are gathered for so long before they go out: a 1,000-key import is a few frames, not 1,000. */
const GATHER_MS = 100;
const MAX_PER_BATCH = 1000;
const KEPT_BATCHES = 128;

export const KEY_EVENT_KINDS = [
  "CREATED",
  "UPDATED",
  "DELETED",
  "HEALTH_CHANGED",
  "VALIDATED",
  "BALANCE_CHANGED",
] as const;

export interface KeyNote {
  readonly kind: (typeof KEY_EVENT_KINDS)[number];
  readonly keyId: string;
  readonly change: KeyHealthChange | null;
}

export type KeyFrame =
  | { readonly kind: "batch"; readonly cursor: string; readonly atMs: number; readonly notes: readonly KeyNote[] }
  | { readonly kind: "resync"; readonly cursor: string; readonly atMs: number; readonly reason: ResyncReason };

/** What happens to provider keys, gathered once for all subscribers. */
export class KeyEvents {
  readonly log = new EventLog<readonly KeyNote[]>(KEPT_BATCHES);
  readonly #ended = new AbortController();
  readonly #stops: (() => void)[];
  #pending = new Map<string, KeyNote>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(deps: Pick<ControlDeps, "events">) {
    this.#stops = [
      deps.events.on("config", (change) => this.#noteConfig(change)),
      deps.events.on("keyHealth", (change) => this.#noteHealth(change)),
      deps.events.on("keyNews", (news) => this.#noteNews(news)),
    ];
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#ended.abort();
  }

  #noteConfig(change: ConfigChange): void {
    if (change.noun !== "providerKey") return;
    const kind = ({ created: "CREATED", updated: "UPDATED", deleted: "DELETED" } as const)[change.kind];
    for (const keyId of change.ids) {
      const earlier = this.#pending.get(keyId);
      // New and changed within the same moment is still new.
      this.#note(keyId, { kind: kind === "UPDATED" && earlier ? earlier.kind : kind, keyId, change: null });
    }
  }

  #noteHealth(change: KeyHealthChange): void {
    const place = `${change.keyId}|${change.model ?? ""}`;
    const from = this.#pending.get(place)?.change?.from ?? change.from;
    this.#note(place, { kind: "HEALTH_CHANGED", keyId: change.keyId, change: { ...change, from } });
  }

  #noteNews({ kind, keyId }: KeyNews): void {
    const said = kind === "validated" ? "VALIDATED" : "BALANCE_CHANGED";
    this.#note(`${keyId}|${said}`, { kind: said, keyId, change: null });
  }

  #note(place: string, note: KeyNote): void {
    this.#pending.set(place, note);
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#timer = null;
    const notes = [...this.#pending.values()];
    this.#pending = new Map();
    for (let start = 0; start < notes.length; start += MAX_PER_BATCH) {
      this.log.append(notes.slice(start, start + MAX_PER_BATCH));
    }
  }
}

/** Opens with an empty batch (the cursor to resume from), or with what happened since `after`. */
export function watchKeys(
  control: Control,
  filter: ProviderKeyFilter,
  after: string | null,
): AsyncIterableIterator<KeyFrame> {
  const { log, ended } = control.keyEvents;
  const resync = (reason: ResyncReason): KeyFrame => {
    position = log.position;
    return { kind: "resync", cursor: log.cursor(position), atMs: control.now(), reason };
  };
  const resumed = after === null ? null : log.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let isFirst = true;

  const produce = async (signal: AbortSignal): Promise<KeyFrame | null> => {
    if (resumed?.kind === "lost" && isFirst) {
      isFirst = false;
      return resync(resumed.reason);
    }
    while (!signal.aborted) {
      if (log.isGone(position + 1)) return resync("OVERFLOW");
      const notes: KeyNote[] = [];
      while (position < log.position && notes.length < MAX_PER_BATCH) notes.push(...log.get(++position)!);
      const matching = await keepMatching(control, filter, notes);
      if (matching.length > 0 || isFirst) {
        isFirst = false;
        return { kind: "batch", cursor: log.cursor(position), atMs: control.now(), notes: matching };
      }
      await log.reached(position, signal);
    }
    return null;
  };
  return pullIterator(produce, { ended });
}

/** A key that leaves the filter's statuses is told about too: its row has to go. Of a deleted key only the id is left. */
async function keepMatching(control: Control, filter: ProviderKeyFilter, notes: readonly KeyNote[]) {
  if (notes.length === 0) return notes;
  const matches = rowMatcher(filter);
  const kept: KeyNote[] = [];
  for (const note of notes) {
    const key = await getProviderKey(control, note.keyId);
    if (key === null) {
      if (note.kind === "DELETED" && (!filter.ids || filter.ids.includes(note.keyId))) kept.push(note);
      continue;
    }
    if (!matches(key)) continue;
    const before = note.change === null ? null : statusOf(key.enabled, note.change.from);
    // A person's change may have moved it out of a status that nobody remembers.
    const concerns = note.kind === "UPDATED" || filter.statuses?.some((one) => one === key.status || one === before);
    if (!filter.statuses || concerns) kept.push(note);
  }
  return kept;
}
