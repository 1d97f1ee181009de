import { join } from "node:path";
import type { AskerOrder } from "./admin-asker.ts";
import type { Contestant, Running } from "./contestants/contestant.ts";
import { applyLoad, type Bench } from "./measurement.ts";
import { pairwise, spreadOf } from "./statistics.ts";

/** What "unmoved" may mean: as for live subscribers, a tenth. */
const MOST = 1.1;
const PER_SECOND = 500;
const SECONDS = 4;
const MAX_CONNECTIONS = 256;

/** The promise is about what clients see, and a vendor that takes 60 ms is faster than any; one that takes none shows the server's own share. */
const LOADS = [
  { title: "vendor 60 ms", model: "mk-d60-b1024", isPromise: true },
  { title: "vendor 0 ms", model: "mk-b1024", isPromise: false },
] as const;

interface Latency {
  readonly p50: number;
  readonly p99: number;
}
interface Round {
  readonly alone: Latency;
  readonly meanwhile: Latency;
  readonly questions: number;
}

export interface Meanwhile {
  readonly bench: Bench;
  readonly contestant: Contestant;
  readonly running: Running;
  readonly order: AskerOrder;
  readonly rounds: number;
}

/** Chats at a fixed rate, in turns alone and while an administrator asks without a pause. Returns whether the promise is kept. */
export async function measureMeanwhile(meanwhile: Meanwhile): Promise<boolean> {
  for (const { model } of LOADS) await load(meanwhile, model);
  const rounds = new Map<string, Round[]>(LOADS.map(({ title }) => [title, []]));
  for (let round = 0; round < meanwhile.rounds; round++) {
    for (const { title, model } of LOADS) rounds.get(title)!.push(await runRound(meanwhile, model, round));
  }
  console.log(
    `${PER_SECOND} chats a second, ${SECONDS} s a turn, medians of ${meanwhile.rounds} rounds of alone and meanwhile; ms`,
  );
  const rows = LOADS.map(({ title, isPromise }) => describe(title, rounds.get(title)!, isPromise));
  console.table(rows.map(({ row }) => row));
  return rows.every(({ isKept }) => isKept);
}

/** Which of the two comes first changes from round to round. */
async function runRound(meanwhile: Meanwhile, model: string, round: number): Promise<Round> {
  const first = round % 2 === 0 ? await load(meanwhile, model) : null;
  const asker = startAsker(meanwhile.order);
  const watched = await load(meanwhile, model);
  const questions = await asker.stop();
  return { alone: first ?? (await load(meanwhile, model)), meanwhile: watched, questions };
}

function describe(title: string, rounds: readonly Round[], isPromise: boolean) {
  const of = (read: (round: Round) => number) => rounds.map(read);
  const alone = of((round) => round.alone.p99);
  const busy = of((round) => round.meanwhile.p99);
  const ratio = spreadOf(pairwise(busy, alone, (a, b) => a / b))!;
  const isKept = !isPromise || ratio.median <= MOST;
  const median = (series: number[]) => Number(spreadOf(series)!.median.toFixed(2));
  const row = {
    load: title,
    "p50 alone": median(of((round) => round.alone.p50)),
    "p50 meanwhile": median(of((round) => round.meanwhile.p50)),
    "p99 alone": median(alone),
    "p99 meanwhile": median(busy),
    ratio: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
    verdict: isPromise ? (isKept ? "kept" : `MISSED: over ${MOST}`) : "",
    "questions a turn": median(of((round) => round.questions)),
  };
  return { row, isKept };
}

/** In milliseconds. */
async function load({ bench, contestant, running }: Meanwhile, model: string): Promise<Latency> {
  const request = { model, path: "/v1/chat/completions", promptBytes: 1_024, stream: false };
  const result = await applyLoad(bench, request, contestant, running, {
    args: ["-c", MAX_CONNECTIONS, "-r", PER_SECOND, "-w", 1, "-t", SECONDS],
    timeoutMs: SECONDS * 1_000 + 30_000,
  });
  if (result.failed + result.refused > 0) throw new Error(`${result.failed + result.refused} chats failed`);
  return { p50: result.latency.p50 / 1_000, p99: result.latency.p99 / 1_000 };
}

function startAsker(order: AskerOrder) {
  let finish: (answered: number) => void;
  const finished = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "admin-asker.ts")], {
    ipc: (answered) => finish(answered as number),
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.send(order);
  return {
    async stop(): Promise<number> {
      child.send("end");
      const answered = await finished;
      child.kill();
      if (answered === 0) throw new Error("nothing was asked meanwhile");
      return answered;
    },
  };
}
