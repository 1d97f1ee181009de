/** Reads a response body step by step, so that a test can act between two frames. */
export class StreamReader {
  readonly #reader: { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
  readonly #decoder = new TextDecoder();
  /** Everything so far. */
  text = "";

  constructor(readonly response: Response) {
    this.#reader = response.body!.getReader() as never;
  }

  /** Resolves as soon as `part` has come; throws when the body ends before. */
  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`the body ended before ${JSON.stringify(part)}: ${this.text}`);
      this.text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Reads to the end and gives the whole text. */
  async rest(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.text;
      this.text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The client leaves. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** Resolves when `condition` holds: for what has no event of its own. Looks again each time the loop has turned. */
export async function eventually(condition: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`did not come to pass: ${condition}`);
    await Bun.sleep(1);
  }
}
