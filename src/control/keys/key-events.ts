import type { ConfigChange, KeyHealthChange, KeyNews } from "../../events.ts";
import type { Control } from "../control.ts";
import type { ControlDeps } from "../deps.ts";
import { EventLog, type ResyncReason } from "../event-log.ts";
import { pullIterator } from "../pull-iterator.ts";
import { SharedFrames } from "../shared-frames.ts";
import { statusOf, viewKey } from "./key-status.ts";
import { type KeyTest, observedTests, type ProviderKeyFilter, rowTests, searchedWords } from "./provider-key-filter.ts";

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
  /** A person has changed it: what he changed may have been what somebody's filter asks for. */
  readonly isEdited: boolean;
}

/** A note as the readers with one filter get it. */
export interface FilteredKeyNote extends KeyNote {
  /** False: it has gone, or has left the filter. */
  readonly matches: boolean;
}

/** `position`: the last batch of the log that went into it. */
interface KeyFramePlace {
  readonly cursor: string;
  readonly position: number;
  readonly atMs: number;
}
export type KeyFrame =
  | (KeyFramePlace & { readonly kind: "batch"; readonly notes: readonly FilteredKeyNote[] })
  | (KeyFramePlace & { readonly kind: "resync"; readonly reason: ResyncReason });

/** What happens to provider keys, gathered once for all subscribers. */
export class KeyEvents {
  readonly log = new EventLog<readonly KeyNote[]>(KEPT_BATCHES);
  readonly frames = new SharedFrames<Promise<KeyFrame>>();
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
      const isEdited = kind === "UPDATED";
      // New and changed within the same moment is still new.
      this.#note(keyId, { kind: isEdited && earlier ? earlier.kind : kind, keyId, change: null, isEdited });
    }
  }

  #noteHealth(change: KeyHealthChange): void {
    const place = `${change.keyId}|${change.model ?? ""}`;
    const from = this.#pending.get(place)?.change?.from ?? change.from;
    this.#note(place, { kind: "HEALTH_CHANGED", keyId: change.keyId, change: { ...change, from }, isEdited: false });
  }

  #noteNews({ kind, keyId }: KeyNews): void {
    const said = kind === "validated" ? "VALIDATED" : "BALANCE_CHANGED";
    this.#note(`${keyId}|${said}`, { kind: said, keyId, change: null, isEdited: false });
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
  const { log, ended, frames } = control.keyEvents;
  const filterKey = JSON.stringify(filter);
  const resumed = after === null ? null : log.resume(after);
  let position = resumed?.kind === "at" ? resumed.position : log.position;
  let lost: ResyncReason | null = resumed?.kind === "lost" ? resumed.reason : null;
  let isFirst = true;

  const read = (place: string, make: () => Promise<KeyFrame>): Promise<KeyFrame> =>
    frames.get(`${place} ${position} ${filterKey}`, make);
  const produce = async (signal: AbortSignal): Promise<KeyFrame | null> => {
    while (!signal.aborted) {
      const reason = lost ?? (log.isGone(position + 1) ? "OVERFLOW" : null);
      lost = null;
      if (reason !== null) position = log.position;
      const from = position;
      const frame =
        reason === null
          ? await read(position === log.position ? "here" : "after", () => gather(control, filter, from))
          : await read(reason, async () => ({ kind: "resync", ...placeOf(control, from), reason }));
      position = frame.position;
      const isWanted = isFirst || frame.kind === "resync" || frame.notes.length > 0;
      isFirst = false;
      if (isWanted) return frame;
      await log.reached(position, signal);
    }
    return null;
  };
  return pullIterator(produce, { ended });
}

/** What happened after this position, as far as it goes into one frame. */
async function gather(control: Control, filter: ProviderKeyFilter, from: number): Promise<KeyFrame> {
  const { log } = control.keyEvents;
  const notes: KeyNote[] = [];
  let position = from;
  while (position < log.position && notes.length < MAX_PER_BATCH) notes.push(...log.get(++position)!);
  return { kind: "batch", notes: await keepMatching(control, filter, notes), ...placeOf(control, position) };
}

function placeOf(control: Control, position: number): KeyFramePlace {
  return { cursor: control.keyEvents.log.cursor(position), position, atMs: control.now() };
}

/**
 * A key that leaves the filter is told about too: its row has to go. Nobody remembers what it was before a person changed it; only its
 * id and its provider were always the same. Of a deleted key only the id is left.
 */
async function keepMatching(control: Control, filter: ProviderKeyFilter, notes: readonly KeyNote[]) {
  if (notes.length === 0) return [];
  const { ids, providers, statuses } = filter;
  const table = await control.rows.keyTable();
  const ofThese = rowTests({ ids, providers }, table);
  const ofRow = rowTests(filter, table);
  const words = searchedWords(filter);
  const observed = observedTests(filter, table.observed(), control.now());
  const kept: FilteredKeyNote[] = [];
  for (const note of notes) {
    const slot = table.slotOf(note.keyId);
    if (slot === undefined) {
      const isDeleted = note.kind === "DELETED" && (!ids || ids.includes(note.keyId));
      if (isDeleted) kept.push({ ...note, matches: false });
      continue;
    }
    const passes = (test: KeyTest) => test(slot);
    if (!ofThese.every(passes)) continue;
    const key = viewKey(control, table.rowAt(slot), control.now());
    const isRow = ofRow.every(passes) && (words === null || table.wordsOf(slot).includes(words));
    const isMatching = isRow && observed.every(passes) && (!statuses || statuses.includes(key.status));
    const before = note.change === null ? null : statusOf(key.enabled, note.change.from);
    const wasObserved = observed.length > 0 || (before !== null && statuses?.includes(before));
    if (isMatching || note.isEdited || (isRow && wasObserved)) kept.push({ ...note, matches: isMatching });
  }
  return kept;
}
