import type { Candidate, Filter } from "./candidate.ts";

/** In larger pools only so many keys, from the sticky id's place on a ring of hashes on, are scored; in smaller ones all. */
const WINDOW = 64;
const SMALL_POOL = 256;

/**
 * Rendezvous (highest random weight) hashing: every pair of sticky id and key has its own pseudo-random score, the highest that may be
 * chosen wins. When a key is parked only its own sessions move, each to its next in order, and they return to it afterwards.
 * Weights by Schindelhauer and Schomaker's logarithmic method (score = -weight / ln u). `ring`: sorted by hash.
 */
export function chooseSticky<C extends Candidate>(
  ring: readonly C[],
  filter: Filter<C>,
  stickyHash: number,
  equalWeights: boolean,
): C | null {
  const { length } = ring;
  if (length <= SMALL_POOL) return highest(ring, 0, length, filter, stickyHash, equalWeights);
  const start = placeOf(stickyHash, ring);
  for (let seen = 0; seen < length; seen += WINDOW) {
    const count = Math.min(WINDOW, length - seen);
    const chosen = highest(ring, (start + seen) % length, count, filter, stickyHash, equalWeights);
    if (chosen !== null) return chosen;
  }
  return null;
}

/** The candidates in the order that `chooseSticky` wants. */
export function makeRing<C extends Candidate>(candidates: readonly C[]): readonly C[] {
  return candidates.slice().sort((a, b) => a.hash - b.hash);
}

function highest<C extends Candidate>(
  ring: readonly C[],
  start: number,
  count: number,
  filter: Filter<C>,
  stickyHash: number,
  equalWeights: boolean,
): C | null {
  let best: C | null = null;
  let bestScore = -Infinity;
  for (let step = 0, index = start; step < count; step++, index++) {
    if (index === ring.length) index = 0;
    const candidate = ring[index]!;
    const mixed = mix(stickyHash ^ candidate.hash);
    // Same order without the logarithm when all weights are the same.
    const score = equalWeights ? mixed : -candidate.weight / Math.log((mixed + 0.5) / 2 ** 32);
    if ((score > bestScore || best === null) && filter.accepts(candidate)) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

/** Index of the first candidate whose hash is not below; the first of all behind the last. */
function placeOf(hash: number, ring: readonly Candidate[]): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ring[middle]!.hash < hash) low = middle + 1;
    else high = middle;
  }
  return low % ring.length;
}

/** FNV-1a over UTF-16 units, finished with murmur3's mixer: 32 bits, the same in every process. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

/** murmur3's 32-bit finalizer. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
