import { afterAll, beforeAll, expect, test } from "bun:test";
import type { KeyHealthChange } from "../../src/events.ts";
import { type Gateway, provider, startGateway } from "../gateway/fixture.ts";
import type { AdminServer } from "../support/admin-server.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { close, json, type Reply, reset, stream, streamThen } from "../support/fake-vendor.ts";
import { type Cut, readFrames, TRANSPORTS, type Transport } from "../support/live-reader.ts";
import { seededRandom } from "../support/random.ts";
import { CHAT_STREAM_WITH_USAGE, openAiError } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { type Knowledge, requests, type Traffic } from "./live-subjects.ts";

/**
 * Nothing is made up here: clients ask at /v1, the upstream behind it fails in all the usual ways, and what the gateway makes of that is
 * what readers are told who are cut and come back.
 */
const REQUESTS = 120;
const AT_ONCE = 6;
const KEYS = Array.from({ length: 8 }, (_, index) => `sk-live-${index}`);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, KEYS)],
    models: [{ name: "busy", targets: [{ provider: "openai", model: "gpt-4.1" }] }],
  });
});
afterAll(() => gateway.close());

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

const good = stream(CHAT_STREAM_WITH_USAGE);
const FAULTS: readonly Reply[] = [
  good,
  good,
  good,
  json(openAiError("slow down", "rate_limit_exceeded"), 429, { "retry-after": "1" }),
  json(openAiError("Incorrect API key provided", "invalid_api_key"), 401),
  json(openAiError("no money left", "insufficient_quota"), 429),
  json(openAiError("the server had an error", "server_error"), 500),
  reset,
  streamThen(CHAT_STREAM_WITH_USAGE.slice(0, 2), reset),
  streamThen(CHAT_STREAM_WITH_USAGE.slice(0, 2), close),
];

/** One client: reads to the end, or leaves in the middle. */
async function askOnce(random: Random): Promise<void> {
  const leave = new AbortController();
  const isImpatient = random() < 0.15;
  const body = { model: "busy", stream: random() < 0.7, messages: [{ role: "user", content: "hi" }] };
  try {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: leave.signal,
    });
    if (isImpatient) leave.abort();
    await response.text();
  } catch {
    // It has left, or the answer broke off.
  }
}

/** Now and then an administrator sets the keys free: that is a change of their health too. */
async function setFree(): Promise<void> {
  await gateway.graphql(
    "mutation { actOnProviderKeys(input: { selection: { filter: {} }, action: RESET }) { affected } }",
  );
}

/** What happened to the keys, one after the other: each change begins where the one before it ended. */
function healthChains(truth: readonly KeyHealthChange[]): Knowledge {
  let states = new Map<string, string>();
  let changes = 0;
  const placeOf = (keyId: string, model: string | null) => `${keyId} ${model ?? ""}`;
  return {
    query: `subscription ($after: String) { keyEvents(after: $after) { __typename ... on StreamEvent { cursor }
      ... on KeyEventBatch { events { kind keyId change { model from to } } } } }`,
    variables: {},
    async refetch() {
      states = new Map();
    },
    apply({ events }) {
      for (const { kind, keyId, change } of events) {
        if (kind !== "HEALTH_CHANGED") continue;
        const place = placeOf(keyId, change.model);
        const before = states.get(place);
        if (before !== undefined) expect({ place, from: change.from }).toEqual({ place, from: before });
        states.set(place, change.to);
        changes++;
      }
    },
    async check() {
      const last = new Map(truth.map(({ keyId, model, to }) => [placeOf(keyId, model), to.toUpperCase()]));
      for (const [place, state] of states) expect([place, state]).toEqual([place, last.get(place)!]);
      expect(states.size).toBe(last.size);
      expect(changes).toBeGreaterThan(0);
    },
  };
}

