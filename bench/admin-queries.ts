import { Database } from "bun:sqlite";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LOCAL_GRIDS } from "../src/store/usage-spans.ts";
import { slotKeysOf } from "../src/store/usage-tables.ts";
import type { ProbeAnswer, ProbeOrder } from "./chat-probe.ts";

/**
 * The promises about reports and logs, on a directory that fill-logs.ts made: charts within 50 ms, a page of the log within 20 ms at any
 * depth, asked over HTTP of the running program, whose data plane must not notice.
 */

const USAGE = "bun bench/admin-queries.ts [--rounds 15] [--turns 5] [--only TEXT] DIR";
const CHART_MS = 50;
const PAGE_MS = 20;
const PER_SECOND = 100;
const TURN_MS = 5000;
const SETTLED_AFTER_MS = 5000;
const TOKEN = "adm_bench-token-0123456789";

interface Question {
  readonly name: string;
  readonly limitMs: number;
  readonly query: string;
  readonly variables?: object;
}
interface Answer {
  readonly data: Record<string, never> | null;
  readonly errors?: readonly { readonly message: string }[];
}
type Ask = (query: string, variables?: object) => Promise<Answer>;

const SERIES = "group { label } requests errors cost p95LatencyMs p95FirstTokenMs";
const CHART = `query Chart($from: String!, $groupBy: [UsageDimension!]!, $top: Int!, $timeZone: String!, $filter: UsageFilter) {
  usage(range: { from: $from }, groupBy: $groupBy, top: $top, timeZone: $timeZone, filter: $filter) {
    interval buckets totals { requests cost p95LatencyMs } previous { requests cost } series { ${SERIES} }
  }
}`;
const HEAT = "query Heat($from: String!) { usage(range: { from: $from }) { heat { requests errors cost } } }";
const PAGE = `query Page($filter: RequestLogFilter, $first: Int, $after: String, $last: Int, $before: String) {
  requestLogs(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id receivedAt status requestedModel httpStatus errorClass cost latencyMs provider { name } clientKey { name } usage { totalTokens } }
  }
}`;
const HISTOGRAM = `query Histogram($filter: RequestLogFilter) {
  requestLogs(filter: $filter, first: 50) { nodes { id status requestedModel cost } histogram(buckets: 60) { success clientError upstreamError } }
}`;
const GROUPS = `query Groups($range: TimeRangeInput!, $filter: RequestLogFilter) {
  errorGroups(range: $range, filter: $filter) { fingerprint errorClass message count affectedModels firstSeen lastSeen }
}`;

function charts(): Question[] {
  const questions: Question[] = [];
  const chart = (name: string, variables: object): void => {
    const all = { groupBy: [], top: 8, timeZone: "UTC", ...variables };
    questions.push({ name, limitMs: CHART_MS, query: CHART, variables: all });
  };
  for (const days of ["24h", "7d", "30d", "90d"]) {
    for (const groupBy of [[], ["MODEL"], ["CLIENT_KEY"], ["MODEL", "PROVIDER_KEY"], ["PROVIDER_KEY", "CLIENT_KEY"]]) {
      chart(`${days} by ${groupBy.join(" × ") || "nothing"}`, { from: `now-${days}`, groupBy });
    }
  }
  chart("90d by MODEL × STATUS, Shanghai", {
    from: "now-90d",
    groupBy: ["MODEL", "STATUS"],
    timeZone: "Asia/Shanghai",
  });
  chart("90d by MODEL × CLIENT_KEY, New York, top 50", {
    from: "now-90d",
    groupBy: ["MODEL", "CLIENT_KEY"],
    timeZone: "America/New_York",
    top: 50,
  });
  chart("90d by MODEL × CLIENT_KEY, Kolkata", {
    from: "now-90d",
    groupBy: ["MODEL", "CLIENT_KEY"],
    timeZone: "Asia/Kolkata",
  });
  chart("90d by CLIENT_KEY_TAG", { from: "now-90d", groupBy: ["CLIENT_KEY_TAG"] });
  chart("90d by MODEL × CLIENT_KEY_TAG", { from: "now-90d", groupBy: ["MODEL", "CLIENT_KEY_TAG"] });
  chart("90d by ERROR_CLASS", { from: "now-90d", groupBy: ["ERROR_CLASS"] });
  chart("90d of one model by CLIENT_KEY", {
    from: "now-90d",
    groupBy: ["CLIENT_KEY"],
    filter: { models: ["model-3"] },
  });
  chart("90d of one model by CLIENT_KEY × STATUS", {
    from: "now-90d",
    groupBy: ["CLIENT_KEY", "STATUS"],
    filter: { models: ["model-3"] },
  });
  questions.push({ name: "90d, hours of the week", limitMs: CHART_MS, query: HEAT, variables: { from: "now-90d" } });
  return questions;
}

