import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";
import { cachedMessageEvents } from "./cached-message.ts";
import { typedSse } from "./stand-in.ts";
import { HELLO, UPSTREAM_KEY } from "./vendors.ts";

let bench: Bench;
let client: Anthropic;

beforeAll(async () => {
  bench = await startBench();
  client = new Anthropic({ baseURL: bench.gateway.url, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const hello = {
  model: "claude-opus-4-6",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "hello" }],
};
describe("anthropic credentials", () => {
  test("the version and betas go up as sent, the client's own credential does not", async () => {
    bench.standIn.on("POST /v1/messages", () => typedSse(cachedMessageEvents));
    await client.messages
      .stream({ ...hello, model: "own-claude" }, { headers: { "anthropic-beta": "context-1m-2025-08-07" } })
      .finalMessage();
    const { headers } = bench.standIn.seen.at(-1)!;
    expect(headers.get("anthropic-version")).toBe("2026-10-21");
    expect(headers.get("anthropic-beta")).toBe("context-1m-2025-08-07");
    expect(headers.get("authorization")).toBe(`Bearer ${UPSTREAM_KEY}`);
    expect(JSON.stringify([...headers])).not.toContain(CLIENT_KEY);
    await bench.accounted({ stream: true });
  });

  test("authToken is taken like apiKey", async () => {
    const byToken = new Anthropic({ baseURL: bench.gateway.url, authToken: CLIENT_KEY, apiKey: null });
    expect((await byToken.messages.create(hello)).content).toMatchObject([{ text: HELLO }]);
    await bench.accounted({ endpoint: "messages", stream: false });
  });

  test("the older clients' x-api-key and 2023-06-01 are taken, and passed on in kind", async () => {
    bench.standIn.on("POST /v1/messages", () => typedSse(cachedMessageEvents));
    const older = new Anthropic({
      baseURL: bench.gateway.url,
      authToken: null,
      apiKey: CLIENT_KEY,
      defaultHeaders: { authorization: null, "x-api-key": CLIENT_KEY, "anthropic-version": "2023-06-01" },
    });
    await older.messages.stream({ ...hello, model: "own-claude" }).finalMessage();
    const { headers } = bench.standIn.seen.at(-1)!;
    expect(headers.get("x-api-key")).toBe(UPSTREAM_KEY);
    expect(headers.get("authorization")).toBeNull();
    await bench.accounted({ stream: true });
  });
});

describe("anthropic models", () => {
  test("the list and one model have Anthropic's own shape", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain("claude-opus-4-6");
    expect(await client.models.retrieve("own-claude")).toMatchObject({
      type: "model",
      id: "own-claude",
      display_name: "own-claude",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const missing = await client.models.retrieve("claude-nobody").catch((cause: unknown) => cause);
    expect(missing).toBeInstanceOf(Anthropic.NotFoundError);
  });
});
