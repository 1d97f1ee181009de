import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { inTurn, json, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, chatAnswer, chatChunk, chatUsageChunk, DONE, responseAnswer, USAGE } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      { ...provider("azure-openai", vendor.origin, ["az-1", "az-2"], { apiVersion: "2024-10-21" }), name: "dated" },
      { ...provider("azure-openai", `${vendor.origin}/`, ["az-v1"]), name: "undated" },
    ],
    models: [
      { name: "gpt", targets: [{ provider: "dated", model: "my deployment" }] },
      { name: "gpt-v1", targets: [{ provider: "undated", model: "my deployment" }] },
    ],
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const azureKey = { authorization: "", "api-key": CLIENT_KEY };

describe("the dated surface", () => {
  test("has the deployment in the path and the provider's own version in the query", async () => {
    const body = '{"model":"gpt","n":1.0}';
    const { calls, record } = await gateway.send("/v1/chat/completions?x=1", body);
    expect(calls[0]).toMatchObject({
      path: "/openai/deployments/my%20deployment/chat/completions",
      query: "?x=1&api-version=2024-10-21",
      text: body.replace("gpt", "my deployment"),
    });
    expect(calls[0]!.headers["api-key"]).toBeOneOf(["az-1", "az-2"]);
    expect(calls[0]!.headers.authorization).toBeUndefined();
    expect(record.usage).toEqual(USAGE);
  });

  test("keeps /responses beside the deployments", async () => {
    gateway.vendor.otherwise(json(responseAnswer()));
    const { calls } = await gateway.send("/v1/responses", { model: "gpt", input: "a" });
    expect(calls[0]).toMatchObject({ path: "/openai/responses", query: "?api-version=2024-10-21" });
  });
});

describe("the /openai/v1 surface", () => {
  test("has the deployment as the body's model, and no version", async () => {
    const { calls } = await gateway.send("/v1/chat/completions", { model: "gpt-v1" });
    expect(calls[0]).toMatchObject({
      path: "/openai/v1/chat/completions",
      query: "",
      text: '{"model":"my deployment"}',
    });
  });
});

describe("a client of Azure's SDK", () => {
  test.each([
    ["/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview", '{"messages":[]}'],
    ["/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview", '{"model":"something else"}'],
    ["/openai/v1/chat/completions?api-version=preview", '{"model":"gpt"}'],
  ])("is served on %s (%s), its own version left behind", async (path, body) => {
    const { status, calls, record } = await gateway.send(path, body, { headers: azureKey });
    expect(status).toBe(200);
    expect(calls[0]).toMatchObject({
      path: "/openai/deployments/my%20deployment/chat/completions",
      query: "?api-version=2024-10-21",
    });
    expect(record.requestedModel).toBe("gpt");
  });

  test("reaches stored responses under /openai/responses", async () => {
    gateway.vendor.otherwise(json(responseAnswer("resp_az")));
    await gateway.send(
      "/openai/responses?api-version=2025-03-01-preview",
      { model: "gpt", input: "a" },
      { headers: azureKey },
    );
    const { status, calls } = await gateway.send(
      "/openai/responses/resp_az?api-version=2025-03-01-preview",
      undefined,
      {
        method: "GET",
        headers: azureKey,
      },
    );
    expect(status).toBe(200);
    expect(calls[0]!.target).toBe("/openai/responses/resp_az?api-version=2024-10-21");
  });

  test("gets its own deployment name refused when it does not exist", async () => {
    const response = await fetch(`${gateway.url}/openai/deployments/none/embeddings?api-version=x`, {
      method: "POST",
      headers: { "api-key": CLIENT_KEY, "content-type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBe(404);
  });
});

describe("what Azure answers", () => {
  test("a content filter is the request's fault: shown as it is, on no other key", async () => {
    const refusal = {
      error: {
        message: "The response was filtered",
        type: null,
        param: "prompt",
        code: "content_filter",
        status: 400,
        innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: { hate: { filtered: true } } },
      },
    };
    gateway.vendor.otherwise(json(refusal, 400));
    const { status, json: answer, calls, record } = await gateway.send("/v1/chat/completions", { model: "gpt" });
    expect(status).toBe(400);
    expect(answer).toEqual(refusal);
    expect(calls).toHaveLength(1);
    expect(record).toMatchObject({ errorClass: "content_filter", status: "error" });
  });

  test("retry-after-ms parks the deployment for exactly that long; another key answers", async () => {
    gateway.vendor.otherwise(
      inTurn(
        json({ error: { code: "429", message: "Please retry after 86400 seconds." } }, 429, {
          "retry-after-ms": "7300",
          "retry-after": "86400",
        }),
        json(chatAnswer()),
      ),
    );
    const { status, record } = await gateway.send("/v1/chat/completions", { model: "gpt" });
    expect(status).toBe(200);
    expect(record.attempts.map(({ cooldownMs }) => cooldownMs)).toEqual([7300, null]);
  });

  test("a stream that begins with its filter results and has asynchronous filter chunks is mended", async () => {
    const plain = (change: object) =>
      `data: ${JSON.stringify({ id: "", object: "", created: 0, model: "", ...change })}\n\n`;
    const results = [{ prompt_index: 0, content_filter_results: { hate: { filtered: false } } }];
    gateway.vendor.otherwise(
      stream([
        plain({ choices: [], prompt_filter_results: results }),
        chatChunk({ role: "assistant", content: "" }),
        chatChunk({ content: "Hi" }),
        plain({ choices: [{ index: 0, finish_reason: null, content_filter_offsets: { start_offset: 0 } }] }),
        chatChunk({}, "stop"),
        chatUsageChunk(),
        DONE,
      ]),
    );
    const { text, record } = await gateway.send("/v1/chat/completions", { model: "gpt", stream: true });
    const frames = text
      .trimEnd()
      .split("\n\n")
      .map((frame) => frame.slice("data: ".length));
    expect(frames.pop()).toBe("[DONE]");
    const chunks = frames.map((frame) => JSON.parse(frame) as Record<string, unknown>);
    expect(chunks).toHaveLength(4);
    expect(chunks[0]!.prompt_filter_results).toEqual(results);
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ id: "chatcmpl-1", object: "chat.completion.chunk", model: "gpt-4.1-2025-04-14" });
      for (const choice of chunk.choices as object[]) expect(choice).toHaveProperty("delta");
    }
    expect(record).toMatchObject({ status: "success", usage: USAGE });
  });

  test("a well-formed stream passes as its own bytes", async () => {
    gateway.vendor.otherwise(stream(CHAT_STREAM));
    const { text } = await gateway.send("/v1/chat/completions", { model: "gpt", stream: true });
    expect(text).toBe(CHAT_STREAM.join(""));
  });
});