async function pages(ask: Ask): Promise<Question[]> {
  const clients = await ask("{ clientKeys(first: 200) { nodes { id name } } }");
  const nodes = (clients.data as unknown as { clientKeys: { nodes: { id: string; name: string }[] } }).clientKeys.nodes;
  const rare = nodes.find(({ name }) => name === "client 39")?.id;
  const busy = nodes.find(({ name }) => name === "client 0")?.id;
  const deep = await cursorNear(ask, 0.9);
  const page = (name: string, variables: object): Question => ({
    name,
    limitMs: PAGE_MS,
    query: PAGE,
    variables: { first: 50, ...variables },
  });
  return [
    page("first page", {}),
    page("after nine tenths", { after: deep }),
    page("before nine tenths", { first: null, last: 50, before: deep }),
    page("last page", { first: null, last: 50 }),
    page("one rare client", { filter: { clientKeys: [rare] } }),
    page("one busy client, deep", { filter: { clientKeys: [busy] }, after: deep }),
    page("one rare error class", { filter: { errorClasses: ["QUOTA"] } }),
    page("errors, deep", { filter: { statuses: ["ERROR"] }, after: deep }),
    page("a cost that few have", { filter: { cost: { gte: "30" } } }),
    page("a cost that nobody has", { filter: { cost: { gte: "900000" } } }),
    page("a narrow band of cost", { filter: { cost: { gte: "0.0123456", lte: "0.0123457" } } }),
    page("slow ones, deep", { filter: { latencyMs: { gte: 60_000 } }, after: deep }),
    page("many tokens, one model, retried", {
      filter: { totalTokens: { gte: 20_000 }, models: ["model-3"], retried: true },
    }),
    page("rare client and errors", { filter: { clientKeys: [rare], statuses: ["ERROR"] } }),
    page("search: an error's words", { filter: { search: "connection was reset" } }),
    page("search: words of a rare error", { filter: { search: "current quota" } }),
    page("search: words nobody said", { filter: { search: "no such words" } }),
    page("search: a user agent", { filter: { search: "codex_cli" } }),
    page("search: a request's id", { filter: { search: deep } }),
    page("search: the beginning of an id", { filter: { search: deep.slice(0, 14) } }),
    page("one hour a month ago", { filter: { range: { from: "now-30d", to: "now-30d+1h" } } }),
    { name: "page and histogram, 90d", limitMs: CHART_MS, query: HISTOGRAM },
    {
      name: "page and histogram, errors of 90d",
      limitMs: CHART_MS,
      query: HISTOGRAM,
      variables: { filter: { statuses: ["ERROR"] } },
    },
    {
      name: "page and histogram, slow ones of 90d",
      limitMs: CHART_MS,
      query: HISTOGRAM,
      variables: { filter: { latencyMs: { gte: 60_000 } } },
    },
    { name: "error groups, 24h", limitMs: CHART_MS, query: GROUPS, variables: { range: { from: "now-24h" } } },
    { name: "error groups, 90d", limitMs: CHART_MS, query: GROUPS, variables: { range: { from: "now-90d" } } },
  ];
}

