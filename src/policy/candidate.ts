/** What the strategies look at; the pool's live keys are these. */
export interface Candidate {
  readonly weight: number;
  /** Lower number first. */
  readonly priority: number;
  /** 32-bit hash of the id, for sticky routing. */
  readonly hash: number;
  readonly inFlight: number;
  /** How slow compared with its pool's average for the same model, about 1; 0 when never measured. */
  readonly slowness: number;
  /** Smooth weighted round robin's running balance. */
  balance: number;
}

/** Says which candidates may be chosen now. An object, not a closure: none is made per request. */
export interface Filter<C> {
  accepts(candidate: C): boolean;
}
