/** Who asks for the same within this time gets the same frame. */
const FRESH_FOR_MS = 200;

/**
 * Frames that many readers want at about the same time. Each is made once and is one object for all of them, so that the API works
 * out its answer once too (http/graphql-shared-events). A place is what decides the frame: filter and position. Nothing in a frame
 * may therefore hang on who reads it.
 */
export class SharedFrames<Frame> {
  /** The oldest first. */
  readonly #made = new Map<string, { readonly madeAtMs: number; readonly frame: Frame }>();

  get(place: string, make: () => Frame): Frame {
    const nowMs = performance.now(); // the clock of the day may be set back
    for (const [key, { madeAtMs }] of this.#made) {
      if (nowMs - madeAtMs < FRESH_FOR_MS) break;
      this.#made.delete(key);
    }
    const known = this.#made.get(place);
    if (known !== undefined) return known.frame;
    const frame = make();
    this.#made.set(place, { madeAtMs: nowMs, frame });
    return frame;
  }
}
