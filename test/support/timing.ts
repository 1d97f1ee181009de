/**
 * Time that a busy machine does not falsify. Promises like "refused within 20 ms" hold for what Sluice does; how long the machine
 * was busy with others meanwhile says nothing about it.
 */

/** Milliseconds of processor time that this process spent on `work`, all its threads together. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds of the quickest round, which is the last one as soon as one takes less than `belowMs`: slowness would show in all of them. */
export async function quickestMs(work: () => Promise<unknown>, belowMs: number, rounds = 30): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && quickest >= belowMs; round++) {
    const startedAt = performance.now();
    await work();
    quickest = Math.min(quickest, performance.now() - startedAt);
  }
  return quickest;
}
