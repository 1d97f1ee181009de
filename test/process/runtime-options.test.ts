import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "./connection.ts";
import { serveGateway } from "./gateway.ts";
import { makeScratch, type Scratch } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(60_000);
let scratch: Scratch;
let upstream: Upstream;

beforeAll(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
});
afterAll(async () => {
  await scratch.clean();
  await upstream.stop();
});

const REQUESTS = 300;

describe("more than 256 requests at once", () => {
  test("all reach the upstream: the process has replaced itself under its own PID, once", async () => {
    const gateway = await serveGateway(scratch, upstream.url, {
      BUN_CONFIG_MAX_HTTP_REQUESTS: undefined,
      MIMALLOC_PURGE_DELAY: "500",
    });
    const connections = await Promise.all(Array.from({ length: REQUESTS }, () => connect(gateway.url)));
    for (const connection of connections) connection.post("held");
    await upstream.holding(REQUESTS);
    expect(upstream.held).toBe(REQUESTS);
    upstream.release();
    await Promise.all(connections.map((connection) => connection.until(/One two three/)));
    for (const connection of connections) connection.end();

    const environment = readFileSync(`/proc/${gateway.pid}/environ`, "utf8").split("\0");
    expect(environment.filter((entry) => /^(BUN_CONFIG_MAX|MIMALLOC_)/.test(entry)).sort()).toEqual([
      "BUN_CONFIG_MAX_HTTP_REQUESTS=65535",
      "MIMALLOC_PURGE_DELAY=500", // the operator's word goes before ours
      "MIMALLOC_PURGE_HOLES_MIN_INTERVAL=1000",
    ]);
    expect(gateway.lines.filter((line) => line.includes('"listening"'))).toHaveLength(1);
    // The child that was started is the one that serves: its end is the end.
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    expect(await fetch(`${gateway.url}/health`).catch(() => "gone")).toBe("gone");
  });
});
