import { processTree } from "./processes.ts";

/** Microseconds. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * What native/load.c prints. `ok`, `failed` and the distributions are about the requests asked for after the warm-up,
 * "in window" about what arrived between its end and that of the measurement, `answered` about the whole run.
 */
export interface LoadResult {
  readonly ok: number;
  readonly failed: number;
  readonly refused: number;
  readonly unfinished: number;
  readonly answered: number;
  readonly seconds: number;
  readonly answeredInWindow: number;
  readonly bytesInWindow: number;
  readonly cpuUs: number;
  readonly neverSent: number;
  readonly mostActive: number;
  readonly latency: Distribution;
  readonly stream?: StreamResult;
}

export interface StreamResult {
  readonly chunks: number;
  readonly chunksInWindow: number;
  readonly stalls: number;
  readonly firstToken: Distribution;
  readonly transit: Distribution;
  readonly gap: Distribution;
}

export interface LoadOptions {
  readonly program: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyFile: string;
  /** The process whose tree's CPU time is wanted. */
  readonly serverPid?: number;
  readonly args: readonly (string | number)[];
  readonly timeoutMs: number;
}

/** Runs the load generator once. The generator itself reads the CPU clocks, at the very edges of its window. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { program, port, path, headers, bodyFile, serverPid, args, timeoutMs } = options;
  const watched = serverPid === undefined ? [] : ["-q", processTree(serverPid).join(",")];
  const headerArgs = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const common = ["-p", String(port), "-P", path, "-b", bodyFile, ...headerArgs, ...watched];
  const child = Bun.spawn([program, ...common, ...args.map(String)], { stdout: "pipe", stderr: "inherit" });
  const stop = () => child.kill("SIGKILL");
  process.on("exit", stop);
  const timer = setTimeout(stop, timeoutMs);
  try {
    const output = await new Response(child.stdout).text();
    if ((await child.exited) !== 0)
      throw new Error(`the load generator failed (${child.signalCode ?? child.exitCode})`);
    return JSON.parse(output) as LoadResult;
  } finally {
    clearTimeout(timer);
    process.off("exit", stop);
  }
}
