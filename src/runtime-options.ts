/** What the runtime reads from the environment once, when the process starts, and what an operator may set otherwise. */
const OPTIONS = {
  // A function is compiled when it was called about 270 times instead of 33: what runs only at start is not worth it (20 ms of a start
  // on one core, 3 MB). Much later is bad for who restarts under load: with 1,300 calls, of 2,000 streams that begin in the first seconds
  // one in a hundred waited 100 ms for its first token instead of 50.
  BUN_JSC_thresholdForJITAfterWarmUp: "4000",
  // The allocator gives free memory back ten times a second, and the next requests take it again page by page: 0.6 page faults for a
  // chat of 1 KB under full load. Once a second it is 0.35 (and 3 % less CPU, in pairs of runs that differ by more than that). Once a
  // minute it is 0.15, but then 1,000 subscribers hold 73 MB instead of 55 (bench/watchers.ts).
  MIMALLOC_PURGE_DELAY: "1000",
  MIMALLOC_PURGE_HOLES_MIN_INTERVAL: "1000",
};

/** fetch runs at most this many requests at once and queues the rest silently; 256 unless told. */
const REQUEST_CAP = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };

/**
 * The process replaces itself once (same PID) with these options in its environment; whoever sets the request cap is taken to have set
 * the rest. Called before anything else is loaded: what is loaded before it is loaded twice.
 */
export function restartWithRuntimeOptions(): void {
  if (process.env.BUN_CONFIG_MAX_HTTP_REQUESTS !== undefined || process.execve === undefined) return;
  const isCompiled = import.meta.path.startsWith("/$bunfs/");
  const args = isCompiled ? process.argv.slice(2) : [...process.execArgv, ...process.argv.slice(1)];
  const given = process.env as Record<string, string>;
  process.execve(process.execPath, [process.execPath, ...args], { ...OPTIONS, ...given, ...REQUEST_CAP });
}
