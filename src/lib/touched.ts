/** Ids of what has changed since somebody last looked. Costs nothing before the first look, which finds nothing. */
export class Touched {
  #ids: Set<string> | null = null;

  note(id: string): void {
    this.#ids?.add(id);
  }

  take(): ReadonlySet<string> {
    const taken = this.#ids ?? NOTHING;
    if (this.#ids === null || taken.size > 0) this.#ids = new Set();
    return taken;
  }
}

const NOTHING: ReadonlySet<string> = new Set();
