import type { Verdict } from "./alert-verdict.ts";

/** What is remembered about one (rule, subject) between two looks. */
export interface Track {
  readonly firingSinceMs: number | null;
  readonly clearSinceMs: number | null;
  readonly lastFiringMs: number | null;
  readonly isOpen: boolean;
}

export interface Timing {
  /** The condition must hold for so long before an incident opens. */
  readonly forMs: number;
  /** Nothing could be said (too few requests) for so long: then the incident is over too. */
  readonly staleMs: number;
}

/** `open`: an incident begins (or begins again). `seen`: it goes on. `resolve`: it is over. */
export type Step = "none" | "open" | "seen" | "resolve";

/** Well again for so long, and never shorter than the condition had to hold: a key that flaps is one incident. */
export const RECOVERY_MS = 30_000;

export const QUIET: Track = { firingSinceMs: null, clearSinceMs: null, lastFiringMs: null, isOpen: false };

/** An incident that a restart found open: what went before is not known. */
export const foundOpen = (lastSeenMs: number): Track => ({
  firingSinceMs: lastSeenMs,
  clearSinceMs: null,
  lastFiringMs: lastSeenMs,
  isOpen: true,
});

export function advance(
  track: Track,
  verdict: Verdict,
  timing: Timing,
  nowMs: number,
): { readonly track: Track; readonly step: Step } {
  if (verdict === "firing") {
    const firingSinceMs = track.firingSinceMs ?? nowMs;
    const isOpen = track.isOpen || nowMs - firingSinceMs >= timing.forMs;
    const next = { firingSinceMs, clearSinceMs: null, lastFiringMs: nowMs, isOpen };
    return { track: next, step: track.isOpen ? "seen" : isOpen ? "open" : "none" };
  }
  if (!track.isOpen) {
    // Waiting to open is not ended by a value that trembles, only by one that is well.
    return { track: verdict === "clear" ? QUIET : track, step: "none" };
  }
  if (verdict === "unsure") {
    const isStale = nowMs - (track.lastFiringMs ?? nowMs) >= timing.staleMs;
    return isStale
      ? { track: QUIET, step: "resolve" }
      : { track: { ...track, firingSinceMs: null, clearSinceMs: null }, step: "none" };
  }
  const clearSinceMs = track.clearSinceMs ?? nowMs;
  if (nowMs - clearSinceMs >= Math.max(RECOVERY_MS, timing.forMs)) return { track: QUIET, step: "resolve" };
  return { track: { ...track, firingSinceMs: null, clearSinceMs }, step: "none" };
}
