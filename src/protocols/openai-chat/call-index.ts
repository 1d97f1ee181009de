/** A tool call of a running choice, as far as it is known. */
export interface SeenCall {
  /** The index its vendor gave it; null when it gives none. */
  readonly index: number | null;
  /** Null until the vendor has named one. */
  readonly id: string | null;
}

export interface CallDelta {
  readonly index: number | null;
  readonly id: string | null;
  readonly isNamed: boolean;
}

/**
 * Which call a delta belongs to, by its place in the order of first appearance; `calls.length` when it begins a new one. Vendors
 * leave the index out, repeat id and name on every delta, or give all parallel calls index 0 (Gemini's compatible endpoint).
 */
export function positionOfCall(delta: CallDelta, calls: readonly SeenCall[]): number {
  const { index, id, isNamed } = delta;
  if (index !== null) {
    const known = calls.findLastIndex((call) => call.index === index);
    if (known < 0) return calls.length;
    const isAnother = isNamed && id !== null && calls[known]!.id !== null && calls[known]!.id !== id;
    return isAnother ? calls.length : known;
  }
  const known = id === null ? -1 : calls.findIndex((call) => call.id === id);
  if (known >= 0) return known;
  return isNamed || id !== null || calls.length === 0 ? calls.length : calls.length - 1;
}
