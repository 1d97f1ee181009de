import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { Seal } from "../../src/lib/seal.ts";
import { ResponseFile } from "../../src/store/response-file.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import { chatAnswer, MESSAGE_STREAM, messageAnswer, openAiError, responseAnswer } from "../support/samples.ts";
import { type Answer, type Gateway, type GatewayOptions, provider, startGateway } from "./fixture.ts";
import { UPSTREAMS } from "./formats.ts";

/** Responses that are kept here, because their upstreams keep none. */
const OTHER_KEY = "sk-other-client-0123456789";
const OPTIONS: GatewayOptions = {
  providers: (vendor) => [
    provider("openai", `${vendor.origin}/v1`, ["oa-1", "oa-2"]),
    provider("anthropic", vendor.origin, ["an-1"]),
    provider("gemini", vendor.origin, ["ge-1"]),
    provider("openai-compatible", `${vendor.origin}/v1`, ["co-1"]),
    provider("coze", vendor.origin, ["cz-1"], { botId: "bot9" }),
  ],
  models: [
    { name: "gpt", targets: [{ provider: "openai", model: "gpt-4.1" }] },
    { name: "opus", targets: [{ provider: "anthropic", model: "claude-opus-5-5" }] },
    { name: "pro", targets: [{ provider: "gemini", model: "gemini-3.1-pro" }] },
    { name: "qwen", targets: [{ provider: "openai-compatible", model: "qwen-local" }] },
    { name: "bot", targets: [{ provider: "coze", model: "bot9" }] },
    {
      name: "mixed",
      targets: [
        { provider: "anthropic", model: "claude-opus-5-5", priority: 0 },
        { provider: "openai", model: "gpt-4.1", priority: 1 },
      ],
    },
  ],
  clientKeys: [
    { name: "test", secret: CLIENT_KEY },
    { name: "other", secret: OTHER_KEY },
    { name: "strict", secret: "sk-strict-client-0123456789", strictParameters: true },
  ],
};

let gateway: Gateway;
let client: OpenAI;
beforeAll(async () => {
  gateway = await startGateway(OPTIONS);
  client = clientOf(gateway);
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(messageAnswer())));

function clientOf({ url }: Gateway, apiKey = CLIENT_KEY): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

const said = (text: string) =>
  json(messageAnswer({ content: [{ type: "text", text }], usage: { input_tokens: 5, output_tokens: 2 } }));
const sent = (at = -1) => gateway.vendor.calls.at(at)!.json as Answer;
/** openai is asked for what is not kept here. */
const UNKNOWN = json(openAiError("no such response"), 404);
const failure = (work: Promise<unknown>) =>
  work.then(() => null).catch((error: unknown) => error as InstanceType<typeof OpenAI.APIError>);

