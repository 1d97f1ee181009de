const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * Jobs that are done one after the other, each until it succeeds: a full or locked disk pauses the lane and loses nothing. A job must
 * be safe to repeat after it threw. What bounds a lane is whoever fills it.
 */
export class Lane {
  readonly #jobs: (() => void)[] = [];
  #pauseMs = 0;
  #running = false;

  /** `onFault(null)`: the lane works again. */
  constructor(private readonly onFault: (fault: unknown) => void) {}

  push(job: () => void): void {
    this.#jobs.push(job);
    if (!this.#running) {
      this.#running = true;
      this.#run();
    }
  }

  /** Resolves when everything pushed so far is done. */
  drained(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.push(resolve));
  }

  #run(): void {
    while (this.#jobs.length > 0) {
      try {
        this.#jobs[0]!();
      } catch (error) {
        this.onFault(error);
        this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs === 0 ? FIRST_PAUSE_MS : this.#pauseMs * 2);
        setTimeout(() => this.#run(), this.#pauseMs);
        return;
      }
      this.#jobs.shift();
      if (this.#pauseMs > 0) {
        this.#pauseMs = 0;
        this.onFault(null);
      }
    }
    this.#running = false;
  }
}
