import type { Events, KeyHealthChange } from "../events.ts";
import type { Touched } from "../lib/touched.ts";
import type { KeyStateRow } from "../store/types.ts";
import type { Failure } from "./failure.ts";
import { active, applyFailure, applySuccess, type Health, type HealthSettings, unchecked } from "./health.ts";
import type { LiveKey } from "./live-key.ts";

/** An attempt, as far as its verdict is concerned. */
export interface Judged {
  readonly live: LiveKey;
  /** "" when the call names no model: then the key as a whole is judged. */
  readonly model: string;
  readonly startedAtMs: number;
  /** The key's generation when the attempt began. */
  readonly generation: number;
}

/**
 * Enters verdicts into the keys' health, tells whoever watches, and collects what the store must learn. Says nothing when nothing
 * that can be seen has changed.
 */
export class HealthBook {
  readonly #events: Events;
  readonly #settings: () => HealthSettings;
  readonly #random: () => number;
  readonly #unsaved = new Map<string, KeyStateRow>();
  /** Grows whenever a key may have become free before its time: what was concluded from all being parked is void then. */
  recoveries = 0;

  constructor(
    events: Events,
    settings: () => HealthSettings,
    random: () => number,
    readonly touched: Touched,
  ) {
    this.#events = events;
    this.#settings = settings;
    this.#random = random;
  }

  /** By provider id: the key that answered last. */
  readonly lastGood = new Map<string, LiveKey>();

  succeed({ live, model, startedAtMs, generation }: Judged, nowMs: number): void {
    if (live.entry !== null) this.lastGood.set(live.entry.providerId, live);
    const { health } = live.whole;
    if (live.isClear && health.state === "active" && health.failures === 0) return;
    if (isOver(live, generation)) return;
    this.#enter(live, null, applySuccess(health, startedAtMs, nowMs), nowMs, null);
    const part = live.models?.get(model);
    if (part !== undefined) this.#enter(live, model, applySuccess(part.health, startedAtMs, nowMs), nowMs, null);
  }

  /**
   * How long the key (or key and model) is parked from now on; null when the failure parks nothing. Its message is kept and shown: no
   * secret may stand in it any more (gateway/mask.ts).
   */
  fail(judged: Judged, failure: Failure, nowMs: number, requestId: string): number | null {
    const { live, startedAtMs, generation } = judged;
    if (failure.scope === "none" || isOver(live, generation)) return null;
    const model = failure.scope === "key" || judged.model === "" ? null : judged.model;
    const context = { startedAtMs, nowMs, settings: this.#settings(), random: this.#random };
    const after = applyFailure(live.healthOf(model, nowMs), failure, context);
    this.#enter(live, model, after, nowMs, requestId);
    return after.untilMs === null ? null : Math.max(0, after.untilMs - nowMs);
  }

  /** Starts a key afresh: what is under way says nothing about it any more. */
  forget(live: LiveKey, nowMs: number): void {
    live.generation++;
    live.slowness = 0;
    live.whole.probing = false;
    for (const model of [...(live.models?.keys() ?? [])]) this.#enter(live, model, active(nowMs), nowMs, null);
    this.#enter(live, null, unchecked(nowMs), nowMs, null);
  }

  /** Tells the store that it may forget a model's parking. */
  clearModel(keyId: string, model: string, nowMs: number): void {
    this.#save(keyId, model, active(nowMs));
  }

  /** Tells the store a key's health as it is. */
  saveWhole(live: LiveKey): void {
    this.#save(live.id, "", live.whole.health);
  }

  takeUnsaved(): KeyStateRow[] {
    const rows = [...this.#unsaved.values()];
    this.#unsaved.clear();
    return rows;
  }

  #enter(live: LiveKey, model: string | null, after: Health, nowMs: number, requestId: string | null): void {
    const before = live.healthOf(model, nowMs);
    if (after === before) return;
    if (after.untilMs === null) this.recoveries++;
    live.keep(model, after);
    this.touched.note(live.id);
    this.#save(live.id, model ?? "", after);
    // A lengthened parking is the same incident; a new failure in the same state is news (a probe that failed again).
    if (before.state === after.state && after.failures <= before.failures) return;
    if (!this.#events.wanted("keyHealth")) return;
    this.#events.emit("keyHealth", changeOf(live, model, before, after, nowMs, requestId));
  }

  #save(keyId: string, model: string, health: Health): void {
    this.#unsaved.set(`${keyId}\n${model}`, {
      keyId,
      model,
      state: health.state,
      untilMs: health.untilMs === null ? null : Math.ceil(health.untilMs),
      failures: health.failures,
      sinceMs: Math.floor(health.sinceMs),
      errorClass: health.errorClass,
      httpStatus: health.httpStatus,
      message: health.message,
    });
  }
}

function isOver(live: LiveKey, generation: number): boolean {
  return live.isGone || live.generation !== generation;
}

function changeOf(
  live: LiveKey,
  model: string | null,
  before: Health,
  after: Health,
  nowMs: number,
  requestId: string | null,
): KeyHealthChange {
  return {
    atMs: nowMs,
    keyId: live.id,
    providerId: live.entry?.providerId ?? "",
    model,
    from: before.state,
    to: after.state,
    untilMs: after.untilMs,
    errorClass: after.errorClass,
    httpStatus: after.httpStatus,
    message: after.message,
    requestId,
  };
}
