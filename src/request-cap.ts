/**
 * fetch runs at most 256 requests at once per process and queues the rest silently; the cap is read from the environment when
 * the process starts, so the process replaces itself once (same PID). Called before anything else is loaded: what is loaded
 * before it is loaded twice.
 *
 * On the way the compiler is told to wait until a function was called about 1,300 times instead of 33: what runs only at start is not
 * worth it (20 ms of a start on one core, 3 MB), and what carries requests is there after a second of load.
 */
export function raiseRequestCap(): void {
  if (process.env.BUN_CONFIG_MAX_HTTP_REQUESTS !== undefined || process.execve === undefined) return;
  const isCompiled = import.meta.path.startsWith("/$bunfs/");
  const args = isCompiled ? process.argv.slice(2) : [...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, [process.execPath, ...args], {
    BUN_JSC_thresholdForJITAfterWarmUp: "20000",
    ...(process.env as Record<string, string>),
    BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
  });
}
