import { createSignal, onCleanup } from "solid-js";

const [tick, setTick] = createSignal(Date.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;
let offsetMs = 0;

/** Learns the server's clock from the `date` of an answer: countdowns run against its time, not this machine's. */
export function noteServerDate(date: string): void {
  const measured = Date.parse(date) - Date.now();
  // The header counts whole seconds; below two of them it is rounding and the way of the message, not a wrong clock.
  offsetMs = Math.abs(measured) < 2000 ? 0 : measured;
}

/** The server's time, anew each second for as long as the caller's component lives. */
export function createClock(): () => number {
  if (watchers++ === 0) {
    setTick(Date.now());
    timer = setInterval(() => setTick(Date.now()), 1000);
  }
  onCleanup(() => {
    if (--watchers === 0) clearInterval(timer);
  });
  return () => tick() + offsetMs;
}
