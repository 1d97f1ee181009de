import { parseArgs } from "node:util";
import { layOut } from "./apparatus.ts";
import { adminToken, sluice, sluiceCommand } from "./contestants/sluice.ts";
import { chooseCores, describeMachine, requireLinux } from "./machine.ts";
import { applyLoad, type Bench } from "./measurement.ts";
import { readOptions } from "./options.ts";
import { residentBytes } from "./processes.ts";
import { spreadOf } from "./statistics.ts";

/**
 * What live subscriptions cost: their memory, and what they do to the latency of /v1. Rounds without and with subscribers take turns on
 * one process; each subscriber is a WebSocket of its own with one subscription.
 *
 *     bun bench/watchers.ts [--subscribers 1000] [--rounds 5] [--seconds 4] [--rate 500] [--burst 0]
 *
 * With `--burst N` the subscribers all watch the keys, and N keys are imported while they do.
 */
const { values } = parseArgs({
  options: {
    subscribers: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    rate: { type: "string", default: "500" },
    burst: { type: "string", default: "0" },
    sluice: { type: "string" },
  },
});
const subscribers = Number(values.subscribers);

/** In turns: what a console's overview, its live tail and its key table have open. */
const KEYS =
  "subscription { keyEvents { __typename ... on KeyEventBatch { cursor events { kind keyId key { name status } } } } }";
const SUBSCRIPTIONS = [
  "subscription { liveUsage(intervalMs: 1000) { __typename ... on LiveUsageTick { cursor at requestsPerSecond tokensPerSecond errorRate activeStreams p95LatencyMs } } }",
  "subscription { requestFeed(maxPerSecond: 5) { __typename ... on RequestFeedBatch { cursor dropped started { id requestedModel } settled { id requestedModel httpStatus latencyMs cost } } } }",
  "subscription { keyEvents { __typename ... on KeyEventBatch { cursor events { kind keyId } } } }",
];
const burst = Number(values.burst);
const watched = burst > 0 ? [KEYS] : SUBSCRIPTIONS;
/** The API allows 32 subscriptions a token. */
const PER_TOKEN = 25;
const WARM_UP = 30;

requireLinux();
const cores = chooseCores();
const { arena, tools, mock } = await layOut(cores);
const command = sluiceCommand(values.sluice);
const contestant = sluice(arena, command);
const bench: Bench = { cores, tools, directory: arena.directory, options: readOptions([]) as Bench["options"] };
const running = await contestant.start();
console.log(
  `${describeMachine().cpu}; ${command.description}; ${subscribers} subscribers, ${values.rate} requests a second`,
);

// The first requests of a process are slow, and its first subscribers load the admin API: neither is what is asked for here.
await load();
await (await subscribe(WARM_UP)).close();
const rounds: { alone: Sample; watched: Sample; bytes: number }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const alone = await load();
  const before = residentBytes(running.pid!);
  const { close, frames } = await subscribe(subscribers);
  const [withWatchers] = await Promise.all([load(), burst > 0 ? importKeys(burst) : null]);
  rounds.push({ alone, watched: withWatchers, bytes: residentBytes(running.pid!) - before });
  if (frames() < subscribers) throw new Error(`only ${frames()} frames came: the subscribers do not see anything`);
  await close();
}
const of = (read: (round: (typeof rounds)[number]) => number) => spreadOf(rounds.map(read))!.median;
const row = (name: string, key: keyof Sample, digits: number) => {
  const [alone, watched] = [of((one) => one.alone[key]), of((one) => one.watched[key])];
  const ratio = of((one) => one.watched[key] / one.alone[key]);
  console.log(
    `${name.padEnd(28)}${alone.toFixed(digits).padStart(9)}${watched.toFixed(digits).padStart(11)}${ratio.toFixed(2).padStart(9)} ×`,
  );
};
console.log(`${"".padEnd(28)}${"alone".padStart(9)}${"watched".padStart(11)}`);
row("latency p50, ms", "p50", 2);
row("latency p99, ms", "p99", 2);
row("CPU a second, ms", "cpuMs", 0);
const first = rounds[0]!.bytes / 1_048_576;
const most = Math.max(...rounds.map(({ bytes }) => bytes)) / 1_048_576;
console.log(
  `memory of the subscribers: ${first.toFixed(1)} MB when first opened, at most ${most.toFixed(1)} MB in a round`,
);
await running.stop();
await mock.stop();
process.exit();

