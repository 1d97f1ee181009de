import { join } from "node:path";
import { type Contestant, clientKey, type Running } from "./contestants/contestant.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { busyTicks, type Cores } from "./machine.ts";
import type { NativeTools } from "./native.ts";
import type { Options } from "./options.ts";
import { cpuTicks } from "./processes.ts";
import { isStreamed, requestBody, type Scenario } from "./scenarios.ts";

/** What every measurement of this run needs. */
export interface Bench {
  readonly cores: Cores;
  readonly tools: NativeTools;
  readonly options: Options;
  readonly directory: string;
}

/** One contestant in one scenario in one round. */
export interface Sample {
  /** Microseconds of CPU time per request or chunk; absent for `direct`. */
  readonly cpuUs?: number;
  readonly perSecond: number;
  /** False when anything failed: an error is cheaper than an answer, so its figures are not to be compared. */
  readonly isClean: boolean;
  /** The part of the server's core that went to anybody else while this was measured, 0 to 1. */
  readonly strangers?: number;
  readonly load: LoadResult;
}

export async function measure(
  bench: Bench,
  scenario: Scenario,
  contestant: Contestant,
  running: Running,
): Promise<Sample> {
  const readStrangers = watchStrangers(bench.cores, running);
  const load = await applyLoad(bench, { ...scenario, stream: isStreamed(scenario) }, contestant, running, {
    args: scenario.loadArgs(bench.options),
    timeoutMs: bench.options.seconds * 1_000 + 30_000,
  });
  const strangers = readStrangers();
  const units = scenario.unit === "chunk" ? (load.stream?.chunksInWindow ?? 0) : load.answeredInWindow;
  return {
    cpuUs: running.pid === undefined || units === 0 ? undefined : load.cpuUs / units,
    perSecond: units / load.seconds,
    isClean: units > 0 && load.failed + load.refused + load.unfinished + load.neverSent === 0,
    strangers,
    load,
  };
}

/** Other programs on the server's core spoil its caches, which makes the same work dearer. */
function watchStrangers(cores: Cores, { pid }: Running): () => number | undefined {
  if (cores.kind === "unpinned" || pid === undefined) return () => undefined;
  const strangerTicks = () => busyTicks(cores.server) - cpuTicks(pid);
  const startedAt = performance.now();
  const before = strangerTicks();
  return () => Math.max(0, (strangerTicks() - before) * 10) / (performance.now() - startedAt);
}

export interface Request {
  readonly model: string;
  readonly path: string;
  readonly promptBytes: number;
  readonly stream: boolean;
}

export async function applyLoad(
  { tools, directory }: Bench,
  { model, path, promptBytes, stream }: Request,
  contestant: Contestant,
  running: Running,
  { args, timeoutMs }: { readonly args: readonly (string | number)[]; readonly timeoutMs: number },
): Promise<LoadResult> {
  const bodyFile = join(directory, `${model}-${promptBytes}.json`);
  await Bun.write(bodyFile, requestBody(model, promptBytes, stream));
  return runLoad({
    program: tools.load,
    port: stream ? (running.streamPort ?? running.port) : running.port,
    path,
    headers: { authorization: `Bearer ${clientKey}`, ...contestant.headers },
    bodyFile,
    serverPid: running.pid,
    args,
    timeoutMs,
  });
}