/** Every connection opens with the last five minutes: all that has settled, whatever was missed. */
function liveUsage(traffic: Traffic): Knowledge {
  let seen = 0;
  return {
    query: `subscription { liveUsage(intervalMs: 250) { __typename ... on LiveUsageSnapshot { requests errors } } }`,
    variables: {},
    async refetch() {},
    apply(frame) {
      if (frame.__typename !== "LiveUsageSnapshot") return;
      const count = frame.requests.reduce((sum: number, each: number) => sum + each, 0);
      expect(count).toBeGreaterThanOrEqual(seen);
      expect(count).toBeLessThanOrEqual(traffic.settled.length);
      seen = count;
    },
    async check() {
      expect(seen).toBe(traffic.settled.length);
    },
  };
}

function randomCut(random: Random): Cut {
  return pick<Cut>(random, [
    { frames: 1 + Math.floor(random() * 3), afterMs: 500 },
    { bytes: Math.floor(random() * 1500), afterMs: 500 },
    { afterMs: 500 * random() ** 2 },
  ]);
}

interface Story {
  readonly isCalm: () => boolean;
  /** Called when the first frame has come. */
  readonly onBegin: () => void;
}

async function follow(knowledge: Knowledge, transport: Transport, random: Random, { isCalm, onBegin }: Story) {
  let cursor: string | null = null;
  let isFirst = true;
  const server = gateway as unknown as AdminServer;
  const url = `${gateway.url}/graphql`;
  const read = async (cut: Cut) => {
    const isResumable = knowledge.query.includes("$after");
    const variables = isResumable ? { ...knowledge.variables, after: cursor } : {};
    for await (const frame of readFrames(transport, { url, query: knowledge.query, variables }, cut)) {
      if (isFirst || frame.__typename === "ResyncEvent") await knowledge.refetch(server);
      if (isFirst) onBegin();
      isFirst = false;
      // Nobody is told to begin anew: the rings hold far more than this story.
      expect(frame.__typename).not.toBe("ResyncEvent");
      knowledge.apply(frame, server);
      cursor = frame.cursor ?? null;
    }
  };
  while (!isCalm()) await read(randomCut(random));
  for (let afterMs = 400; ; afterMs *= 2) {
    await read({ afterMs });
    try {
      return await knowledge.check(server);
    } catch (error) {
      if (afterMs > 10_000) throw error;
    }
  }
}

test("what real clients and a faulty upstream bring about is told to whoever is cut and comes back, once", async () => {
  const { events } = gateway.app.gateway;
  const traffic: Traffic = { running: new Set(), settled: [] };
  const health: KeyHealthChange[] = [];
  events.on("requestStarted", ({ id }) => void traffic.running.add(id));
  events.on("requestSettled", ({ id }) => {
    traffic.running.delete(id);
    traffic.settled.push(id);
  });
  events.on("keyHealth", (change) => void health.push(change));
  const random = seededRandom(11);
  gateway.vendor.otherwise((call) => pick(random, FAULTS)(call));

  let isCalm = false;
  let begun = 0;
  const onBegin = () => void begun++;
  const subjects = [() => healthChains(health), () => requests(traffic, "busy"), () => liveUsage(traffic)];
  const readers = subjects.flatMap((subject, index) =>
    TRANSPORTS.map((transport, way) =>
      follow(subject(), transport, seededRandom(100 + 2 * index + way), { isCalm: () => isCalm, onBegin }),
    ),
  );
  const all = Promise.all(readers);
  all.catch(() => {});
  // All are there before the first change: what comes before a reader's first frame is nothing that it misses.
  await Promise.race([all, eventually(() => begun === readers.length)]);
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) {
      await askOnce(random);
      if (left % 15 === 0) await setFree();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  await eventually(() => traffic.running.size === 0 && traffic.settled.length === REQUESTS);
  isCalm = true;
  await all;
  // The story had all that it is about.
  expect(new Set(health.map(({ to }) => to))).toEqual(
    new Set(["cooling", "invalid", "exhausted", "active", "unchecked"]),
  );
  expect(new Set(gateway.records.map(({ status }) => status)).size).toBeGreaterThanOrEqual(2);
}, 60_000);
