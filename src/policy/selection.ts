import type { Strategy } from "../llm/names.ts";
import type { Candidate, Filter } from "./candidate.ts";
import { chooseSticky, makeRing } from "./rendezvous.ts";

/** A pool's candidates, prepared once for a strategy. */
export interface Field<C> {
  /** By priority under `priority`, in the given order otherwise. */
  readonly candidates: readonly C[];
  readonly strategy: Strategy;
  readonly equalWeights: boolean;
  readonly heaviest: number;
  /** Under `priority`: ranges of equal priority in `candidates`, the lowest number first. */
  readonly tiers: readonly Tier[];
  /** Under `sticky`. */
  readonly ring: readonly C[];
}

interface Tier {
  readonly priority: number;
  readonly start: number;
  readonly end: number;
}

/** Where the next turn starts. Belongs to the pool and outlives the configuration's changes. */
export class Cursor {
  next = 0;
  readonly #tiers = new Map<number, Cursor>();

  /** The turn among the candidates of one priority. */
  tier(priority: number): Cursor {
    const known = this.#tiers.get(priority);
    if (known !== undefined) return known;
    const cursor = new Cursor();
    this.#tiers.set(priority, cursor);
    return cursor;
  }

  /** For whoever only asks whose turn it would be. */
  copy(): Cursor {
    const copy = new Cursor();
    copy.next = this.next;
    for (const [priority, cursor] of this.#tiers) copy.#tiers.set(priority, cursor.copy());
    return copy;
  }
}

export interface Turn<C> {
  readonly field: Field<C>;
  readonly filter: Filter<C>;
  readonly cursor: Cursor;
  /** 32-bit hash of what the request sticks to; null when it names nothing. */
  readonly stickyHash: number | null;
  readonly random: () => number;
}

export function makeField<C extends Candidate>(given: readonly C[], strategy: Strategy): Field<C> {
  const candidates = strategy === "priority" ? given.slice().sort((a, b) => a.priority - b.priority) : given;
  const first = candidates[0];
  return {
    candidates,
    strategy,
    equalWeights: candidates.every((candidate) => candidate.weight === first?.weight),
    heaviest: candidates.reduce((heaviest, { weight }) => Math.max(heaviest, weight), 0),
    tiers: strategy === "priority" ? tiersOf(candidates) : [],
    ring: strategy === "sticky" ? makeRing(candidates) : [],
  };
}

function tiersOf(candidates: readonly Candidate[]): Tier[] {
  const tiers: Tier[] = [];
  for (let start = 0; start < candidates.length; ) {
    const { priority } = candidates[start]!;
    let end = start + 1;
    while (candidates[end]?.priority === priority) end++;
    tiers.push({ priority, start, end });
    start = end;
  }
  return tiers;
}

/** The candidate whose turn it is among those that the filter accepts; null when it accepts none. */
export function selectCandidate<C extends Candidate>(turn: Turn<C>): C | null {
  const { field } = turn;
  const { length } = field.candidates;
  switch (field.strategy) {
    case "round_robin":
      return inTurn(turn, turn.cursor, 0, length);
    case "weighted":
      return byWeight(turn);
    case "priority":
      return byPriority(turn);
    case "least_busy":
      return cheapest(turn, loadOf);
    case "lowest_latency":
      return byLatency(turn);
    case "sticky":
      return turn.stickyHash === null
        ? inTurn(turn, turn.cursor, 0, length)
        : chooseSticky(field.ring, turn.filter, turn.stickyHash, field.equalWeights);
  }
}

/**
 * Round robin over [start, end). Equal weights: the next one after the cursor, so a turn costs as many steps as there are parked
 * keys in a row, not as there are keys. Unequal weights: nginx's smooth weighted round robin, which spreads a heavy key's
 * turns instead of giving them in a row (nginx, ngx_http_upstream_round_robin.c).
 */
function inTurn<C extends Candidate>(turn: Turn<C>, cursor: Cursor, start: number, end: number): C | null {
  return turn.field.equalWeights ? nextAfterCursor(turn, cursor, start, end) : smoothWeighted(turn, start, end);
}

function nextAfterCursor<C extends Candidate>(turn: Turn<C>, cursor: Cursor, start: number, end: number): C | null {
  const { candidates } = turn.field;
  const { filter } = turn;
  let index = cursor.next >= start && cursor.next < end ? cursor.next : start;
  for (let steps = end - start; steps > 0; steps--) {
    const candidate = candidates[index]!;
    if (++index === end) index = start;
    if (filter.accepts(candidate)) {
      cursor.next = index;
      return candidate;
    }
  }
  return null;
}

function smoothWeighted<C extends Candidate>({ field, filter }: Turn<C>, start: number, end: number): C | null {
  let best: C | null = null;
  let total = 0;
  for (let index = start; index < end; index++) {
    const candidate = field.candidates[index]!;
    if (!filter.accepts(candidate)) continue;
    candidate.balance += candidate.weight;
    total += candidate.weight;
    if (best === null || candidate.balance > best.balance) best = candidate;
  }
  if (best !== null) best.balance -= total;
  return best;
}

/** Draws that may miss before all weights are added up; a miss is a parked key or a light one. */
const DRAWS = 16;

/**
 * Random, proportional to the weight: any key is drawn and kept with probability weight / heaviest. That is exact and needs no
 * sums; when it keeps missing, the weights are added up.
 */
function byWeight<C extends Candidate>({ field, filter, random }: Turn<C>): C | null {
  const { candidates, heaviest } = field;
  for (let draw = candidates.length > DRAWS ? DRAWS : 0; draw > 0; draw--) {
    const candidate = candidates[Math.floor(random() * candidates.length)]!;
    if (random() * heaviest < candidate.weight && filter.accepts(candidate)) return candidate;
  }
  let total = 0;
  for (const candidate of candidates) if (filter.accepts(candidate)) total += Math.max(0, candidate.weight);
  let point = random() * total;
  let last: C | null = null;
  for (const candidate of candidates) {
    if (!filter.accepts(candidate)) continue;
    if (last === null || candidate.weight > 0) last = candidate;
    point -= Math.max(0, candidate.weight);
    if (point < 0) return candidate;
  }
  return last;
}

/** The lowest number that has a key to offer; its keys take turns. */
function byPriority<C extends Candidate>(turn: Turn<C>): C | null {
  for (const { priority, start, end } of turn.field.tiers) {
    const chosen = inTurn(turn, turn.cursor.tier(priority), start, end);
    if (chosen !== null) return chosen;
  }
  return null;
}

/** So many keys are compared by `least_busy` and `lowest_latency`; in larger pools a window that moves on with each turn. */
const WINDOW = 128;

/** The lowest cost among the next candidates; equals take turns, because each turn starts behind the last choice. */
function cheapest<C extends Candidate>({ field, filter, cursor }: Turn<C>, costOf: (candidate: C) => number): C | null {
  const { candidates } = field;
  const { length } = candidates;
  let index = cursor.next < length ? cursor.next : 0;
  let best: C | null = null;
  let bestCost = Infinity;
  for (let steps = length, seen = 0; steps > 0 && seen < WINDOW; steps--) {
    const candidate = candidates[index]!;
    if (++index === length) index = 0;
    if (!filter.accepts(candidate)) continue;
    seen++;
    const cost = costOf(candidate);
    if (best === null || cost < bestCost) {
      best = candidate;
      bestCost = cost;
      cursor.next = index;
    }
  }
  return best;
}

function loadOf(candidate: Candidate): number {
  return (candidate.inFlight + 1) / candidate.weight;
}

/** One request in so many goes to the key whose turn it is, whatever it was like when it was last measured. */
const EXPLORED_SHARE = 0.05;

/**
 * Fastest first, with what is under way counted in (peak EWMA: slowness × (in flight + 1)), so that the fastest key is not
 * buried. Keys without a measurement come first, one request at a time, or they would never get one.
 */
function byLatency<C extends Candidate>(turn: Turn<C>): C | null {
  // A cursor of its own: the other one stands behind the fastest key, always at the same place.
  if (turn.random() < EXPLORED_SHARE)
    return nextAfterCursor(turn, turn.cursor.tier(0), 0, turn.field.candidates.length);
  return cheapest(turn, slownessOf);
}

function slownessOf(candidate: Candidate): number {
  if (candidate.slowness === 0) return candidate.inFlight === 0 ? 0 : candidate.inFlight + 1;
  return candidate.slowness * (candidate.inFlight + 1);
}