describe("a response that was translated", () => {
  test("is continued, read, listed and deleted with the official SDK", async () => {
    gateway.restart(said("Noted."));
    const first = await client.responses.create({ model: "opus", instructions: "terse", input: "I am Ada." });
    expect(first).toMatchObject({ store: true, previous_response_id: null });
    gateway.restart(said("Ada."));
    const second = await client.responses.create({
      model: "opus",
      previous_response_id: first.id,
      input: [{ role: "user", content: "Who am I?" }],
    });
    expect(sent().messages.map(({ role, content }: Answer) => [role, content[0].text ?? content])).toEqual([
      ["user", "I am Ada."],
      ["assistant", "Noted."],
      ["user", "Who am I?"],
    ]);
    expect(JSON.stringify(sent())).not.toContain("terse");
    expect(second).toMatchObject({ previous_response_id: first.id, output_text: "Ada.", store: true });

    const { calls } = gateway.vendor;
    const before = calls.length;
    expect(JSON.parse(JSON.stringify(await client.responses.retrieve(second.id)))).toEqual(
      JSON.parse(JSON.stringify(second)),
    );
    const texts: unknown[] = [];
    for await (const item of client.responses.inputItems.list(second.id, { limit: 2, order: "asc" })) {
      texts.push([item.type, item.id.slice(0, 4), (item as Answer).role, (item as Answer).content[0].text]);
    }
    expect(texts).toEqual([
      ["message", "msg_", "user", "I am Ada."],
      ["message", "msg_", "assistant", "Noted."],
      ["message", "msg_", "user", "Who am I?"],
    ]);
    const newest = await client.responses.inputItems.list(second.id, { limit: 1 });
    expect([newest.data[0]!.id, newest.has_more]).toEqual([`msg_${second.id.slice(5)}_in0`, true]);
    expect(calls.length).toBe(before);
    await client.responses.delete(second.id);
    gateway.restart(UNKNOWN);
    expect(await failure(client.responses.retrieve(second.id))).toMatchObject({ status: 404 });
    expect((await client.responses.retrieve(first.id)).id).toBe(first.id);
  });

  test("is accounted once: reading it costs nothing", async () => {
    const { id } = await client.responses.create({ model: "opus", input: "a" });
    const { record, json: answer, calls } = await gateway.send(`/v1/responses/${id}`, undefined, { method: "DELETE" });
    expect(answer).toEqual({ id, object: "response.deleted", deleted: true });
    expect(calls).toEqual([]);
    expect(record).toMatchObject({ status: "success", costNanoUsd: 0, servedModel: null, providerId: null });
  });

  test("streamed is kept as its last event gave it", async () => {
    gateway.restart(stream(MESSAGE_STREAM));
    let last: Answer;
    for await (const event of await client.responses.create({ model: "opus", input: "a", stream: true })) last = event;
    expect(last.type).toBe("response.completed");
    const { json: kept } = await gateway.send(`/v1/responses/${last.response.id}`, undefined, { method: "GET" });
    expect(kept).toEqual(last.response);
    await client.responses.create({ model: "opus", input: "b", previous_response_id: last.response.id, stream: true });
    expect(sent().messages).toHaveLength(3);
  });

  test("that broke off is not kept", async () => {
    gateway.restart(stream(MESSAGE_STREAM.slice(0, -3)));
    const { text } = await gateway.send("/v1/responses", { model: "opus", input: "a", stream: true });
    const id = /"id":"(resp_[^"]+)"/.exec(text)![1]!;
    gateway.restart(UNKNOWN);
    expect((await gateway.send(`/v1/responses/${id}`, undefined, { method: "GET" })).status).toBe(404);
  });

  test("keeps calls and their results in order over many turns", async () => {
    const tools = [{ type: "function" as const, name: "get", parameters: { type: "object" }, strict: false }];
    gateway.restart(
      json(
        messageAnswer({ content: [{ type: "tool_use", id: "t1", name: "get", input: {} }], stop_reason: "tool_use" }),
      ),
    );
    let response = await client.responses.create({ model: "opus", tools, input: "Rome?" });
    const call = response.output.find((item) => item.type === "function_call")!;
    for (let turn = 0; turn < 4; turn++) {
      const output = { type: "function_call_output" as const, call_id: call.call_id, output: "18" };
      response = await client.responses.create({
        model: "opus",
        tools,
        previous_response_id: response.id,
        input: turn === 0 ? [output] : `turn ${turn}`,
      });
    }
    const kinds = sent().messages.map(({ role, content }: Answer) => `${role} ${content[0].type ?? "text"}`);
    expect(kinds.slice(0, 3)).toEqual(["user text", "assistant tool_use", "user tool_result"]);
    expect(JSON.stringify(sent())).toContain("turn 3");
  });

  test.each(
    UPSTREAMS.filter(({ kind }) => kind !== "openai" && kind !== "azure-openai").map((kind) => [kind.kind, kind]),
  )("of kind %s is continued, whole and as a stream", async (kind, upstream) => {
    const model = { anthropic: "opus", gemini: "pro", coze: "bot", "openai-compatible": "qwen" }[kind as string]!;
    for (const isStream of [false, true]) {
      gateway.restart(isStream ? stream(upstream.frames) : upstream.whole);
      const { text } = await gateway.send("/v1/responses", { model, input: "first words", stream: isStream });
      const id = /"id":"(resp_[^"]+)"/.exec(text)![1]!;
      const { calls, status } = await gateway.send("/v1/responses", {
        model,
        input: "second words",
        previous_response_id: id,
        stream: isStream,
      });
      expect(status).toBe(200);
      expect(calls[0]!.text).toMatch(/first words.*Grüße.*second words/s);
      expect(calls[0]!.text).not.toContain("previous_response_id");
    }
  });

  test("may be referred to item by item, as the AI SDK does", async () => {
    gateway.restart(said("Noted."));
    const first = await client.responses.create({ model: "opus", input: "I am Ada." });
    const reference = { type: "item_reference" as const, id: first.output[0]!.id! };
    const input = [
      { role: "user" as const, content: "I am Ada." },
      reference,
      { role: "user" as const, content: "So?" },
    ];
    await client.responses.create({ model: "opus", input });
    expect(sent().messages[1]).toMatchObject({ role: "assistant", content: [{ type: "text", text: "Noted." }] });
    const foreign = await failure(clientOf(gateway, OTHER_KEY).responses.create({ model: "opus", input }));
    expect(foreign).toMatchObject({ status: 400, param: "input[1]" });
  });

  test("goes on at an upstream that keeps responses, written out", async () => {
    gateway.restart(said("Noted."));
    const { id } = await client.responses.create({ model: "mixed", input: "I am Ada." });
    gateway.restart(json(responseAnswer("resp_native")));
    await client.responses.create({ model: "gpt", previous_response_id: id, input: "Who?" });
    expect(sent()).toEqual({
      model: "gpt-4.1",
      input: [
        expect.objectContaining({ role: "user", content: [{ type: "input_text", text: "I am Ada." }] }),
        expect.objectContaining({ role: "assistant" }),
        { role: "user", content: "Who?" },
      ],
    });
    expect(JSON.stringify(sent())).not.toContain('"id"');
  });
});

