import { createSignal } from "solid-js";

const [count, setCount] = createSignal(0);

/** How many changes this page has made. What is shown of before the last one is asked for anew (query.ts). */
export const writes = count;

export function noteWrite(): void {
  setCount((before) => before + 1);
}
