import type { Logger } from "./lib/log.ts";
import { errorText } from "./lib/log.ts";

/** Work that comes round: each round starts only when the last has ended, and a failing one is logged, not fatal. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): void | Promise<void>;
}

/** Starts the jobs; the returned function stops them. */
export function startJobs(jobs: readonly Job[], log: Logger): () => void {
  const timers = jobs.map((job) => {
    let running = false;
    return setInterval(async () => {
      if (running) return;
      running = true;
      try {
        await job.run();
      } catch (error) {
        log.warn("job failed", { job: job.name, reason: errorText(error) });
      } finally {
        running = false;
      }
    }, job.everyMs);
  });
  return () => timers.forEach(clearInterval);
}