interface Sample {
  readonly p50: number;
  readonly p99: number;
  readonly cpuMs: number;
}

async function load(): Promise<Sample> {
  const request = { model: "mk-d60-b1024", path: "/v1/chat/completions", promptBytes: 1_024, stream: false };
  const seconds = Number(values.seconds);
  const result = await applyLoad(bench, request, contestant, running, {
    args: ["-c", 256, "-r", Number(values.rate), "-w", 1, "-t", seconds],
    timeoutMs: seconds * 1_000 + 30_000,
  });
  if (result.failed + result.refused > 0) throw new Error(`${result.failed + result.refused} requests failed`);
  const { p50, p99 } = result.latency;
  return { p50: p50 / 1_000, p99: p99 / 1_000, cpuMs: result.cpuUs / 1_000 / result.seconds };
}

/** Resolves when every subscriber has got its first frame. */
async function subscribe(count: number) {
  const { port } = running;
  const sockets: WebSocket[] = [];
  let frames = 0;
  const opened: Promise<void>[] = [];
  let token = "";
  for (let index = 0; index < count; index++) {
    if (index % PER_TOKEN === 0) token = await makeToken();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, ["graphql-transport-ws"]);
    sockets.push(socket);
    const payload = { authorization: `Bearer ${token}` };
    const query = watched[index % watched.length];
    opened.push(
      new Promise((resolve, reject) => {
        socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init", payload }));
        socket.onclose = ({ code, reason }) => reject(new Error(`a subscriber was closed: ${code} ${reason}`));
        socket.onmessage = ({ data }) => {
          const text = String(data);
          if (text.startsWith('{"type":"connection_ack"')) {
            socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query } }));
          } else if (text.startsWith('{"type":"ping"')) socket.send('{"type":"pong"}');
          else if (text.includes('"errors"') || text.includes('"type":"error"')) reject(new Error(text));
          else if (text.includes('"next"')) {
            frames++;
            resolve();
          }
        };
      }),
    );
  }
  await Promise.all(opened);
  const close = async () => {
    for (const socket of sockets) {
      socket.onclose = null;
      socket.close();
    }
    await Bun.sleep(500);
  };
  return { close, frames: () => frames };
}

/** In one mutation; a burst of CREATED for whoever watches. */
async function importKeys(count: number): Promise<void> {
  await Bun.sleep(1500); // after the load's own warm-up
  const { providers } = await ask("{ providers(first: 1) { nodes { id } } }", {});
  const text = Array.from({ length: count }, () => `sk-burst-${crypto.randomUUID()}`).join(" ");
  await ask("mutation ($i: ImportProviderKeysInput!) { importProviderKeys(input: $i) { job { id } } }", {
    i: { providerId: providers.nodes[0].id, text },
  });
}

/** A session may send no documents but the console's own, so each crowd of subscribers comes with a token. */
async function makeToken(): Promise<string> {
  const { viewer } = await ask("{ viewer { scopes } }", {});
  const { createAdminToken } = await ask(
    "mutation ($i: CreateAdminTokenInput!) { createAdminToken(input: $i) { secret userErrors { message } } }",
    { i: { name: crypto.randomUUID(), scopes: viewer.scopes } },
  );
  return createAdminToken.secret;
}

async function ask(query: string, variables: object) {
  const response = await fetch(`http://127.0.0.1:${running.port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${adminToken}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}