describe("nothing is kept", () => {
  test("when the client says so", async () => {
    const unkept = await client.responses.create({ model: "opus", input: "a", store: false });
    expect(unkept).toMatchObject({ store: false });
    const error = await failure(
      client.responses.create({ model: "opus", input: "b", previous_response_id: unkept.id }),
    );
    expect(error).toMatchObject({
      status: 400,
      code: "previous_response_not_found",
      param: "previous_response_id",
      type: "invalid_request_error",
    });
    expect(gateway.vendor.calls).toHaveLength(1);
  });

  test("when the operator wants none, and the answer says so", async () => {
    const other = await startGateway({ ...OPTIONS, settings: { storedResponseDays: 0 }, reply: json(messageAnswer()) });
    const { json: answer, headers } = await other.send("/v1/responses", { model: "opus", input: "a", store: true });
    expect([answer.store, headers.get("x-sluice-dropped")]).toEqual([false, "store"]);
    const next = { model: "opus", input: "a", previous_response_id: answer.id };
    expect((await other.send("/v1/responses", next)).json.error.code).toBe("previous_response_not_found");
    await other.close();
  });

  test("of what an upstream keeps itself", async () => {
    gateway.restart(json(responseAnswer("resp_own")));
    await client.responses.create({ model: "gpt", input: "a" });
    expect(await gateway.app.gateway.responses.chain("resp_own")).toEqual([]);
  });

  test("and asking to keep is no loss for a client that allows none", async () => {
    const { status } = await gateway.send(
      "/v1/responses",
      { model: "opus", input: "a", store: true },
      { headers: { authorization: "Bearer sk-strict-client-0123456789" } },
    );
    expect(status).toBe(200);
  });
});

describe("a stored response refuses", () => {
  const get = { method: "GET" };
  let id: string;
  beforeAll(async () => {
    gateway.restart(json(messageAnswer()));
    ({ id } = await client.responses.create({ model: "opus", input: "a" }));
  });

  test("another client's key, whatever it asks", async () => {
    gateway.restart(UNKNOWN);
    const other = clientOf(gateway, OTHER_KEY).responses;
    for (const work of [other.retrieve(id), other.inputItems.list(id), other.delete(id), other.cancel(id)]) {
      expect(await failure(work)).toBeInstanceOf(OpenAI.NotFoundError);
    }
    const next = await failure(other.create({ model: "opus", input: "b", previous_response_id: id }));
    expect(next).toMatchObject({ status: 400, code: "previous_response_not_found" });
    expect((await client.responses.retrieve(id)).id).toBe(id);
  });

  test("to be cancelled or streamed again", async () => {
    expect(await failure(client.responses.cancel(id))).toMatchObject({ status: 400 });
    expect(await failure(client.responses.retrieve(id, { stream: true }))).toMatchObject({
      status: 400,
      param: "stream",
    });
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=x", "limit"],
    ["order=up", "order"],
    ["after=msg_no", "after"],
  ])("a listing with %s", async (query, param) => {
    const { status, json: answer } = await gateway.send(`/v1/responses/${id}/input_items?${query}`, undefined, get);
    expect([status, answer.error.param]).toEqual([400, param]);
  });

  test("to stand in for a part that was deleted", async () => {
    const second = await client.responses.create({ model: "opus", input: "b", previous_response_id: id });
    await client.responses.delete(id);
    const error = await failure(
      client.responses.create({ model: "opus", input: "c", previous_response_id: second.id }),
    );
    expect(error).toMatchObject({ status: 400, code: "previous_response_not_found" });
    expect(error!.message).toContain(id);
    expect((await client.responses.retrieve(second.id)).id).toBe(second.id);
  });
});

describe("an id that nobody here made", () => {
  test("goes to the upstream that may know it, and only there", async () => {
    gateway.restart(json(responseAnswer("resp_next")));
    const { calls } = await gateway.send("/v1/responses", {
      model: "mixed",
      input: "b",
      previous_response_id: "resp_before_restart",
    });
    expect(calls.map(({ path, json: body }) => [path, body.previous_response_id])).toEqual([
      ["/v1/responses", "resp_before_restart"],
    ]);
  });

  test("and that another model's provider made is refused in words", async () => {
    gateway.restart(json(responseAnswer("resp_of_openai")));
    await client.responses.create({ model: "gpt", input: "a" });
    const error = await failure(
      client.responses.create({ model: "opus", input: "b", previous_response_id: "resp_of_openai" }),
    );
    expect(error).toMatchObject({ status: 400, code: "previous_response_not_found" });
    expect(error!.message).toContain("provider");
    expect(gateway.vendor.calls).toHaveLength(1);
  });
});

