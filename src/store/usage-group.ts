import type { Caller, Route } from "./shape.ts";
import { UsageCell } from "./usage-cell.ts";

/** In the place of a value: all of them together. */
const ALL = 0;
type Part = string | null | typeof ALL;

/** Who shares a cell of the roll-ups, in the order of USAGE_DIMENSIONS. */
export type UsageGroup = readonly [provider: Part, key: Part, model: Part, client: Part];

/** The model is the upstream's where somebody was asked. Callers without a key cannot fill the roll-ups with names of their own. */
export function groupOf(route: Route, caller: Caller): UsageGroup {
  const [, , requestedModel, servedModel, providerId, keyId] = route;
  const [clientKeyId] = caller;
  const anybody = clientKeyId === null && providerId === null;
  return [providerId, keyId, servedModel ?? (anybody ? null : requestedModel), clientKeyId];
}

/**
 * The cells of a quarter hour, and those of the wholes they are parts of: everything together, and by each dimension alone. Most
 * charts ask for one of these, and then read one row where there are hundreds of (provider, key, model, client).
 */
export function withWholes(cells: ReadonlyMap<string, UsageCell>): Map<string, UsageCell> {
  const all = new Map(cells);
  for (const [group, cell] of cells) {
    for (const whole of wholesOf(JSON.parse(group))) {
      const key = JSON.stringify(whole);
      let sum = all.get(key);
      if (sum === undefined) {
        sum = new UsageCell();
        all.set(key, sum);
      }
      sum.merge(cell);
    }
  }
  return all;
}

function wholesOf([provider, key, model, client]: UsageGroup): UsageGroup[] {
  return [
    [ALL, ALL, ALL, ALL],
    [provider, ALL, ALL, ALL],
    [ALL, key, ALL, ALL],
    [ALL, ALL, model, ALL],
    [ALL, ALL, ALL, client],
  ];
}

/** Each request is counted once in each view: in the total, by each dimension alone (its position + 1), and by all of them. */
export const VIEWS = [0, 1, 2, 3, 4, 5] as const;
export const FINEST_VIEW = 5;

export function viewOf(group: UsageGroup): number {
  const used = group.flatMap((part, at) => (part === ALL ? [] : [at]));
  return viewFor(used);
}

/** The smallest view that tells these dimensions (positions in a group) apart. */
export function viewFor(dimensions: readonly number[]): number {
  const [first, second] = dimensions;
  if (second !== undefined) return FINEST_VIEW;
  return first === undefined ? 0 : first + 1;
}
