import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, provider, startGateway } from "../gateway/fixture.ts";
import { ADMIN_TOKEN, CLIENT_KEY } from "../support/app.ts";
import { inTurn, json } from "../support/fake-vendor.ts";
import { chatAnswer, openAiError } from "../support/samples.ts";

let gateway: Gateway;
let lines: string[];
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [{ ...provider("openai", `${vendor.origin}/v1`, ["sk-1", "sk-2"]), name: 'odd"na\\me' }],
    models: [
      {
        name: "gpt",
        price: { input: 2, output: 8, cacheRead: 0.5 },
        targets: [{ provider: 'odd"na\\me', model: "gpt" }],
      },
    ],
    reply: inTurn(
      json(chatAnswer()),
      json(chatAnswer()),
      json(openAiError("bad"), 400),
      json(openAiError("Incorrect API key", "x", "invalid_api_key"), 401),
      json(chatAnswer()),
    ),
  });
  for (let round = 0; round < 4; round++) await gateway.send("/v1/chat/completions", { model: "gpt" });
  await gateway.send("/v1/messages", "{");
  lines = (await (await fetch(`${gateway.url}/metrics`)).text()).split("\n");
});
afterAll(() => gateway.close());

const value = (name: string) =>
  Number(
    lines
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")
      .at(-1),
  );
const OK = 'endpoint="chat.completions",status="2xx",provider="odd\\"na\\\\me"';

describe("the metrics", () => {
  test("are Prometheus text", async () => {
    const response = await fetch(`${gateway.url}/metrics`);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    for (const line of lines) {
      expect(line).toMatch(
        /^$|^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? -?\d+(\.\d+)?(e[+-]?\d+)?$/,
      );
    }
    expect(lines.at(-1)).toBe("");
    const types = lines.filter((line) => line.startsWith("# TYPE ")).map((line) => line.split(" ")[2]);
    expect(new Set(types).size).toBe(types.length);
  });

  test("count requests by endpoint, status and provider", () => {
    expect(value(`sluice_requests_total{${OK}}`)).toBe(3);
    expect(value(`sluice_requests_total{${OK.replace("2xx", "4xx")}}`)).toBe(1);
    expect(value('sluice_requests_total{endpoint="messages",status="4xx",provider=""}')).toBe(1);
    expect(value('sluice_errors_total{class="invalid_request"}')).toBe(2);
  });

  test("add up tokens and cost", () => {
    expect(value(`sluice_input_tokens_total{${OK}}`)).toBe(3000);
    expect(value(`sluice_output_tokens_total{${OK}}`)).toBe(900);
    expect(value(`sluice_cost_usd_total{${OK}}`)).toBeCloseTo((3 * (800 * 2 + 200 * 0.5 + 300 * 8)) / 1e6, 9);
  });

  test("have a histogram whose buckets only grow", () => {
    const name = `sluice_request_duration_seconds_bucket{${OK},le=`;
    const buckets = lines.filter((line) => line.startsWith(name)).map((line) => Number(line.split(" ").at(-1)));
    expect(buckets.length).toBe(13);
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
    expect(buckets.at(-1)).toBe(3);
    expect(value(`sluice_request_duration_seconds_count{${OK}}`)).toBe(3);
    expect(value(`sluice_request_duration_seconds_sum{${OK}}`)).toBeGreaterThan(0);
  });

  test("show the keys by state, what runs, and the log's queue", () => {
    expect(value('sluice_provider_keys{state="active"}')).toBe(1);
    expect(value('sluice_provider_keys{state="invalid"}')).toBe(1);
    expect(value("sluice_active_requests")).toBe(0);
    expect(value("sluice_log_queue_records")).toBeGreaterThanOrEqual(0);
    expect(value("sluice_log_dropped_records_total")).toBe(0);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  });

  test("hold no model that a client made up, and no key", () => {
    const text = lines.join("\n");
    expect(text).not.toContain("gpt");
    expect(text).not.toContain("sk-");
  });
});

describe("who may read them", () => {
  const get = (headers: Record<string, string>) => fetch(`${gateway.url}/metrics`, { headers });
  test.each(["x-forwarded-for", "forwarded", "x-real-ip"])(
    "a caller behind a proxy on this machine (%s) needs the admin token",
    async (name) => {
      const remote = { [name]: "203.0.113.9" };
      expect((await get(remote)).status).toBe(401);
      expect((await get({ ...remote, authorization: `Bearer ${CLIENT_KEY}` })).status).toBe(401);
      expect((await get({ ...remote, authorization: `Basic ${ADMIN_TOKEN}` })).status).toBe(401);
      expect((await get({ ...remote, authorization: `Bearer ${ADMIN_TOKEN}` })).status).toBe(200);
    },
  );

  test("only GET reads them", async () => {
    expect((await fetch(`${gateway.url}/metrics`, { method: "POST" })).status).toBe(404);
  });
});