test("a wrong field is named by its place in the client's own body", async () => {
  const { id } = await client.responses.create({ model: "opus", input: "a" });
  const input = [
    { role: "user", content: "b" },
    { role: "nobody", content: "c" },
  ];
  const { status, json: answer } = await gateway.send("/v1/responses", {
    model: "opus",
    input,
    previous_response_id: id,
  });
  expect([status, answer.error.param]).toEqual([400, "input[1].role"]);
  expect(answer.error.message).toContain("`input[1].role`");
});

test("something in the past that a model cannot be sent is named as such", async () => {
  const audio = { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } };
  gateway.restart(UPSTREAMS.find(({ kind }) => kind === "gemini")!.whole);
  const input = [{ role: "user", content: [audio] }];
  const { json: first } = await gateway.send("/v1/responses", { model: "pro", input });
  const next = await gateway.send("/v1/responses", { model: "opus", input: "b", previous_response_id: first.id });
  expect([next.status, next.json.error.param]).toEqual([400, "previous_response_id"]);
  expect(next.calls).toEqual([]);
});

test("conversations, and work in the background, stay refused", async () => {
  for (const field of [{ conversation: "conv_1" }, { background: true }]) {
    const { status, calls } = await gateway.send("/v1/responses", { model: "opus", input: "a", ...field });
    expect([status, calls.length]).toEqual([400, 0]);
  }
});

describe("over time", () => {
  test("a client whose key is deleted is refused at once, and finds what it had when the key is brought back", async () => {
    const secret = "sk-leaving-client-0123456789";
    const leaving = { name: "leaving", secret };
    const own = await startGateway({
      ...OPTIONS,
      clientKeys: [...OPTIONS.clientKeys!, leaving],
      reply: said("Noted."),
    });
    const { responses } = clientOf(own, secret);
    const made = await responses.create({ model: "opus", input: "I am Ada." });
    const { clientKeysByHash } = own.app.gateway.snapshots.current;
    const id = [...clientKeysByHash.values()].find(({ name }) => name === "leaving")!.id;
    const deleted = await own.graphql(`mutation { deleteClientKeys(input: { ids: ["${id}"] }) { undoToken } }`);
    expect(await failure(responses.retrieve(made.id))).toMatchObject({ status: 401 });
    const { undoToken } = (deleted as Answer).data.deleteClientKeys;
    await own.graphql(`mutation { restoreClientKeys(input: { undoToken: "${undoToken}" }) { restoredIds } }`);
    expect((await responses.retrieve(made.id)).id).toBe(made.id);
    await own.close();
  });

  test("a conversation goes on after a restart, and ends with its retention", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-responses-"));
    const start = () => startGateway({ ...OPTIONS, dataDir, reply: json(chatAnswer()) });
    const before = await start();
    const first = await clientOf(before).responses.create({ model: "qwen", input: "I am Ada." });
    const second = await clientOf(before).responses.create({
      model: "qwen",
      input: "And you?",
      previous_response_id: first.id,
    });
    await before.close();

    const after = await start();
    const { responses } = clientOf(after);
    expect(JSON.parse(JSON.stringify(await responses.retrieve(first.id)))).toEqual(JSON.parse(JSON.stringify(first)));
    const third = await responses.create({ model: "qwen", input: "Well?", previous_response_id: second.id });
    expect(after.vendor.calls.at(-1)!.text).toMatch(/I am Ada.*And you\?.*Well\?/s);
    await responses.delete(third.id);
    await Bun.sleep(1000 - (Date.now() % 1000)); // Response objects count in whole seconds
    const other = await responses.create({ model: "qwen", input: "Something else." });
    await after.close();

    const owners = [...after.app.gateway.snapshots.current.clientKeysByHash.values()].map(({ id }) => id);
    const file = new ResponseFile(
      join(dataDir, "responses.db"),
      new Seal({ key: new Uint8Array(32), keyId: new Uint8Array(4) }),
    );
    file.removeConversations(file.expired({ owners, beforeMs: other.created_at * 1000, maxBytes: 1e9 }));
    file.close();
    const last = await start();
    last.restart(UNKNOWN);
    for (const { id } of [first, second, third]) {
      expect(await failure(clientOf(last).responses.retrieve(id))).toMatchObject({ status: 404 });
    }
    expect((await clientOf(last).responses.retrieve(other.id)).id).toBe(other.id);
    await last.close();
    await rm(dataDir, { recursive: true });
  });
});
