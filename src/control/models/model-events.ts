import type { ConfigChange, Events } from "../../events.ts";
import type { Control } from "../control.ts";
import { EventLog } from "../event-log.ts";
import { followLog, type LogFrame } from "../follow-log.ts";
import type { CapacityCounter } from "../providers/provider-capacity.ts";
import type { ConfigRows } from "../rows.ts";
import { SharedFrames } from "../shared-frames.ts";
import { type HealthState, readModelHealth } from "./model-health.ts";

/** A key pool that flaps must not have its models counted through more often than this. */
const HEALTH_EVERY_MS = 250;
/** Cooldowns end by themselves: while a model is not well it is looked at again. */
const RECOVERY_EVERY_MS = 1000;
const KEPT_EVENTS = 1024;

export const CHANGE_KINDS = ["CREATED", "UPDATED", "DELETED"] as const;

export interface ModelNote {
  readonly kind: (typeof CHANGE_KINDS)[number];
  readonly modelId: string;
  /** Its entry is unchanged; a key behind it changed what it can serve. */
  readonly healthChanged: boolean;
}

export type ModelFrame = LogFrame<ModelNote>;

/**
 * What happens to models: written by people, or moved by the health of the keys behind them. Health is looked at from the first
 * watcher on: before, nobody can hold a cursor to resume from.
 */
export class ModelEvents {
  readonly log = new EventLog<ModelNote>(KEPT_EVENTS);
  readonly frames = new SharedFrames<ModelFrame>();
  readonly #ended = new AbortController();
  readonly #rows: ConfigRows;
  readonly #capacities: CapacityCounter;
  readonly #stops: (() => void)[];
  #known: ReadonlyMap<string, HealthState> | null = null;
  /** What people have been shown since the last look: whoever saw it must hear of it when it is not so any more. */
  readonly #shown = new Map<string, Set<HealthState>>();
  /** Looks follow one another. */
  #looking: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isWatched = false;

  constructor(events: Events, rows: ConfigRows, capacities: CapacityCounter) {
    this.#rows = rows;
    this.#capacities = capacities;
    this.#stops = [
      events.on("config", (change) => this.#noteConfig(change)),
      events.on("keyHealth", () => this.#lookSoon()),
    ];
  }

  /** Somebody watches. The first look only learns how things stand. */
  begin(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    void this.look();
  }

  /** Somebody has read this model's health. */
  noteShown(modelId: string, state: HealthState): void {
    if (!this.#isWatched || this.#known?.get(modelId) === state) return;
    const shown = this.#shown.get(modelId) ?? new Set();
    this.#shown.set(modelId, shown.add(state));
    this.#lookSoon();
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
    this.#lookSoon();
    if (change.noun !== "model") return;
    const kind = ({ created: "CREATED", updated: "UPDATED", deleted: "DELETED" } as const)[change.kind];
    for (const modelId of change.ids) this.log.append({ kind, modelId, healthChanged: false });
  }

  #lookSoon(delayMs = HEALTH_EVERY_MS): void {
    if (!this.#isWatched) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.look();
    }, delayMs);
  }

  /** Compares every model's health with the last look, and with what has been shown since. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    if (this.ended.aborted) return;
    const states = await this.#readStates().catch(() => null); // A store that cannot be read is told about elsewhere.
    if (this.ended.aborted) return;
    if (states === null) return this.#lookSoon(RECOVERY_EVERY_MS);
    for (const [modelId, state] of states) {
      const before = this.#known?.get(modelId) ?? state;
      const shown = this.#shown.get(modelId) ?? [];
      const isNews = before !== state || [...shown].some((one) => one !== state);
      if (isNews) this.log.append({ kind: "UPDATED", modelId, healthChanged: true });
    }
    this.#known = states;
    this.#shown.clear();
    const isSomeUnwell = [...states.values()].some((state) => state === "DOWN" || state === "DEGRADED");
    if (isSomeUnwell) this.#lookSoon(RECOVERY_EVERY_MS);
  }

  async #readStates(): Promise<Map<string, HealthState>> {
    const [models, capacities] = await Promise.all([this.#rows.models(), this.#capacities.read()]);
    return new Map([...models.values()].map((model) => [model.id, readModelHealth(model, capacities).state]));
  }
}

/** Opens with a ResyncEvent (the cursor to resume from), or with what happened since `after`. */
export function watchModels(control: Control, after: string | null): AsyncIterableIterator<ModelFrame> {
  control.modelEvents.begin();
  const { log, frames, ended } = control.modelEvents;
  return followLog(log, { after, frames, ended, now: () => control.now() });
}
