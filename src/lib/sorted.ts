export type Compare<T> = (left: T, right: T) => number;

/**
 * A sorted array without `gone` and with `added`; `compare` never answers 0 for two things that are there at once. What lies between
 * the changes is copied: as many searches as changes, whatever the length.
 */
export function changeSorted<T>(
  sorted: readonly T[],
  gone: readonly T[],
  added: readonly T[],
  compare: Compare<T>,
): T[] {
  const changes = [...gone.map((item) => ({ item, isGone: true })), ...added.map((item) => ({ item, isGone: false }))];
  // What takes the place of something comes after it.
  changes.sort((left, right) => compare(left.item, right.item) || Number(right.isGone) - Number(left.isGone));
  const result: T[] = [];
  let from = 0;
  for (const { item, isGone } of changes) {
    const at = placeOf(sorted, item, from, compare);
    while (from < at) result.push(sorted[from++]!);
    if (isGone) from++;
    else result.push(item);
  }
  while (from < sorted.length) result.push(sorted[from++]!);
  return result;
}

/** Where `item` stands or would stand, from `from` on. */
function placeOf<T>(sorted: readonly T[], item: T, from: number, compare: Compare<T>): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle]!, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
