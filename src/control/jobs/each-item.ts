import { pause } from "../pull-iterator.ts";
import type { JobRun } from "./job-kind.ts";

/**
 * Works on items side by side, `concurrency` of them at once, and leaves out what had settled before a restart. Ends early when the
 * job is cancelled. The first error that `work` throws ends the job: what may go wrong with one item is for `work` to settle.
 */
export async function eachItem<Item, Params>(
  run: JobRun<Params>,
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  run.expect(items.length);
  const { signal } = run;
  await sideBySide(items, { concurrency, signal }, async (item, index) => {
    if (!run.isSettled(index)) await work(item, index);
  });
}

/** The same without a job's book-keeping: rejects with the first error, once what had begun is over. */
export async function sideBySide<Item>(
  items: readonly Item[],
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failure: { error: unknown }[] = [];
  const lane = async () => {
    while (next < items.length && failure.length === 0 && !signal.aborted) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failure.push({ error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (failure[0] !== undefined) throw failure[0].error;
}

/** Gives other work of the process its turn. */
export const breathe = (signal: AbortSignal) => pause(1, signal);
