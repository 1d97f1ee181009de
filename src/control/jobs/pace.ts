/** The rate is that of the last seconds: a job may begin quickly and then wait for others. */
const WINDOW_MS = 10_000;

/** How fast a job is going. Times are milliseconds of one steady clock. */
export class Pace {
  readonly #marks: { readonly atMs: number; readonly done: number }[] = [];

  constructor(nowMs: number, done: number) {
    this.#marks.push({ atMs: nowMs, done });
  }

  note(nowMs: number, done: number): void {
    this.#marks.push({ atMs: nowMs, done });
    while (this.#marks.length > 2 && nowMs - this.#marks[1]!.atMs >= WINDOW_MS) this.#marks.shift();
  }

  /** Null before there is anything to measure. */
  get perSecond(): number | null {
    const first = this.#marks[0]!;
    const last = this.#marks.at(-1)!;
    const ms = last.atMs - first.atMs;
    return ms <= 0 ? null : ((last.done - first.done) * 1000) / ms;
  }
}
