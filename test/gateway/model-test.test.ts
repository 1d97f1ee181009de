import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { json, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM_WITH_USAGE, chatAnswer, MESSAGE_STREAM, openAiError } from "../support/samples.ts";
import { type Answer, expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";
import { TEXT } from "./formats.ts";

let gateway: Gateway;
let models: Map<string, { id: string }>;
let keys: Map<string, { id: string }>;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [
      provider("openai", `${origin}/v1`, ["oa-1", "oa-2"]),
      provider("anthropic", origin, ["an-1"]),
      provider("openai-compatible", `${origin}/other/v1`, ["oc-1"]),
    ],
    models: [
      {
        name: "pair",
        targets: [
          { provider: "anthropic", model: "claude-opus-5-5", priority: 1 },
          { provider: "openai", model: "gpt-4.1", priority: 0 },
        ],
      },
    ],
  });
  const { store } = gateway.app.control;
  models = new Map((await store.models.list()).map((row) => [row.name, row]));
  keys = new Map((await store.providerKeys.list()).map((row) => [row.name, row]));
});
afterAll(() => gateway.close());

const run = async (input: object): Promise<Answer> => {
  const { data, errors } = await gateway.graphql(
    `mutation ($input: TestModelInput!) { testModel(input: $input) {
      ok httpStatus latencyMs firstTokenMs text errorMessage userErrors { code field }
      request { id origin requestedModel status cost clientKey { name } }
      attempts { upstreamModel outcome httpStatus errorMessage providerKey { name } } } }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return (data as Answer).testModel;
};

describe("a test of a model", () => {
  test("goes the way of a client's request and stands in the log as what it is", async () => {
    gateway.restart(stream(CHAT_STREAM_WITH_USAGE));
    const settled = gateway.nextRecord();
    const tested = await run({ modelId: models.get("pair")!.id });
    expect(tested).toMatchObject({
      ok: true,
      httpStatus: 200,
      text: TEXT,
      errorMessage: null,
      userErrors: [],
      request: { origin: "TEST", requestedModel: "pair", status: "SUCCESS", clientKey: null, cost: expect.any(String) },
      attempts: [{ upstreamModel: "gpt-4.1", outcome: "OK", providerKey: { name: expect.stringMatching(/^oa/) } }],
    });
    expect(tested.latencyMs).toBeGreaterThan(0);
    expect(tested.firstTokenMs).toBeLessThanOrEqual(tested.latencyMs);
    expect((await settled).id).toBe(tested.request.id);
  });

  test("asks the target and the key that are named, and nobody else", async () => {
    gateway.restart(stream(MESSAGE_STREAM));
    expect(await run({ name: "pair", targetIndex: 1 })).toMatchObject({ ok: true, text: TEXT });
    expect(gateway.vendor.calls.map(({ key }) => key)).toEqual(["an-1"]);
    gateway.restart(json(openAiError("slow down"), 429, { "retry-after": "100" }));
    const busy = await run({ name: "pair", targetIndex: 0, providerKeyId: keys.get("oa-2")!.id, stream: false });
    expect(gateway.vendor.calls.map(({ key }) => key)).toEqual(["oa-2"]);
    expect(busy).toMatchObject({
      ok: false,
      httpStatus: 429,
      text: null,
      errorMessage: expect.stringContaining("slow down"),
      attempts: [{ outcome: "REJECTED", httpStatus: 429, providerKey: { name: "oa-2" } }],
    });
  });

  test("reaches a target while its model is switched off", async () => {
    gateway.restart(json(chatAnswer()));
    const { id } = models.get("pair")!;
    const enable = (enabled: boolean) =>
      gateway.graphql(
        `mutation ($input: UpdateModelInput!) { updateModel(input: $input) { userErrors { message } } }`,
        {
          input: { id, enabled },
        },
      );
    await enable(false);
    expect(await run({ modelId: id, targetIndex: 0, stream: false })).toMatchObject({ ok: true, text: TEXT });
    await enable(true);
  });

  test("tells what the client would be told when nobody is there to ask", async () => {
    gateway.restart(json(chatAnswer()));
    await expectUntouched(gateway, 1, async () => {
      expect(await run({ name: "nobody/knows" })).toMatchObject({
        ok: false,
        httpStatus: 404,
        errorMessage: expect.stringContaining("does not exist"),
        attempts: [],
        request: { status: "ERROR" },
      });
    });
  });

  test.each([
    [{}, ["modelId"], "INVALID"],
    [{ modelId: "mdl_0" }, ["modelId"], "NOT_FOUND"],
    [{ name: "pair", modelId: "mdl_0" }, ["modelId"], "INVALID"],
    [{ name: "pair", targetIndex: 2 }, ["targetIndex"], "OUT_OF_RANGE"],
    [{ name: "openai/gpt-4o", targetIndex: 0 }, ["targetIndex"], "OUT_OF_RANGE"],
    [{ name: "pair", providerKeyId: "pky_0" }, ["providerKeyId"], "NOT_FOUND"],
    [{ name: "pair", prompt: "" }, ["prompt"], "REQUIRED"],
  ])("refuses %p and asks nobody", async (input, field, code) => {
    await expectUntouched(gateway, 0, async () => {
      expect(await run(input)).toMatchObject({ ok: false, request: null, userErrors: [{ code, field }] });
    });
  });

  test("refuses a key of another provider than the target", async () => {
    const providerKeyId = keys.get("an-1")!.id;
    expect(await run({ name: "pair", targetIndex: 0, providerKeyId })).toMatchObject({
      userErrors: [{ field: ["providerKeyId"] }],
    });
  });
});
