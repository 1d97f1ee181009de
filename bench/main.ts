import { layOut } from "./apparatus.ts";
import { bareRelay } from "./contestants/bare-relay.ts";
import type { Arena, Contestant } from "./contestants/contestant.ts";
import { direct } from "./contestants/direct.ts";
import { nginx } from "./contestants/nginx.ts";
import { portkey } from "./contestants/portkey.ts";
import { type SluiceCommand, sluice, sluiceCommand } from "./contestants/sluice.ts";
import { doubts } from "./doubts.ts";
import { type Judgement, judge } from "./goals.ts";
import { chooseCores, describeMachine, requireLinux } from "./machine.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { writeReport } from "./report.ts";
import { Results } from "./results.ts";
import { progress, runRounds } from "./rounds.ts";
import { scenarios } from "./scenarios.ts";
import { measureStartUp } from "./start-up.ts";

try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") console.log(usage);
  else process.exitCode = await bench(options);
} catch (cause) {
  console.error(`bench: ${cause instanceof Error ? cause.message : cause}`);
  process.exitCode = 1;
}
process.exit();

/** Returns the exit code. */
async function bench(options: Options): Promise<number> {
  requireLinux();
  const machine = describeMachine();
  const cores = chooseCores();
  const command = sluiceCommand(options.sluiceCommand);
  const results = new Results();
  const pinning =
    cores.kind === "pinned"
      ? `servers on core ${cores.server}, mock and load generator on core ${cores.load}`
      : `not pinned: ${cores.because}`;
  console.log(
    `${machine.cpu}, ${machine.cores} core${machine.cores === 1 ? "" : "s"}, Linux ${machine.kernel}, Bun ${machine.bun}; ${pinning}`,
  );
  console.log(`sluice: ${command.description}\n`);
  if (cores.kind === "unpinned") results.warnings.push(`not pinned to cores: ${cores.because}`);
  if (machine.loadAverage > 0.5) {
    results.warnings.push(
      `the machine was busy at the start (load ${machine.loadAverage.toFixed(1)}): trust ratios only`,
    );
  }

  const { arena, tools, mock } = await layOut(cores);

  if (options.only.has("start")) await runStartUp(arena, command, options, results);
  const contestants = await enter(arena, command, options, results);
  await runRounds({ cores, tools, options, directory: arena.directory }, contestants, results);
  await mock.stop();
  results.warnings.push(...doubts(results));
  progress("");

  const goals = judge(results);
  console.log(writeReport(results, options.rounds));
  if (options.jsonFile) {
    const { samples, crowd, startUp, accounting, warnings } = results;
    const settings = { ...options, only: [...options.only] };
    const everything = { machine, cores, sluice: command.description, settings, goals, samples, crowd, startUp };
    await Bun.write(options.jsonFile, `${JSON.stringify({ ...everything, accounting, warnings }, null, 2)}\n`);
  }
  if (options.gate) return gate(goals, results, options);
  return Object.values(results.samples).every((byContestant) => byContestant.sluice) ? 0 : 1;
}

async function enter(arena: Arena, command: SluiceCommand, options: Options, results: Results): Promise<Contestant[]> {
  const yardstick = nginx(arena);
  if (!yardstick)
    results.warnings.push("nginx is not installed (apt-get install nginx-light), so nothing is held against it");
  return [
    direct(arena),
    bareRelay(arena),
    ...(yardstick ? [yardstick] : []),
    sluice(arena, command),
    ...(options.portkey ? [await portkey(arena)] : []),
  ];
}

async function runStartUp(arena: Arena, command: SluiceCommand, { starts }: Options, results: Results): Promise<void> {
  progress(`starting sluice ${2 * starts + 1} times`);
  try {
    results.startUp = await measureStartUp(arena, command, starts);
  } catch (cause) {
    results.warnings.push(`start-up not measured: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function gate(goals: readonly Judgement[], results: Results, { rounds, only }: Options): number {
  if (rounds < 5) {
    console.error("\n--gate needs at least 5 rounds");
    return 2;
  }
  const loads = scenarios.filter(({ name }) => only.has(name));
  if (!loads.every(({ name }) => results.hasCleanSamples(name, "sluice"))) {
    console.error("\ngate: Sluice has not come through every scenario");
    return 1;
  }
  const missed = goals.filter(({ isGate, verdict }) => isGate && verdict === "MISSED");
  for (const { what, measured, must } of missed) console.error(`gate: ${what}: ${measured}, must be ${must}`);
  return missed.length > 0 ? 1 : 0;
}
