import type { KeyHealthState } from "../events.ts";
import type { ErrorClass } from "../record.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Candidate, Filter } from "./candidate.ts";
import { active, availability, type Health, isAccidental, shownState, unchecked } from "./health.ts";
import { type KeyLimits, KeyMeter, type KeyUsed, NO_LIMITS } from "./key-meter.ts";
import { hashText } from "./rendezvous.ts";

/**
 * What a key's live state looks like to whoever shows it. A `cooling` key whose time is over shows as `active` (the next request
 * may have it, as the one probe); `exhausted` and `invalid` stay until a probe has succeeded.
 */
export interface KeyStatus {
  readonly health: KeyHealthState;
  readonly untilMs: number | null;
  readonly sinceMs: number;
  readonly failures: number;
  readonly errorClass: ErrorClass | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
  readonly inFlight: number;
  readonly lastUsedAt: number | null;
  readonly useCount: number;
  readonly limits: KeyLimits & KeyUsed;
  /** Models on which this key is parked although it is well as a whole. */
  readonly models: readonly {
    readonly model: string;
    readonly state: KeyHealthState;
    readonly untilMs: number | null;
    readonly errorClass: ErrorClass | null;
    readonly httpStatus: number | null;
    readonly message: string | null;
  }[];
}

/** Something whose health is watched: a key, or a key for one model. */
export interface Watch {
  health: Health;
  /** True while the one probe of a half-open state is under way. */
  probing: boolean;
}

/** Models are named by clients in the end: what is remembered about a key is bounded. */
const MOST_MODELS = 64;

/** A pooled key's live state: one object per key id, whatever snapshot is in force. Mutable memory; the pool owns it. */
export class LiveKey implements Candidate {
  readonly id: string;
  readonly hash: number;
  /** Null until the configuration names it (restored from the store). */
  entry: KeyEntry | null = null;
  weight = 1;
  priority = 0;
  inFlight = 0;
  slowness = 0;
  balance = 0;
  readonly whole: Watch;
  /** Models for which this key is, or was lately, parked; null when there are none. */
  models: Map<string, Watch> | null = null;
  /** True when nothing is parked: the answer to most questions. */
  isClear = true;
  /** Grows when the past no longer counts (new secret, reset): verdicts on older attempts are ignored. */
  generation = 0;
  lastUsedAt: number | null = null;
  useCount = 0;
  hasUnsavedUse = false;
  /** True when its latency is worth measuring (`lowest_latency`). */
  isMeasured = false;
  /** True when the configuration names it no more: requests under way on an older snapshot must not choose it again. */
  isGone = false;
  /** Null for a key without limits: nearly all. */
  meter: KeyMeter | null = null;

  constructor(id: string, nowMs: number) {
    this.id = id;
    this.hash = hashText(id);
    this.whole = { health: unchecked(nowMs), probing: false };
  }

  adopt(entry: KeyEntry): void {
    this.entry = entry;
    this.weight = Math.max(0, entry.weight);
    this.priority = entry.priority;
    if (entry.limits === null) this.meter = null;
    else if (this.meter === null) this.meter = new KeyMeter(entry.limits);
    else this.meter.limits = entry.limits;
  }

  retire(): void {
    this.isGone = true;
    this.isClear = false;
  }

  /** The key's own health, or its health for a model; a model without a record is well. */
  healthOf(model: string | null, nowMs: number): Health {
    return model === null ? this.whole.health : (this.models?.get(model)?.health ?? active(nowMs));
  }

  /** Keeps a new health; a model that is well again is forgotten. */
  keep(model: string | null, health: Health): void {
    if (model === null) this.whole.health = health;
    else this.#keepModel(model, health);
    this.isClear = this.whole.health.untilMs === null && this.models === null && !this.isGone;
  }

