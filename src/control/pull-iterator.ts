/** Makes the next frame when somebody asks for it; null ends the stream. Must return soon after the signal aborts. */
export type Produce<Frame> = (signal: AbortSignal) => Promise<Frame | null>;

/**
 * An iterator that is pulled: while its reader is busy nothing is made and nothing waits. Unlike an async generator it ends
 * at once when `return` is called, also in the middle of waiting: a client that leaves must not hold anything.
 */
export function pullIterator<Frame>(
  produce: Produce<Frame>,
  options: { readonly ended: AbortSignal; readonly onEnd?: () => void },
): AsyncIterableIterator<Frame> {
  const stop = new AbortController();
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    options.ended.removeEventListener("abort", end);
    stop.abort();
    options.onEnd?.();
  };
  if (options.ended.aborted) end();
  else options.ended.addEventListener("abort", end, { once: true });
  const done = { done: true, value: undefined } as const;

  return {
    async next() {
      if (isOver) return done;
      try {
        const frame = await produce(stop.signal);
        if (!isOver && frame !== null) return { done: false, value: frame };
      } catch (error) {
        end();
        throw error;
      }
      end();
      return done;
    },
    async return() {
      end();
      return done;
    },
    async throw(error) {
      end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake, { once: true });
  });
}
