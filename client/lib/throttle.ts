import { onCleanup } from "solid-js";

/** Runs `action` soon, and at most once per interval however often it is asked: for refetching after live events. */
export function createThrottle(action: () => void, intervalMs = 2000): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastAt = 0;
  onCleanup(() => clearTimeout(timer));
  return () => {
    if (timer !== undefined) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        lastAt = Date.now();
        action();
      },
      Math.max(100, lastAt + intervalMs - Date.now()),
    );
  };
}
