/** Over rounds. A hole is a round in which there was nothing to measure, or nothing that counts. */
export type Series = readonly (number | undefined)[];

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(series: Series): Spread | undefined {
  const sorted = series.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]! };
}

/** Round by round, so that a machine whose speed drifts over the run moves both sides of each pair. */
export function pairwise(a: Series, b: Series, combine: (a: number, b: number) => number): Series {
  return a.map((value, round) => {
    const other = b[round];
    return value === undefined || other === undefined ? undefined : combine(value, other);
  });
}
