import { Interned } from "../../lib/interned.ts";
import { shownActiveFrom, unchecked } from "../../policy/health.ts";
import { ERROR_CLASSES } from "../../record.ts";
import type { ProviderKeyRow } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";
import type { KeyBalances } from "./key-balances.ts";
import { PROVIDER_KEY_STATUSES, statusOf } from "./key-status.ts";

/** What is observed of keys, and where. */
export interface KeyWitnesses {
  readonly pool: ControlDeps["pool"];
  readonly balances: KeyBalances;
}

const ACTIVE = PROVIDER_KEY_STATUSES.indexOf("active");
const UNSEEN = unchecked(0);
/** The balance of a key that has none: before all others, and below what anybody asks for. A cursor can carry it. */
export const NO_BALANCE = -Number.MAX_VALUE;
/** The time of a use that never was. */
export const NEVER = -1;
const SMALLEST = 64;

/**
 * What lists of provider keys filter and sort by, a column each: the key in slot 7 has its figures at 7. To go through 100,000 keys is
 * to go through a few arrays of numbers; the rows and live states themselves, scattered over the memory, cost a hundred times as much.
 * About 80 bytes a key.
 */
export class KeyColumns {
  /** One past the last slot in use. */
  end = 0;
  isThere = new Uint8Array(0);
  // What stands in the row.
  provider = new Uint32Array(0);
  importJob = new Uint32Array(0);
  tags = new Uint32Array(0);
  priority = new Int32Array(0);
  createdAt = new Float64Array(0);
  // What is observed, as it was when the key was last touched.
  status = new Uint8Array(0);
  /** When a cooling key begins to show as active by itself. */
  activeFrom = new Float64Array(0);
  /** 0: none. */
  errorClass = new Uint8Array(0);
  /** 0: none. */
  httpStatus = new Uint16Array(0);
  failures = new Uint32Array(0);
  isParkedOnModels = new Uint8Array(0);
  lastUsedAt = new Float64Array(0);
  useCount = new Float64Array(0);
  balance = new Float64Array(0);
  readonly providers = new Interned<string>();
  readonly importJobs = new Interned<string | null>();
  readonly tagLists = new Interned<readonly string[]>();
  readonly #free: number[] = [];

  /** A slot for one more key. */
  take(): number {
    const slot = this.#free.pop() ?? this.end++;
    if (slot >= this.isThere.length) this.#grow(Math.max(SMALLEST, slot * 2));
    return slot;
  }

  setRow(slot: number, { providerId, importJobId, tags, priority, createdAt }: ProviderKeyRow): void {
    if (this.isThere[slot]) this.#giveBack(slot);
    this.isThere[slot] = 1;
    this.provider[slot] = this.providers.take(providerId, providerId);
    this.importJob[slot] = this.importJobs.take(importJobId ?? "", importJobId);
    this.tags[slot] = this.tagLists.take(JSON.stringify(tags), tags);
    this.priority[slot] = priority;
    this.createdAt[slot] = createdAt;
  }

  observe(slot: number, { id, enabled }: ProviderKeyRow, { pool, balances }: KeyWitnesses): void {
    const health = pool.healthOf(id) ?? UNSEEN;
    const { lastUsedAt, useCount } = pool.useOf(id);
    this.status[slot] = PROVIDER_KEY_STATUSES.indexOf(statusOf(enabled, health.state));
    this.activeFrom[slot] = enabled ? shownActiveFrom(health) : Infinity;
    this.errorClass[slot] = numberOfClass(health.errorClass);
    this.httpStatus[slot] = health.httpStatus ?? 0;
    this.failures[slot] = health.failures;
    this.isParkedOnModels[slot] = pool.isParkedOnModels(id) ? 1 : 0;
    this.lastUsedAt[slot] = lastUsedAt ?? NEVER;
    this.useCount[slot] = useCount;
    this.balance[slot] = balances.get(id)?.remaining ?? NO_BALANCE;
  }

  free(slot: number): void {
    this.#giveBack(slot);
    this.isThere[slot] = 0;
    this.#free.push(slot);
  }

  /** By slot: the place among PROVIDER_KEY_STATUSES of what the key shows now. */
  shownStatuses(nowMs: number): Uint8Array {
    const shown = this.status.slice(0, this.end);
    const { activeFrom } = this;
    for (let slot = 0; slot < shown.length; slot++) if (activeFrom[slot]! <= nowMs) shown[slot] = ACTIVE;
    return shown;
  }

  #giveBack(slot: number): void {
    this.providers.giveBack(this.provider[slot]!);
    this.importJobs.giveBack(this.importJob[slot]!);
    this.tagLists.giveBack(this.tags[slot]!);
  }

  #grow(length: number): void {
    this.isThere = copied(this.isThere, new Uint8Array(length));
    this.provider = copied(this.provider, new Uint32Array(length));
    this.importJob = copied(this.importJob, new Uint32Array(length));
    this.tags = copied(this.tags, new Uint32Array(length));
    this.priority = copied(this.priority, new Int32Array(length));
    this.createdAt = copied(this.createdAt, new Float64Array(length));
    this.status = copied(this.status, new Uint8Array(length));
    this.activeFrom = copied(this.activeFrom, new Float64Array(length));
    this.errorClass = copied(this.errorClass, new Uint8Array(length));
    this.httpStatus = copied(this.httpStatus, new Uint16Array(length));
    this.failures = copied(this.failures, new Uint32Array(length));
    this.isParkedOnModels = copied(this.isParkedOnModels, new Uint8Array(length));
    this.lastUsedAt = copied(this.lastUsedAt, new Float64Array(length));
    this.useCount = copied(this.useCount, new Float64Array(length));
    this.balance = copied(this.balance, new Float64Array(length));
  }
}

/** 0: none. */
export function numberOfClass(errorClass: (typeof ERROR_CLASSES)[number] | null): number {
  return errorClass === null ? 0 : ERROR_CLASSES.indexOf(errorClass) + 1;
}

function copied<Numbers extends { set(from: Numbers): void }>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}
