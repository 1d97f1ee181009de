import type { Caller, Outcome, Route } from "./shape.ts";

/** In the place of a value: all of them together. */
const ALL = 0;
type Part = string | null | typeof ALL;

/** Who shares a cell of the roll-ups, in the order of USAGE_DIMENSIONS. */
export type UsageGroup = readonly [
  provider: Part,
  key: Part,
  model: Part,
  client: Part,
  status: Part,
  error: Part,
  format: Part,
];
const DIMENSIONS = 7;

/** The model is the upstream's where somebody was asked. Callers without a key cannot fill the roll-ups with names of their own. */
export function groupOf(route: Route, caller: Caller, outcome: Outcome): UsageGroup {
  const [protocol, , requestedModel, servedModel, providerId, keyId] = route;
  const [clientKeyId] = caller;
  const [status, , errorClass] = outcome;
  const anybody = clientKeyId === null && providerId === null;
  const model = servedModel ?? (anybody ? null : requestedModel);
  return [providerId, keyId, model, clientKeyId, status, errorClass, protocol];
}

/**
 * A view is a set of dimensions, as bits: what a cell tells apart. The finest tells everything apart; beside it there is one for
 * everything together, for each dimension and for each pair of them, so that a chart reads tens of cells where the finest view has
 * thousands.
 */
export const FINEST_VIEW = 2 ** DIMENSIONS - 1;
export const COARSE_VIEWS: readonly number[] = Array.from({ length: FINEST_VIEW }, (_, view) => view).filter(
  (view) => dimensionsIn(view) <= 2,
);
export const VIEWS: readonly number[] = [...COARSE_VIEWS, FINEST_VIEW];

/** The smallest view that tells these dimensions (positions in a group) apart. */
export function viewFor(dimensions: Iterable<number>): number {
  let view = 0;
  for (const at of dimensions) view |= 1 << at;
  return dimensionsIn(view) <= 2 ? view : FINEST_VIEW;
}

/** The group with all dimensions but the view's together. */
export function seenIn(view: number, group: UsageGroup): UsageGroup {
  return group.map((part, at) => ((view >> at) & 1 ? part : ALL)) as unknown as UsageGroup;
}

function dimensionsIn(view: number): number {
  let count = 0;
  for (let at = 0; at < DIMENSIONS; at++) count += (view >> at) & 1;
  return count;
}
