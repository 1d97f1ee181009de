import { daysWithoutIndex } from "./day-index-file.ts";

/** What a question may have to wait for. */
const SLICE_MS = 50;

/**
 * Makes the indexes of the days that are over and have none: after midnight one, after an upgrade all of them. Newest first, slice by
 * slice, and resting as long as working, so that questions get their turns and the data plane its processor.
 */
export class DayIndexing {
  #running: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopped = false;

  constructor(
    private readonly folder: string,
    private readonly indexDay: (day: number, forMs: number) => Promise<boolean>,
  ) {}

  startIn(ms: number): void {
    this.#timer = setTimeout(() => void this.run().catch(() => {}), ms); // the next hourly round tries again, and is heard
  }

  /** Resolves when every day that is over has its index. */
  run(nowMs = Date.now()): Promise<void> {
    this.#running ??= this.#make(nowMs).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #make(nowMs: number): Promise<void> {
    const days = daysWithoutIndex(this.folder, nowMs).sort((a, b) => b - a);
    for (const day of days) {
      for (let isMade = false; !isMade && !this.#stopped; ) {
        const startedMs = performance.now();
        isMade = await this.indexDay(day, SLICE_MS);
        await Bun.sleep(Math.min(SLICE_MS, performance.now() - startedMs));
      }
    }
  }
}
