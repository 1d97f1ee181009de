import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI, { APIError } from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";
import { UPSTREAM_KEY } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench({ cooldownBaseMs: 10, cooldownMaxMs: 100 });
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 2 });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

async function failure(work: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof APIError)) throw new Error(`no APIError: ${error}`);
  return error;
}

/** Every error names its request, so that the operator can find it. */
async function refused(error: InstanceType<typeof APIError>, errorClass: string, attempts: number) {
  const record = await bench.settled();
  expect(record).toMatchObject({ status: "error", httpStatus: error.status, errorClass });
  expect(record.attempts).toHaveLength(attempts);
  expect(error.requestID).toBe(record.id);
  expect(error.message).not.toContain(UPSTREAM_KEY);
  return record;
}

/** `provider/model` reaches the provider whatever the model: each test has its own (key, model) pair to fail with. */
const say = (content: string, model = "gpt-4.1") => ({ model, messages: [{ role: "user" as const, content }] });

describe("openai errors", () => {
  test("a wrong key is an AuthenticationError and is charged to nobody", async () => {
    const stranger = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: "sk-nobody-0123456789" });
    const error = await failure(stranger.chat.completions.create(say("hello")));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key", type: "authentication_error" });
    expect(await refused(error, "unauthorized", 0)).toMatchObject({ clientKeyId: null, usage: null });
  });

  test("an unknown model is a NotFoundError that names the model", async () => {
    const error = await failure(client.chat.completions.create(say("hello", "gpt-nobody")));
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ status: 404, code: "model_not_found", param: "model", type: "not_found_error" });
    expect(error.message).toContain("gpt-nobody");
    await refused(error, "not_found", 0);
  });

  test("the upstream's 400 is a BadRequestError in the upstream's own words, asked once", async () => {
    const error = await failure(client.chat.completions.create(say("bad request")));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({ status: 400, param: "messages" });
    expect(error.message).toContain("The field is wrong.");
    await refused(error, "invalid_request", 1);
  });

  test("the upstream's 400 to a stream is a BadRequestError, not a broken stream", async () => {
    const error = await failure(client.chat.completions.create({ ...say("bad request"), stream: true }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    await refused(error, "invalid_request", 1);
  });

  test("an endpoint that the model's provider cannot serve is a BadRequestError that says so", async () => {
    const error = await failure(client.embeddings.create({ model: "claude-opus-4-6", input: "hello" }));
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error.code).toBe("unsupported_endpoint");
    await refused(error, "unsupported", 0);
  });

  test("a key without this model is a PermissionDeniedError", async () => {
    const { createClientKey } = await bench.ask<{ createClientKey: { secret: string } }>(
      `mutation { createClientKey(input: { name: "narrow", allowedModels: ["gpt-image-2"] }) { secret } }`,
    );
    const narrow = client.withOptions({ apiKey: createClientKey.secret });
    const error = await failure(narrow.chat.completions.create(say("hello")));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code: "model_not_allowed" });
    expect((await refused(error, "forbidden", 0)).clientKeyId).not.toBeNull();
  });

  test("the upstream's failure is an InternalServerError after which the SDK does not repeat", async () => {
    const asked = bench.aimock.getRequests().length;
    const error = await failure(client.chat.completions.create(say("broken", "openai/gpt-broken")));
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error.headers?.get("x-should-retry")).toBe("false");
    const record = await refused(error, "upstream_error", 1);
    // maxRetries is 2: without the header the SDK would have come back twice before it gave up.
    expect(bench.gateway.records.at(-1)).toBe(record);
    expect(bench.aimock.getRequests().length - asked).toBe(1);
  });
});

describe("openai rate limits", () => {
  test("429 is a RateLimitError with retry-after; while the key cools the SDK waits as told and then gets through", async () => {
    const model = "openai/gpt-limited";
    const asked = bench.aimock.getRequests().length;
    const error = await failure(client.chat.completions.create(say("too fast", model)));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.headers?.get("retry-after")).toBe("1");
    // The upstream was asked: repeating is the gateway's business, not the SDK's.
    expect(error.headers?.get("x-should-retry")).toBe("false");
    await refused(error, "rate_limited", 1);
    expect(bench.aimock.getRequests().length - asked).toBe(1);

    const startedAt = performance.now();
    const completion = await client.chat.completions.create(say("hello", model));
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    // Nobody was asked for the first try, so the SDK may repeat, after the second that the header names.
    expect(await bench.settled()).toMatchObject({ status: "error", httpStatus: 429, attempts: [] });
    await bench.accounted({ requestedModel: model });
    expect(performance.now() - startedAt).toBeGreaterThan(500);
  });

  test("with maxRetries 0 the SDK shows the refusal at once", async () => {
    const model = "openai/gpt-limited-again";
    await failure(client.chat.completions.create(say("too fast", model)));
    await bench.settled();
    const impatient = client.withOptions({ maxRetries: 0 });
    const error = await failure(impatient.chat.completions.create(say("hello", model)));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(Number(error.headers?.get("retry-after-ms"))).toBeGreaterThan(0);
    expect(error.headers?.get("x-should-retry")).toBeNull();
    await refused(error, "rate_limited", 0);
  });
});
