import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
afterAll(() => bench.close());

describe("openai models", () => {
  test("the list holds what is configured, with the SDK's own paging", async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-4.1");
    expect(ids).toContain("own-claude");
    expect(ids).toEqual([...ids].sort());
  });

  test("one model is retrieved by its name", async () => {
    expect(await client.models.retrieve("own-gpt")).toMatchObject({
      id: "own-gpt",
      object: "model",
      owned_by: "openai-own",
      created: expect.any(Number),
    });
  });

  test("an unknown model is a NotFoundError, a wrong key an AuthenticationError", async () => {
    const missing = await client.models.retrieve("gpt-nobody").catch((cause: unknown) => cause);
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    const stranger = client.withOptions({ apiKey: "sk-nobody-0123456789" });
    const refused = await stranger.models.list().then(null, (cause: unknown) => cause);
    expect(refused).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  test("asking for models calls no upstream and makes no record", () => {
    expect(bench.aimock.getRequests()).toHaveLength(0);
    expect(bench.standIn.seen).toHaveLength(0);
    expect(bench.gateway.records).toHaveLength(0);
  });
});
