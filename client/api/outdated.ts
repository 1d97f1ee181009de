import { createSignal } from "solid-js";

const [isOutdated, setOutdated] = createSignal(false);

/** This page is of another version than its server, which does not know what it asks: only loading it anew helps. */
export { isOutdated };

export function noteOutdated(): void {
  setOutdated(true);
}
