import { afterAll, beforeAll, expect, setSystemTime, test } from "bun:test";
import { json, type Reply, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, openAiError } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { allGivenBack, attemptsOver, type Gateway, startGateway } from "./fixture.ts";

/**
 * A big pool in bad shape: of 300 keys 50 are refused, 50 rate limited for long and 50 never answer. The sick ones are spread, as
 * they are in life; at most two upstream faults in a row cost a request its third attempt, not its answer.
 */
type Kind = "healthy" | "refused" | "limited" | "silent";
const KINDS: readonly Kind[] = ["healthy", "refused", "healthy", "limited", "healthy", "silent"];
const KEYS = Array.from({ length: 300 }, (_, index) => {
  const kind = KINDS[index % KINDS.length]!;
  return { secret: `sk-${kind}-${index}`, kind };
});
const keysOf = (kind: Kind) => KEYS.filter((key) => key.kind === kind);

/** The clock stands still but for what `expire` adds: on a busy machine a healthy key must not look silent. */
const SILENT_MS = 1000;

let gateway: Gateway;
beforeAll(async () => {
  setSystemTime(new Date());
  gateway = await startGateway({
    providers: (vendor) => [
      {
        name: "openai",
        kind: "openai",
        baseUrl: `${vendor.origin}/v1`,
        keys: KEYS.map(({ secret }) => ({ name: secret, secret })),
      },
    ],
    models: [{ name: "gpt", targets: [{ provider: "openai", model: "gpt" }] }],
    // A key that did not answer in time is not asked again within this test.
    settings: { headersTimeoutMs: SILENT_MS, cooldownBaseMs: 60_000, cooldownMaxMs: 600_000 },
    reply: stream(CHAT_STREAM),
  });
  for (const { secret, kind } of KEYS) {
    if (kind === "refused") {
      gateway.vendor.forKey(
        secret,
        json(openAiError("Incorrect API key provided", "invalid_request_error", "invalid_api_key"), 401),
      );
    }
    if (kind === "limited") {
      gateway.vendor.forKey(
        secret,
        json(openAiError("Rate limit reached", "requests", "rate_limit_exceeded"), 429, { "retry-after": "600" }),
      );
    }
    if (kind === "silent") gateway.vendor.forKey(secret, silent);
  }
});
afterAll(async () => {
  setSystemTime();
  await gateway.close();
});

/** Calls that wait for an answer that never comes. */
let unanswered = 0;
const silent: Reply = () => void unanswered++;

/** Once nobody waits for anything but silent keys, their time is over. */
async function expire(): Promise<void> {
  const { inFlight } = gateway.app.gateway;
  if (unanswered === 0 || unanswered < inFlight.size) return;
  const after = attemptsOver(gateway) + unanswered;
  unanswered = 0;
  setSystemTime(new Date(Date.now() + SILENT_MS));
  await eventually(() => attemptsOver(gateway) >= after);
}

const ask = () => gateway.send("/v1/chat/completions", { model: "gpt", stream: true });
const isWhole = ({ status, text }: { status: number; text: string }) => status === 200 && text === CHAT_STREAM.join("");

test("clients see no error, and each sick key is called once", async () => {
  // Second tries go to a key that has answered. While there is none they are drawn by lot, and may hit a silent key that is being asked:
  // so one request goes ahead, which gets the first key of the pool, a healthy one.
  expect(isWhole(await ask())).toBe(true);
  // In rounds: what one round finds out the next one knows.
  for (let round = 0; round < 8; round++) {
    let isOver = false;
    const asked = Promise.all(Array.from({ length: 50 }, ask)).finally(() => {
      isOver = true;
    });
    await eventually(() => expire().then(() => isOver));
    const outcomes = await asked;
    expect(outcomes.filter((outcome) => !isWhole(outcome)).map(({ status, text }) => [status, text])).toEqual([]);
  }
  for (const kind of ["refused", "limited", "silent"] as const) {
    const counts = keysOf(kind).map(({ secret }) => gateway.vendor.callsWith(secret).length);
    expect({ kind, counts }).toEqual({ kind, counts: counts.map(() => 1) });
  }
  expect(gateway.records.every(({ status }) => status === "success")).toBe(true);
  expect(gateway.records).toHaveLength(401);
  await allGivenBack(gateway);
}, 60_000);

test("the sick keys stand in the state that their vendor put them in", () => {
  const { pool, snapshots } = gateway.app.gateway;
  const states: Record<string, Record<string, number>> = {};
  const nowMs = Date.now();
  for (const entry of snapshots.current.providersByName.get("openai")!.keys) {
    const status = pool.status(entry.id, nowMs);
    const state = status.models[0]?.state ?? status.health;
    const kind = entry.name.split("-")[1]!;
    states[kind] ??= {};
    states[kind][state] = (states[kind][state] ?? 0) + 1;
  }
  expect(states).toEqual({
    healthy: { active: 150 },
    refused: { invalid: 50 },
    limited: { cooling: 50 },
    silent: { cooling: 50 },
  });
});

test("one healthy key is enough: the refused ones are found out on the way, each by one call", async () => {
  const [last, ...others] = keysOf("healthy");
  const refusal = json(openAiError("Incorrect API key provided", "invalid_request_error", "invalid_api_key"), 401);
  for (const { secret } of others) gateway.vendor.forKey(secret, refusal);
  const before = gateway.vendor.calls.length;
  const outcomes: boolean[] = [];
  for (let round = 0; round < 170; round++) outcomes.push(isWhole(await ask()));
  // One request swaps at most 100 refused keys, so the first that meets all 149 of them may give up.
  expect(outcomes.slice(2)).toEqual(Array(168).fill(true));
  const since = gateway.vendor.calls.slice(before).map(({ key }) => key);
  for (const { secret } of others) expect(since.filter((key) => key === secret).length).toBeLessThanOrEqual(1);
  expect(since.filter((key) => key === last!.secret).length).toBeGreaterThanOrEqual(168);
});