/** A request that so large a share of the days is newer than. */
async function cursorNear(ask: Ask, share: number): Promise<string> {
  const days = Math.round(90 * share);
  const range = { from: `now-${days + 1}d`, to: `now-${days}d` };
  const { data } = await ask(PAGE, { first: 1, filter: { range } });
  const id = (data as unknown as { requestLogs: { nodes: { id: string }[] } } | null)?.requestLogs.nodes[0]?.id;
  if (id === undefined) throw new Error("the log has no rows there");
  return id;
}

/** The first time apart: it opens files. */
async function measure({ query, variables }: Question, rounds: number, ask: Ask) {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const startedMs = performance.now();
    const { errors } = await ask(query, variables);
    times.push(performance.now() - startedMs);
    if (errors !== undefined) throw new Error(errors[0]!.message);
  }
  const [firstMs, ...rest] = times;
  rest.sort((a, b) => a - b);
  return { firstMs: firstMs!, bestMs: rest[0]!, medianMs: rest[rest.length >> 1]!, worstMs: rest.at(-1)! };
}

/** The first chart in a zone has the zone's own days made in the background: waits for these, so that what is measured is not half of each. */
async function prepareZones(questions: readonly Question[], ask: Ask, folder: string): Promise<void> {
  const zoned = questions.filter(
    ({ variables }) => ![undefined, "UTC"].includes((variables as { timeZone?: string }).timeZone),
  );
  using usage = new Database(join(folder, "usage.db"), { readonly: true });
  const [first] = slotKeysOf(LOCAL_GRIDS.reduce((a, b) => (a.number < b.number ? a : b)));
  const count = () =>
    usage.query<{ count: number }, [number]>("SELECT count(*) AS count FROM slot WHERE id >= ?").get(first)!.count;
  const startedMs = performance.now();
  let [slots, changedMs] = [count(), startedMs];
  const before = slots;
  const rows = [];
  for (const question of zoned) {
    const { firstMs, medianMs } = await measure(question, 2, ask);
    rows.push({ question: question.name, first: ms(firstMs), "and then": ms(medianMs) });
  }
  while (performance.now() - changedMs < SETTLED_AFTER_MS) {
    await Bun.sleep(500);
    const now = count();
    if (now !== slots) [slots, changedMs] = [now, performance.now()];
  }
  if (slots === before) return;
  console.log(`The days of other zones were made in ${Math.round((changedMs - startedMs) / 1000)} s. Until then:`);
  console.table(rows);
}

/** The process of chat-probe.ts. */
async function startProbe() {
  const heard: ((message: never) => void)[] = [];
  const next = <Message>() => new Promise<Message>((resolve) => heard.push(resolve));
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "chat-probe.ts")], {
    ipc: (message) => heard.shift()?.(message as never),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { port } = await next<{ port: number }>();
  return {
    port,
    measure(order: ProbeOrder): Promise<ProbeAnswer> {
      const answer = next<ProbeAnswer>();
      child.send(order);
      return answer;
    },
    stop: () => child.kill(),
  };
}