  #keepModel(model: string, health: Health): void {
    const watch = this.models?.get(model);
    if (health.untilMs === null) {
      this.models?.delete(model);
      if (this.models?.size === 0) this.models = null;
    } else if (watch !== undefined) {
      watch.health = health;
    } else {
      this.models ??= new Map();
      if (this.models.size >= MOST_MODELS) this.models.delete(soonestOf(this.models));
      this.models.set(model, { health, probing: false });
    }
  }

  /** Both the key and the key for this model must be free; a probe needs each half-open one of them for itself. */
  standing(model: string, nowMs: number): "ready" | "probe" | "parked" {
    if (this.isClear) return "ready";
    if (this.isGone) return "parked";
    const whole = standingOf(this.whole, nowMs);
    const part = this.models?.get(model);
    if (whole === "parked" || part === undefined) return whole;
    const forModel = standingOf(part, nowMs);
    return forModel === "ready" ? whole : forModel;
  }

  /** True when all that parks it may be an accident (see `isAccidental`). */
  isAccidentallyParked(model: string, nowMs: number): boolean {
    if (this.isGone) return false;
    const part = this.models?.get(model);
    return isFreeOrAccidental(this.whole, nowMs) && (part === undefined || isFreeOrAccidental(part, nowMs));
  }

  /** The end of what parks it for this model, and the health that says so; null when nothing does. */
  parking(model: string): Health | null {
    const whole = this.whole.health;
    const part = this.models?.get(model)?.health;
    if (part === undefined) return whole.untilMs === null ? null : whole;
    return whole.untilMs === null || part.untilMs! > whole.untilMs ? part : whole;
  }

  status(nowMs: number): KeyStatus {
    const { health } = this.whole;
    const state = shownState(health, nowMs);
    const models = [];
    for (const [model, watch] of this.models ?? []) {
      const shown = shownState(watch.health, nowMs);
      if (shown === "active") continue;
      const { untilMs, errorClass, httpStatus, message } = watch.health;
      models.push({ model, state: shown, untilMs, errorClass, httpStatus, message });
    }
    return {
      health: state,
      untilMs: state === health.state ? health.untilMs : null,
      sinceMs: health.sinceMs,
      failures: health.failures,
      errorClass: health.errorClass,
      httpStatus: health.httpStatus,
      message: health.message,
      inFlight: this.inFlight,
      lastUsedAt: this.lastUsedAt,
      useCount: this.useCount,
      limits: this.meter === null ? UNMETERED : { ...this.meter.limits, ...this.meter.used(nowMs) },
      models,
    };
  }
}

const UNMETERED: KeyLimits & KeyUsed = { ...NO_LIMITS, rpmUsed: 0, tpmUsed: 0, rpdUsed: 0 };

function standingOf({ health, probing }: Watch, nowMs: number): "ready" | "probe" | "parked" {
  const state = availability(health, nowMs);
  return state === "probe" && probing ? "parked" : state;
}

function isFreeOrAccidental(watch: Watch, nowMs: number): boolean {
  return isAccidental(watch.health) || standingOf(watch, nowMs) !== "parked";
}

function soonestOf(models: ReadonlyMap<string, Watch>): string {
  let soonest = "";
  let soonestMs = Infinity;
  for (const [model, { health }] of models) {
    if (health.untilMs! < soonestMs) [soonest, soonestMs] = [model, health.untilMs!];
  }
  return soonest;
}

/** Which keys a pick may take. One object per pool, set anew for each pick. */
export class PickFilter implements Filter<LiveKey> {
  nowMs = 0;
  model = "";
  exclude: ReadonlySet<string> | null = null;
  /** `proven`: ready, and has answered since it was last set up. */
  admits: "proven" | "ready" | "ready_or_probe" | "probe" | "accidental" = "ready";

  accepts(key: LiveKey): boolean {
    if (this.exclude?.has(key.id)) return false;
    // At its limit it is passed over like a cooling one.
    if (key.meter !== null && !key.meter.admits(key.inFlight, this.nowMs)) return false;
    if (this.admits === "proven") {
      return key.whole.health.state === "active" && key.standing(this.model, this.nowMs) === "ready";
    }
    if (key.isClear) return this.admits === "ready" || this.admits === "ready_or_probe";
    if (this.admits === "accidental") return key.isAccidentallyParked(this.model, this.nowMs);
    const standing = key.standing(this.model, this.nowMs);
    return standing === this.admits || (this.admits === "ready_or_probe" && standing !== "parked");
  }
}
