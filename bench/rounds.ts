import { checkAccounting } from "./accounting.ts";
import type { Contestant, Running } from "./contestants/contestant.ts";
import { measureCrowd } from "./crowd.ts";
import type { LoadResult } from "./load.ts";
import { type Bench, measure } from "./measurement.ts";
import type { Results } from "./results.ts";
import { scenarios } from "./scenarios.ts";

interface Entrant {
  readonly contestant: Contestant;
  readonly running: Running;
}

/** Puts every contestant under every load once a round, in turns: a slow minute of the machine then hits all alike. */
export async function runRounds(bench: Bench, contestants: readonly Contestant[], results: Results): Promise<void> {
  const entrants = await startAll(contestants, results);
  for (let round = 0; round < bench.options.rounds; round++) {
    const turn = rotate(entrants, round);
    const { firstWarmUpSeconds, warmUpSeconds } = bench.options;
    const options = { ...bench.options, warmUpSeconds: round === 0 ? firstWarmUpSeconds : warmUpSeconds };
    for (const scenario of scenarios) {
      if (!bench.options.only.has(scenario.name)) continue;
      for (const { contestant, running } of turn) {
        if (scenario.isTranslated && contestant.name !== "sluice") continue;
        await step(bench, results, `${scenario.name}, ${contestant.name}, round ${round + 1}`, async (what) => {
          const sample = await measure({ ...bench, options }, scenario, contestant, running);
          results.record(scenario.name, contestant.name, round, sample);
          if (!sample.isClean) results.warnings.push(`${what}: ${describeFailure(sample.load)}; not used in any ratio`);
        });
      }
    }
    if (!bench.options.only.has("crowd")) continue;
    for (const { contestant } of turn) {
      await step(bench, results, `crowd, ${contestant.name}, round ${round + 1}`, async () =>
        results.recordCrowd(contestant.name, round, await measureCrowd(bench, contestant)),
      );
    }
  }
  const sluice = entrants.find(({ contestant }) => contestant.name === "sluice");
  const answered = results.answered("sluice");
  if (sluice && answered > 0) results.accounting = await checkAccounting(sluice.running.port, answered);
  await Promise.all(entrants.map(({ running }) => running.stop()));
}

/** What one contestant breaks costs its own figure, not everybody's. */
async function step(
  { options }: Bench,
  { warnings }: Results,
  what: string,
  work: (what: string) => Promise<void>,
): Promise<void> {
  progress(`${what} of ${options.rounds}`);
  try {
    await work(what);
  } catch (cause) {
    warnings.push(`${what}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Says on stderr what is being done, over the line that said it before. */
export function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
  else if (what) process.stderr.write(`${what}\n`);
}

async function startAll(contestants: readonly Contestant[], results: Results): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const contestant of contestants) {
    try {
      entrants.push({ contestant, running: await contestant.start() });
    } catch (cause) {
      results.warnings.push(`${contestant.name} did not start: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
  return entrants;
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const first = by % Math.max(items.length, 1);
  return [...items.slice(first), ...items.slice(0, first)];
}

function describeFailure({ ok, failed, refused, unfinished }: LoadResult): string {
  return `${ok} answered, ${failed} failed, ${refused} refused, ${unfinished} unfinished`;
}
