import type { StoredResponse } from "../stored-response.ts";

/** One save; plain data, it crosses to the writer. */
export interface ResponseChanges {
  readonly saves: readonly StoredResponse[];
  readonly removals: readonly string[];
}

export interface ResponseLimits {
  /** Of those that wait for the writer: what does not fit is dropped and counted. */
  readonly waitingBytes: number;
  /** Of those that are written and will probably be asked for soon. */
  readonly recentBytes: number;
}

const LIMITS: ResponseLimits = { waitingBytes: 64 * 1_048_576, recentBytes: 16 * 1_048_576 };
/** One save of very long conversations must not hold up the writer's other work. */
const SAVE_BYTES = 4 * 1_048_576;

/**
 * Responses on the main thread: those on their way to the writer, and the latest of the written, so that the next turn of a
 * conversation finds the last one at once and mostly without asking the disk.
 */
export class PendingResponses {
  readonly #waiting = new Map<string, StoredResponse>();
  #waitingBytes = 0;
  #removals = new Set<string>();
  /** Crossed to the writer and not acknowledged. */
  #underWay: ResponseChanges | null = null;
  /** In order of their last use. */
  readonly #recent = new Map<string, StoredResponse>();
  #recentBytes = 0;
  dropped = 0;

  constructor(private readonly limits: ResponseLimits = LIMITS) {}

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#removals.size === 0;
  }

  get underWay(): ResponseChanges | null {
    return this.#underWay;
  }

  save(response: StoredResponse): void {
    const bytes = sizeOf(response);
    if (this.#waitingBytes + bytes > this.limits.waitingBytes) {
      this.dropped++;
      return;
    }
    this.#waiting.set(response.id, response);
    this.#waitingBytes += bytes;
  }

  remove(id: string): void {
    this.#unwait(id);
    this.#forget(id);
    this.#removals.add(id);
  }

  /** Undefined: only the disk knows; null: removed. */
  find(id: string): StoredResponse | null | undefined {
    if (this.isRemoved(id)) return null;
    const recent = this.#recent.get(id);
    if (recent === undefined) return this.#waiting.get(id) ?? this.#underWay?.saves.find((each) => each.id === id);
    this.#recent.delete(id);
    this.#recent.set(id, recent);
    return recent;
  }

  isRemoved(id: string): boolean {
    return this.#removals.has(id) || this.#underWay?.removals.includes(id) === true;
  }

  /** It was read from the disk, or is on it now. */
  remember(response: StoredResponse): void {
    this.#forget(response.id);
    const bytes = sizeOf(response);
    if (bytes > this.limits.recentBytes / 8) return; // one huge picture must not push out everybody else
    this.#recent.set(response.id, response);
    this.#recentBytes += bytes;
    for (const oldest of this.#recent.keys()) {
      if (this.#recentBytes <= this.limits.recentBytes) return;
      this.#forget(oldest);
    }
  }

  /** What the disk no longer has. */
  forgetRecent(): void {
    this.#recent.clear();
    this.#recentBytes = 0;
  }

  /** Null: there is nothing, or the last has not arrived. */
  take(): ResponseChanges | null {
    if (this.#underWay !== null || this.isEmpty) return null;
    const saves: StoredResponse[] = [];
    let bytes = 0;
    for (const response of this.#waiting.values()) {
      if (bytes > SAVE_BYTES) break;
      bytes += sizeOf(response);
      saves.push(response);
    }
    for (const { id } of saves) this.#unwait(id);
    this.#underWay = { saves, removals: [...this.#removals] };
    this.#removals = new Set();
    return this.#underWay;
  }

  /** What was taken is on disk. */
  written(): void {
    const { saves } = this.#underWay ?? { saves: [] };
    this.#underWay = null;
    for (const response of saves) if (!this.#removals.has(response.id)) this.remember(response);
  }

  /** Gives up what waits: the disk did not take it in time. */
  abandon(): void {
    this.dropped += this.#waiting.size + (this.#underWay?.saves.length ?? 0);
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#underWay = null;
  }

  #unwait(id: string): void {
    const response = this.#waiting.get(id);
    if (response === undefined) return;
    this.#waiting.delete(id);
    this.#waitingBytes -= sizeOf(response);
  }

  #forget(id: string): void {
    const response = this.#recent.get(id);
    if (response === undefined) return;
    this.#recent.delete(id);
    this.#recentBytes -= sizeOf(response);
  }
}

/** Upper bound: a text may take two bytes a character. */
function sizeOf({ input, response }: StoredResponse): number {
  return 500 + 2 * (input.length + response.length);
}
