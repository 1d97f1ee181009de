/** The questions of the promises about reports and logs, as the console asks them. */

const CHART_MS = 50;
const PAGE_MS = 20;

export interface Question {
  readonly name: string;
  readonly limitMs: number;
  readonly query: string;
  readonly variables?: object;
}
export interface Answer {
  readonly data: Record<string, never> | null;
  readonly errors?: readonly { readonly message: string }[];
}
export type Ask = (query: string, variables?: object) => Promise<Answer>;

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

export function charts(): Question[] {
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

export async function pages(ask: Ask): Promise<Question[]> {
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
