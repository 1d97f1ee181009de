import type { Contestant, Running } from "./contestants/contestant.ts";
import { applyLoad, type Bench } from "./measurement.ts";
import { residentBytes } from "./processes.ts";
import { crowd } from "./scenarios.ts";

/** Many streams at once on a process started for the purpose. */
export interface CrowdSample {
  readonly streams: number;
  /** Chunks that never came. */
  readonly lostChunks: number;
  readonly failedStreams: number;
  /** Chunks that came more than a second after the one before; they are 100 ms apart at the mock. */
  readonly stalls: number;
  readonly longestGapMs: number;
  readonly firstTokenP99Ms: number;
  readonly memory?: CrowdMemory;
}

export interface CrowdMemory {
  /** Two seconds after the process was ready. */
  readonly idleBytes: number;
  /** The most that was seen while the streams ran. */
  readonly peakBytes: number;
  /** Growth from a process that has served a few streams, so that compiling the code is not counted as streams. */
  readonly bytesPerStream: number;
}

const warmUpStreams = 20;
const sampleEveryMs = 250;

export async function measureCrowd(bench: Bench, contestant: Contestant): Promise<CrowdSample> {
  const running = await contestant.start();
  try {
    await Bun.sleep(2_000);
    const idleBytes = residentOf(running);
    await holdStreams(bench, contestant, running, warmUpStreams);
    const warmBytes = residentOf(running);
    let peakBytes = warmBytes;
    const sampler = setInterval(() => {
      peakBytes = Math.max(peakBytes, residentOf(running));
    }, sampleEveryMs);
    const { streams } = bench.options;
    const load = await holdStreams(bench, contestant, running, streams).finally(() => clearInterval(sampler));
    return {
      streams,
      lostChunks: streams * crowd.chunks - (load.stream?.chunks ?? 0),
      failedStreams: load.failed + load.refused + load.unfinished,
      stalls: load.stream?.stalls ?? 0,
      longestGapMs: (load.stream?.gap.max ?? 0) / 1_000,
      firstTokenP99Ms: (load.stream?.firstToken.p99 ?? 0) / 1_000,
      memory:
        running.pid === undefined
          ? undefined
          : { idleBytes, peakBytes, bytesPerStream: (peakBytes - warmBytes) / streams },
    };
  } finally {
    await running.stop();
  }
}

/** Opens the streams over two seconds, so that all of them run together for six. */
function holdStreams(bench: Bench, contestant: Contestant, running: Running, streams: number) {
  const limitSeconds = 60;
  return applyLoad(bench, { ...crowd, stream: true }, contestant, running, {
    args: ["-1", "-s", "-c", streams, "-g", streams === warmUpStreams ? 0 : crowd.rampMs, "-w", 0, "-t", limitSeconds],
    timeoutMs: limitSeconds * 1_000 + 10_000,
  });
}

function residentOf({ pid }: Running): number {
  return pid === undefined ? 0 : residentBytes(pid);
}
