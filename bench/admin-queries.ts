import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureMeanwhile } from "./admin-meanwhile.ts";
import { type Answer, type Ask, charts, pages } from "./admin-questions.ts";
import { measureAll } from "./admin-times.ts";
import { prepareZones } from "./admin-zones.ts";
import { layOut } from "./apparatus.ts";
import { adminToken, launchSluice, sluice, sluiceCommand } from "./contestants/sluice.ts";
import { chooseCores, describeMachine, requireLinux } from "./machine.ts";
import type { Bench } from "./measurement.ts";
import { readOptions } from "./options.ts";

/**
 * The promises about reports and logs, on a directory that fill-logs.ts made: charts within 50 ms, a page of the log within 20 ms at any
 * depth, asked over HTTP of the running program, whose data plane must not notice.
 */

const USAGE = 'bun bench/admin-queries.ts [--times 15] [--rounds 7] [--only TEXT] [--sluice "CMD"] DIR';

function askerOf(url: string): Ask {
  return async (query, variables = {}) => {
    const answer = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as Answer;
  };
}

/** Returns the exit code. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      times: { type: "string", default: "15" },
      rounds: { type: "string", default: "7" },
      only: { type: "string" },
      sluice: { type: "string" },
    },
    allowPositionals: true,
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error(USAGE);
  requireLinux();
  const cores = chooseCores();
  const { arena, tools, mock } = await layOut(cores);
  const command = sluiceCommand(values.sluice);
  const { child, port } = await launchSluice(arena, command, { dataDirectory: resolve(folder) });
  console.log(`${describeMachine().cpu}; ${command.description}; ${cores.kind} to cores`);
  const url = `http://127.0.0.1:${port}`;
  const ask = askerOf(url);
  const questions = [...charts(), ...(await pages(ask))].filter(({ name }) => name.includes(values.only ?? ""));
  await prepareZones(
    charts().filter((chart) => questions.some(({ name }) => name === chart.name)),
    ask,
    folder,
  );
  const areQuick = await measureAll(questions, Number(values.times), ask);
  const bodies = questions.map(({ query, variables }) => JSON.stringify({ query, variables }));
  const isUnmoved = await measureMeanwhile({
    bench: { cores, tools, directory: arena.directory, options: readOptions([]) as Bench["options"] },
    contestant: sluice(arena, command),
    running: { port, pid: child.pid, stop: () => child.stop() },
    order: { url, token: adminToken, questions: bodies },
    rounds: Number(values.rounds),
  });
  await child.stop(10_000);
  await mock.stop();
  return areQuick && isUnmoved ? 0 : 1;
}

process.exit(await main());