/** A model that the probe's vendor serves, and a client key to ask for it. */
async function configure(ask: Ask, port: number): Promise<{ readonly model: string; readonly secret: string }> {
  const make = async (mutation: string, type: string, input: object, fields: string) => {
    const { data, errors } = await ask(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} userErrors { message } } }`,
      { input },
    );
    const made = (data as Record<string, Record<string, never>> | null)?.[mutation];
    if (made === undefined) throw new Error(errors?.[0]?.message);
    return made as Record<string, { readonly id: string } & string>;
  };
  const name = `probe-${Date.now()}`;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  const { provider } = await make(
    "createProvider",
    "CreateProviderInput",
    { name, kind: "OPENAI_COMPATIBLE", baseUrl },
    "provider { id }",
  );
  const providerId = provider!.id;
  await make("createProviderKey", "CreateProviderKeyInput", { providerId, secret: `sk-${name}` }, "providerKey { id }");
  const targets = [{ providerId, upstreamModel: "mock" }];
  await make("createModel", "CreateModelInput", { name, targets }, "model { id }");
  const { secret } = await make("createClientKey", "CreateClientKeyInput", { name }, "secret");
  return { model: name, secret: secret! };
}

/** Chats at a fixed rate, in turns alone and while the questions are asked without a pause. */
async function compare(questions: readonly Question[], ask: Ask, url: string, turns: number): Promise<void> {
  const probe = await startProbe();
  try {
    const order = { url, ...(await configure(ask, probe.port)), perSecond: PER_SECOND, forMs: TURN_MS };
    await probe.measure({ ...order, forMs: 1000 }); // warms up
    const rows = [];
    for (let turn = 1; turn <= turns; turn++) {
      const alone = await probe.measure(order);
      let asking = true;
      const asked = (async () => {
        let count = 0;
        for (; asking; count++) {
          const { query, variables } = questions[count % questions.length]!;
          await ask(query, variables);
        }
        return count;
      })();
      const meanwhile = await probe.measure(order);
      asking = false;
      if (alone.failures + meanwhile.failures > 0) throw new Error("chats failed");
      rows.push({
        turn,
        "p50 alone": ms(alone.p50),
        "p50 meanwhile": ms(meanwhile.p50),
        "p99 alone": ms(alone.p99),
        "p99 meanwhile": ms(meanwhile.p99),
        "questions asked": await asked,
      });
    }
    console.log(`${PER_SECOND} chats a second, ${TURN_MS / 1000} s a turn`);
    console.table(rows);
  } finally {
    probe.stop();
  }
}

/** In a process of its own: its clients' work is not to be taken for its own. */
async function startSluice(dataDir: string): Promise<{ readonly url: string; stop(): void }> {
  const main = join(import.meta.dir, "../src/main.ts");
  const env = { ...process.env, PORT: "0", DATA_DIR: dataDir, ADMIN_TOKEN: TOKEN, LOG_FORMAT: "json" };
  const child = Bun.spawn([process.execPath, main], { env, stdout: "pipe", stderr: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    void (async () => {
      for await (const chunk of stream) output += new TextDecoder().decode(chunk);
    })();
  }
  for (let tries = 0; tries < 200; tries++) {
    const url = /http:\/\/[\w.:[\]]+/.exec(output)?.[0];
    if (url !== undefined) return { url: url.replace("0.0.0.0", "127.0.0.1"), stop: () => child.kill() };
    await Bun.sleep(50);
  }
  child.kill();
  throw new Error(`Sluice did not start: ${output}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: "string", default: "15" },
      turns: { type: "string", default: "5" },
      only: { type: "string" },
    },
    allowPositionals: true,
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error(USAGE);
  const app = await startSluice(folder);
  const ask: Ask = async (query, variables = {}) => {
    const answer = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as Answer;
  };
  try {
    const questions = [...charts(), ...(await pages(ask))].filter(({ name }) => name.includes(values.only ?? ""));
    await prepareZones(
      charts().filter((chart) => questions.some(({ name }) => name === chart.name)),
      ask,
      folder,
    );
    const rows = [];
    for (const question of questions) {
      const { firstMs, bestMs, medianMs, worstMs } = await measure(question, Number(values.rounds), ask);
      const kept = medianMs <= question.limitMs ? "" : `over ${question.limitMs}`;
      rows.push({
        question: question.name,
        first: ms(firstMs),
        best: ms(bestMs),
        median: ms(medianMs),
        worst: ms(worstMs),
        kept,
      });
    }
    console.table(rows);
    await compare(questions, ask, app.url, Number(values.turns));
  } finally {
    app.stop();
  }
}

const ms = (value: number) => Number(value.toFixed(1));

await main();
