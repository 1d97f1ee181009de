import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";
import { typedSse } from "./stand-in.ts";
import { HELLO } from "./vendors.ts";

let bench: Bench;
let client: OpenAI;

beforeAll(async () => {
  bench = await startBench();
  client = new OpenAI({ baseURL: `${bench.gateway.url}/v1`, apiKey: CLIENT_KEY });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

const responses = {
  protocol: "openai-responses",
  endpoint: "responses",
  requestedModel: "gpt-4.1",
  usage: parts({ inputTokens: 21, outputTokens: 9 }),
  usageSource: "reported",
} as const;

describe("openai responses", () => {
  test("a response arrives whole and is accounted", async () => {
    const response = await client.responses.create({ model: "gpt-4.1", input: "hello" });
    expect(response.output_text).toBe(HELLO);
    expect(response.status).toBe("completed");
    await bench.accounted({ ...responses, stream: false });
  });

  test("a stream read by iteration ends with response.completed", async () => {
    const types: string[] = [];
    let text = "";
    for await (const event of await client.responses.create({ model: "gpt-4.1", input: "hello", stream: true })) {
      types.push(event.type);
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    expect(text).toBe(HELLO);
    expect([types[0], types.at(-1)]).toEqual(["response.created", "response.completed"]);
    await bench.accounted({ ...responses, stream: true });
  });

  test("the stream helper has the final response", async () => {
    const final = await client.responses.stream({ model: "gpt-4.1", input: "hello" }).finalResponse();
    expect(final.output_text).toBe(HELLO);
    await bench.accounted({ ...responses, stream: true });
  });
});

// aimock keeps no responses: the stand-in does.
describe("stored responses", () => {
  const stored = {
    id: "resp_stored_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model: "gpt-4.1-mini",
    output: [
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "kept", annotations: [] }],
      },
    ],
    usage: {
      input_tokens: 50,
      input_tokens_details: { cached_tokens: 32 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 15 },
      total_tokens: 70,
    },
  };
  const events = [
    { type: "response.created", sequence_number: 0, response: { ...stored, status: "in_progress", output: [] } },
    { type: "response.output_item.added", sequence_number: 1, output_index: 0, item: stored.output[0] },
    { type: "response.completed", sequence_number: 2, response: stored },
  ];
  const usage = parts({ inputTokens: 18, cacheReadTokens: 32, outputTokens: 5, reasoningTokens: 15 });
  // The tokens were counted when the response was made.
  const free = { protocol: "openai-responses", stream: false, usage: parts({}), costNanoUsd: 0 } as const;
  const read = { ...free, endpoint: "responses.get" } as const;

  beforeAll(async () => {
    const { standIn } = bench;
    standIn.on("POST /v1/responses", ({ body }) =>
      body.includes('"stream":true') ? typedSse(events) : Response.json(stored),
    );
    standIn.on("GET /v1/responses/resp_stored_1", ({ query }) =>
      query.includes("stream=true") ? typedSse(events) : Response.json(stored),
    );
    standIn.on("GET /v1/responses/resp_stored_1/input_items", () =>
      Response.json({
        object: "list",
        data: [{ type: "message", id: "msg_0", role: "user", content: [{ type: "input_text", text: "keep this" }] }],
        first_id: "msg_0",
        last_id: "msg_0",
        has_more: false,
      }),
    );
    standIn.on("POST /v1/responses/resp_stored_1/cancel", () => Response.json({ ...stored, status: "cancelled" }));
    standIn.on("DELETE /v1/responses/resp_stored_1", () =>
      Response.json({ id: stored.id, object: "response", deleted: true }),
    );
    bench.turnOver();
    await client.responses.create({ model: "own-gpt", input: "keep this", background: true });
    await bench.accounted({ ...responses, requestedModel: "own-gpt", servedModel: "gpt-4.1-mini", usage });
  });

  test("a response is read from the provider that made it, and costs nothing again", async () => {
    const response = await client.responses.retrieve("resp_stored_1");
    expect(response.output_text).toBe("kept");
    const record = await bench.accounted({ ...read, stream: false, requestedModel: "", servedModel: null });
    expect(record.attempts).toHaveLength(1);
  });

  test("a response is read again as a stream from where the client was", async () => {
    const stream = await client.responses.retrieve("resp_stored_1", { stream: true, starting_after: 0 });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual(events.map((event) => event.type));
    expect(bench.standIn.seen.at(-1)?.query).toBe("?stream=true&starting_after=0");
    await bench.accounted({ ...read, stream: true });
  });

  test("its input items are listed with the client's own paging", async () => {
    const page = await client.responses.inputItems.list("resp_stored_1", { limit: 5, order: "asc" });
    expect(page.data.map((item) => item.id)).toEqual(["msg_0"]);
    expect(bench.standIn.seen.at(-1)?.query).toBe("?limit=5&order=asc");
    await bench.accounted({ ...free, endpoint: "responses.input_items" });
  });

  test("it is cancelled", async () => {
    expect((await client.responses.cancel("resp_stored_1")).status).toBe("cancelled");
    await bench.accounted({ ...free, endpoint: "responses.cancel" });
  });

  test("it is deleted", async () => {
    await client.responses.delete("resp_stored_1");
    expect(bench.standIn.seen.at(-1)?.method).toBe("DELETE");
    await bench.accounted({ ...free, endpoint: "responses.delete" });
  });

  test("an id that nobody knows is a NotFoundError after every provider was asked", async () => {
    const error = await client.responses.retrieve("resp_nobody").catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    await bench.accounted({ status: "error", httpStatus: 404, errorClass: "not_found", endpoint: "responses.get" });
  });

  test("a streamed response is accounted in disjoint parts", async () => {
    const final = await client.responses.stream({ model: "own-gpt", input: "keep this" }).finalResponse();
    expect(final.usage?.input_tokens_details.cached_tokens).toBe(32);
    await bench.accounted({ ...responses, requestedModel: "own-gpt", stream: true, usage });
  });
});
