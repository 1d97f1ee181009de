import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readSaid } from "../../src/control/requests/replay-text.ts";
import { snippetOf } from "../../src/control/requests/request-snippet.ts";
import { type Answer, type Gateway, provider, startGateway } from "../gateway/fixture.ts";
import { json, never } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";

const BODY = { model: "fast", messages: [{ role: "user", content: "What's up?" }], temperature: 0.5, n: 1 };

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-a", "sk-b"])],
    models: [
      { name: "fast", price: { input: 2, output: 8 }, targets: [{ provider: "openai", model: "first" }] },
      { name: "slow", price: { input: 1, output: 1 }, targets: [{ provider: "openai", model: "second" }] },
    ],
    settings: { requestContent: "full" },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const REPLAY = `mutation ($input: ReplayRequestInput!) { replayRequest(input: $input) {
  finished originalText text original { id } request { id origin status requestedModel attemptCount }
  differences { field original replayed } userErrors { code field message }
} }`;

async function replay(input: object): Promise<Answer> {
  const { data, errors } = await gateway.graphql(REPLAY, { input });
  if (errors !== undefined) throw new Error(errors[0]!.message);
  return (data as Answer).replayRequest;
}

async function logged(body: object = BODY): Promise<string> {
  const record = gateway.nextRecord();
  await gateway.post("/v1/chat/completions", body).then((answer) => answer.text());
  return (await record).id;
}

const keyId = (name: string) =>
  gateway.app.gateway.snapshots.current.providersByName.get("openai")!.keys.find((key) => key.name === name)!.id;

describe("a replay", () => {
  test("sends the same body through the gateway and finds nothing but the times different", async () => {
    const id = await logged();
    const before = gateway.vendor.calls.length;
    const answer = await replay({ requestLogId: id });
    expect(answer).toMatchObject({ finished: true, userErrors: [], original: { id } });
    expect(answer.request).toMatchObject({ origin: "REPLAY", status: "SUCCESS", requestedModel: "fast" });
    expect(answer.text).toBe(answer.originalText);
    expect(answer.text).not.toBe("");
    const fields = answer.differences.map(({ field }: Answer) => field);
    expect(fields.filter((field: string) => !["latencyMs", "firstTokenMs", "providerKeyId"].includes(field))).toEqual(
      [],
    );
    expect(gateway.vendor.calls.length).toBe(before + 1);
    expect(JSON.parse(gateway.vendor.calls.at(-1)!.body.toString())).toEqual({ ...BODY, model: "first" });
  });

  test("at another model, key and with a changed body says what came out differently", async () => {
    const id = await logged();
    const other = chatAnswer();
    gateway.vendor.forModel(
      "second",
      json({
        ...other,
        choices: [{ ...(other as Answer).choices[0], message: { role: "assistant", content: "Else" } }],
      }),
    );
    const answer = await replay({
      requestLogId: id,
      model: "slow",
      providerKeyId: keyId("sk-b"),
      bodyPatch: { temperature: null, n: 2, messages: [{ role: "user", content: "Again" }] },
    });
    const call = gateway.vendor.calls.at(-1)!;
    expect(JSON.parse(call.body.toString())).toEqual({
      model: "second",
      messages: [{ role: "user", content: "Again" }],
      n: 2,
    });
    expect(call.key).toBe("sk-b");
    const differences = Object.fromEntries(
      answer.differences.map((one: Answer) => [one.field, [one.original, one.replayed]]),
    );
    expect(differences.requestedModel).toEqual(["fast", "slow"]);
    expect(differences.servedModel).toEqual(["first", "second"]);
    expect(differences.text).toEqual([answer.originalText, "Else"]);
    expect(differences.cost).toHaveLength(2);
    expect(differences.status).toBeUndefined();
  });

  test("is refused for what is not there, has no body or names no key, and nobody is asked", async () => {
    const id = await logged();
    const before = gateway.vendor.calls.length;
    const missing = await replay({ requestLogId: "req_01a1f8d3-ea00-7c97-b47a-00ed16fbe7b7" });
    expect(missing.userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["requestLogId"] }]);
    const noKey = await replay({ requestLogId: id, providerKeyId: "pky_01a1f8d3-ea00-7c97-b47a-00ed16fbe7b7" });
    expect(noKey.userErrors).toMatchObject([{ code: "NOT_FOUND", field: ["providerKeyId"] }]);
    expect(gateway.vendor.calls.length).toBe(before);
  });

  test("that fails is an answer too", async () => {
    const id = await logged();
    gateway.vendor.forModel("first", json({ error: { message: "no such thing" } }, 400));
    const answer = await replay({ requestLogId: id });
    expect(answer.request.status).toBe("ERROR");
    const status = answer.differences.find(({ field }: Answer) => field === "httpStatus");
    expect(status).toEqual({ field: "httpStatus", original: "200", replayed: "400" });
  });
});

test("a snippet of a logged request holds its body and no key", async () => {
  const id = await logged();
  const { data } = await gateway.graphql(
    "query ($id: ID!) { requestLog(id: $id) { curl: snippet(lang: CURL) py: snippet(lang: PYTHON) ts: snippet(lang: TYPESCRIPT) } }",
    { id },
  );
  const { curl, py, ts } = (data as Answer).requestLog;
  for (const text of [curl, py, ts]) {
    expect(text).toContain("0.5");
    expect(text).toContain("API_KEY");
    expect(text).not.toContain("sk-");
  }
  expect(curl).toContain("/v1/chat/completions");
  expect(curl).toContain("What'\\''s up?");
  expect(py).toContain("client.chat.completions.create(**body)");
  expect(ts).toContain("await client.chat.completions.create(");
  gateway.vendor.forModel("first", never);
});

describe("a snippet", () => {
  test("in Python has Python's own words", () => {
    const text = snippetOf("PYTHON", "responses", "m", { stream: true, store: false, user: null, input: [{ a: [] }] });
    expect(text).toContain('"stream": True');
    expect(text).toContain('"store": False');
    expect(text).toContain('"user": None');
    expect(text).toContain("for event in response");
  });

  test("of another format goes to its own path", () => {
    expect(snippetOf("CURL", "messages", "m", {})).toContain("$BASE_URL/v1/messages");
    expect(snippetOf("CURL", "gemini.generateContent", "gemini-2.5", {})).toContain(
      "/v1beta/models/gemini-2.5:generateContent",
    );
    expect(snippetOf("TYPESCRIPT", "messages", "m", {})).toContain('client.post("/messages"');
  });
});

test("what an answer says, in every client format, whole and as a stream", () => {
  const said = [
    '{"choices":[{"message":{"content":"Hello"}}]}',
    'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\ndata: {"choices":[{"delta":{"content":"lo"}}]}\n\ndata: [DONE]\n',
    '{"type":"message","content":[{"type":"text","text":"Hello"}]}',
    'event: x\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hel"}}\n\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"lo"}}\n',
    '{"output":[{"type":"message","content":[{"type":"output_text","text":"Hello"}]}]}',
    'data: {"type":"response.output_text.delta","delta":"Hello"}\n\ndata: {"type":"response.completed","response":{"output":[{"content":[{"text":"Hello"}]}]}}\n',
    '{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hello"}]}}]}',
  ].map(readSaid);
  expect(said).toEqual(said.map(() => "Hello"));
  expect(readSaid("no JSON")).toBe("");
});
