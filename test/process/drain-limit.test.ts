import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startApp, type TestApp } from "../support/app.ts";
import { chatBody } from "./gateway.ts";
import { makeScratch, type Scratch } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

let scratch: Scratch;
let upstream: Upstream;

beforeEach(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
});
afterEach(async () => {
  await scratch.clean();
  await upstream.stop();
});

/** In this process, because `main` waits 30 s: the same `close`, with a shorter limit. */
const DRAIN_MS = 200;

function start(): Promise<TestApp> {
  const keys = [{ name: "key", secret: "sk-upstream-0123456789" }];
  const providers = [{ name: "main", kind: "openai", baseUrl: `${upstream.url}/v1`, keys }];
  return startApp({ dataDir: scratch.path, config: { providers } });
}

const LOGS = "{ requestLogs(first: 10) { nodes { id status httpStatus errorClass } } }";

describe("when the time for draining is over", () => {
  test("what still runs ends with an error of its own format, and its rows are written", async () => {
    const first = await start();
    const stream = first.post("/v1/chat/completions", chatBody("held", true)).then((response) => response.text());
    const whole = first.post("/v1/chat/completions", chatBody("held"));
    const statusOfWhole = whole.then(({ status }) => status).catch((error: Error) => error.message);
    await upstream.holding(2);
    const startedAt = performance.now();
    await first.app.close(DRAIN_MS);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(DRAIN_MS);
    expect(tookMs).toBeLessThan(DRAIN_MS + 15_000);
    const events = (await stream).trimEnd().split("\n\n");
    expect(JSON.parse(events.at(-1)!.slice("data: ".length))).toMatchObject({ error: { code: "overloaded" } });

    const second = await start();
    const { data } = await second.graphql(LOGS);
    const row = { status: "ERROR", httpStatus: 503, errorClass: "OVERLOADED" };
    expect(data).toMatchObject({ requestLogs: { nodes: [row, row] } });
    expect(first.records).toHaveLength(2);
    await second.app.close(0);
    // The row says 503, so that is what the client must have seen.
    expect(await statusOfWhole).toBe(503);
  });

  test("close ends at once when nothing runs", async () => {
    const app = await start();
    const startedAt = performance.now();
    await app.app.close(30_000);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});
