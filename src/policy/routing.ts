export interface Weighted {
  /** Lower first. */
  readonly priority: number;
  readonly weight: number;
}

/**
 * The order in which targets are tried: priority groups ascending, inside a group a random order without replacement in which
 * each draw is proportional to the weight (weight 0 comes last). Returns its argument when there is nothing to order.
 */
export function orderTargets<T extends Weighted>(targets: readonly T[], random: () => number): readonly T[] {
  if (targets.length < 2) return targets;
  const ordered = targets.slice().sort(byPriority);
  for (let start = 0; start < ordered.length; ) {
    let end = start + 1;
    while (end < ordered.length && ordered[end]!.priority === ordered[start]!.priority) end++;
    shuffleByWeight(ordered, start, end, random);
    start = end;
  }
  return ordered;
}

function byPriority(a: Weighted, b: Weighted): number {
  return a.priority - b.priority;
}

/** Draws one after the other into place. Groups hold a handful of targets: quadratic is fine. */
function shuffleByWeight<T extends Weighted>(items: T[], start: number, end: number, random: () => number): void {
  for (let place = start; place < end - 1; place++) {
    const drawn = drawByWeight(items, place, end, random);
    const item = items[drawn]!;
    items[drawn] = items[place]!;
    items[place] = item;
  }
}

function drawByWeight(items: readonly Weighted[], start: number, end: number, random: () => number): number {
  let total = 0;
  for (let index = start; index < end; index++) total += Math.max(0, items[index]!.weight);
  let point = random() * total;
  for (let index = start; index < end; index++) {
    point -= Math.max(0, items[index]!.weight);
    if (point < 0) return index;
  }
  return total === 0 ? start + Math.floor(random() * (end - start)) : lastPositive(items, start, end);
}

/** Where rounding can leave the point: on the last item that has a weight. */
function lastPositive(items: readonly Weighted[], start: number, end: number): number {
  for (let index = end - 1; index > start; index--) if (items[index]!.weight > 0) return index;
  return start;
}
