import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { json, type Reply } from "../support/fake-vendor.ts";
import { seededRandom } from "../support/random.ts";
import { anthropicError, chatAnswer, geminiAnswer, messageAnswer, openAiError } from "../support/samples.ts";
import { type Answer, expectUntouched, type Gateway, inFlight, provider, startGateway } from "./fixture.ts";
import { FORMATS } from "./formats.ts";

/** What explainRoute says, held against what real requests meet. */
const CLIENTS = {
  test: "sk-test-client-0123456789",
  narrow: "sk-narrow-client-0123456789",
  off: "sk-off-client-0123456789",
  old: "sk-old-client-0123456789",
};
const ids: Record<string, string> = {};

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    settings: { cooldownBaseMs: 60_000, cooldownMaxMs: 3_600_000 },
    clientKeys: [
      { name: "test", secret: CLIENTS.test },
      { name: "narrow", secret: CLIENTS.narrow, allowedModels: ["pooled*"] },
      { name: "off", secret: CLIENTS.off, enabled: false },
      { name: "old", secret: CLIENTS.old, expiresAt: "2020-01-01T00:00:00Z" },
    ],
    providers: ({ origin }) => [
      provider("openai", `${origin}/v1`, ["oa-1", "oa-2", "oa-3"]),
      provider("anthropic", origin, [], {
        strategy: "priority",
        keys: ["an-1", "an-2"].map((secret, priority) => ({ name: secret, secret, priority })),
      }),
      provider("gemini", origin, ["ge-1"]),
      {
        ...provider("openai-compatible", `${origin}/heavy/v1`, []),
        name: "heavy",
        strategy: "weighted",
        keys: [
          { name: "he-1", secret: "he-1", weight: 3 },
          { name: "he-2", secret: "he-2", weight: 1 },
        ],
      },
      {
        ...provider("openai-compatible", `${origin}/sticky/v1`, ["st-1", "st-2", "st-3"]),
        name: "sticky",
        strategy: "sticky",
      },
      { ...provider("openai-compatible", `${origin}/busy/v1`, ["bu-1", "bu-2"]), name: "busy", strategy: "least_busy" },
      {
        ...provider("openai-compatible", `${origin}/fast/v1`, ["fa-1", "fa-2"]),
        name: "fast",
        strategy: "lowest_latency",
      },
      { ...provider("openai-compatible", `${origin}/off/v1`, ["off-1"]), name: "off" },
      { ...provider("openai-compatible", `${origin}/bare/v1`, []), name: "bare" },
    ],
    models: [
      { name: "pooled", aliases: ["pooled-too"], targets: [{ provider: "openai", model: "gpt-4.1" }] },
      {
        name: "chain",
        targets: [
          { provider: "anthropic", model: "claude-opus-5-5", priority: 0 },
          { provider: "openai", model: "gpt-4.1", priority: 1 },
          { provider: "gemini", model: "gemini-3-pro", priority: 2 },
        ],
      },
      {
        name: "lot",
        targets: [
          { provider: "openai", model: "gpt-4.1", weight: 3 },
          { provider: "heavy", model: "some-model", weight: 1 },
        ],
      },
      { name: "weighted", targets: [{ provider: "heavy", model: "some-model" }] },
      { name: "sessions", targets: [{ provider: "sticky", model: "some-model" }] },
      { name: "busy", targets: [{ provider: "busy", model: "some-model" }] },
      { name: "fast", targets: [{ provider: "fast", model: "some-model" }] },
      { name: "claude", targets: [{ provider: "anthropic", model: "claude-opus-5-5" }] },
      { name: "keyless", targets: [{ provider: "bare", model: "some-model" }] },
      { name: "dark", targets: [{ provider: "off", model: "some-model" }] },
    ],
  });
  for (const row of await gateway.app.control.store.clientKeys.list()) ids[row.name] = row.id;
  const byName = new Map((await gateway.app.control.store.providers.list()).map((row) => [row.name, row]));
  await run(`mutation ($input: UpdateProviderInput!) { updateProvider(input: $input) { userErrors { message } } }`, {
    input: { id: byName.get("off")!.id, enabled: false },
  });
});
afterAll(() => gateway.close());

async function run(query: string, variables: object): Promise<Answer> {
  const { data, errors } = await gateway.graphql(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

const explain = async (input: object): Promise<Answer> =>
  (
    await run(
      `query ($input: ExplainRouteInput!) { explainRoute(input: $input) {
        endpoint omitted model { name } clientKey { name }
        refusal { httpStatus code message body retryAfterMs }
        candidates { order verdict chance skip reason targetIndex upstreamModel provider { name } providerKey { name }
          parked { until errorClass httpStatus message } call { how wire dropped } price { input source } } } }`,
      { input },
    )
  ).explainRoute;

/** In each vendor's own shape. */
const well: Reply = (call) =>
  json(
    call.path.includes("/messages")
      ? messageAnswer()
      : call.path.includes("generateContent")
        ? geminiAnswer()
        : chatAnswer(),
  )(call);

/** Without what differs from one request to the next: its id, and the seconds to wait. */
const timeless = (text: string) => text.replace(/\d+ s\b/g, "N s").replace(/req_[\w-]+/g, "req_");

describe("explained and done", () => {
  test("the first candidate serves, and a refusal is the one that is received, whatever happens to the keys", async () => {
    gateway.restart(well);
    const random = seededRandom(7);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    const models = [
      ...["pooled", "pooled-too", "chain", "lot", "weighted", "sessions", "busy", "fast", "claude"],
      ...["keyless", "dark", "nobody-knows", "openai/gpt-4o", "anthropic/claude-haiku", "off/some-model"],
    ];
    const faults: Reply[] = [
      json(openAiError("slow down"), 429, { "retry-after": "100" }),
      json(openAiError("bad key", "invalid_request_error", "invalid_api_key"), 401),
      json(openAiError("no credit", "insufficient_quota", "insufficient_quota"), 429),
      json(openAiError("broken"), 500),
    ];
    const keys = ["oa-1", "oa-2", "oa-3", "an-1", "an-2", "ge-1", "he-1", "he-2", "st-1", "bu-1", "fa-1"];
    let [served, refused] = [0, 0];
    for (let round = 0; round < 240; round++) {
      if (round % 50 === 0) gateway.restart(well);
      if (round % 3 === 0) gateway.vendor.forKey(pick(keys), pick([well, ...faults]));
      const [model, format, client] = [pick(models), pick(FORMATS), pick(["test", "test", "narrow", "off", "old"])];
      const { candidates, refusal } = await explain({
        model,
        clientKeyId: ids[client],
        format: format.id.toUpperCase().replaceAll("-", "_"),
      });
      const secret = CLIENTS[client as keyof typeof CLIENTS];
      const credential: Record<string, string> = format.id === "gemini" ? { "x-goog-api-key": secret } : {};
      const { status, text, calls } = await gateway.send(format.path(model, false), format.body(model, false), {
        headers: { ...format.headers, authorization: `Bearer ${secret}`, ...credential },
      });
      const first = candidates.filter(({ verdict }: Answer) => verdict === "WOULD_SERVE");
      if (calls.length === 0) {
        refused++;
        expect({ model, client, refusal: refusal?.httpStatus }).toEqual({ model, client, refusal: status });
        expect(timeless(refusal.body)).toBe(timeless(text));
        expect(first).toEqual([]);
      } else {
        served++;
        expect({ model, client, refusal }).toEqual({ model, client, refusal: null });
        const names = first.map(({ providerKey }: Answer) => providerKey.name);
        const certain = first.find(({ chance }: Answer) => chance === 1 || chance === null);
        expect(
          certain === undefined || model === "fast" ? names.concat("fa-1", "fa-2") : [certain.providerKey.name],
        ).toContain(calls[0]!.key);
        expect(first[0].order).toBe(1);
      }
    }
    expect(served).toBeGreaterThan(40);
    expect(refused).toBeGreaterThan(40);
  }, 60_000);

  test("asks nobody, records nothing, and takes nobody's turn", async () => {
    gateway.restart(well);
    await expectUntouched(gateway, 0, async () => {
      for (let time = 0; time < 7; time++) await explain({ model: "pooled", clientKeyId: ids.test });
    });
    expect(inFlight(gateway)).toBe(0);
    expect(gateway.app.gateway.inFlight.size).toBe(0);
    const asked: string[] = [];
    for (let time = 0; time < 6; time++) {
      const { candidates } = await explain({ model: "pooled" });
      const { calls } = await gateway.send("/v1/chat/completions", FORMATS[0]!.body("pooled", false));
      expect(candidates[0].providerKey.name).toBe(calls[0]!.key);
      asked.push(calls[0]!.key);
    }
    expect(new Set(asked.slice(0, 3)).size).toBe(3);
    expect(asked.slice(3)).toEqual(asked.slice(0, 3));
  });
});

describe("the explanation", () => {
  test("says who follows, how each is called and at what price", async () => {
    gateway.restart(well);
    const { candidates, refusal, model } = await explain({ model: "chain", format: "OPENAI_CHAT" });
    expect(refusal).toBeNull();
    expect(model.name).toBe("chain");
    expect(candidates.map((one: Answer) => [one.order, one.verdict, one.providerKey.name, one.call.how])).toEqual([
      [1, "WOULD_SERVE", "an-1", "TRANSLATED"],
      [2, "FALLBACK", "an-2", "TRANSLATED"],
      [3, "FALLBACK", expect.stringMatching(/^oa-/), "NATIVE"],
      [4, "FALLBACK", expect.stringMatching(/^oa-/), "NATIVE"],
      [5, "FALLBACK", expect.stringMatching(/^oa-/), "NATIVE"],
      [6, "FALLBACK", "ge-1", "TRANSLATED"],
    ]);
    expect(candidates[2]).toMatchObject({ targetIndex: 1, chance: 0, price: { source: "BUILTIN" } });
    expect(candidates[0].call.wire).toBe("anthropic-messages");
  });

  test("says what a lot decides", async () => {
    gateway.restart(well);
    const { candidates } = await explain({ model: "lot" });
    expect(candidates.map(({ upstreamModel, chance }: Answer) => [upstreamModel, chance])).toEqual([
      ["gpt-4.1", 0.75],
      ["gpt-4.1", 0],
      ["gpt-4.1", 0],
      ["some-model", expect.closeTo(0.25 * 0.75)],
      ["some-model", expect.closeTo(0.25 * 0.25)],
    ]);
  });

  test("says why a key is left alone, in the upstream's own words", async () => {
    gateway.restart(well);
    gateway.vendor.forKey(
      "an-1",
      json(anthropicError("rate_limit_error", "Slow down, an-1."), 429, { "retry-after": "100" }),
    );
    await gateway.send("/v1/chat/completions", FORMATS[0]!.body("claude", false));
    const { candidates } = await explain({ model: "claude" });
    expect(candidates).toMatchObject([
      { order: 1, providerKey: { name: "an-2" }, skip: null },
      {
        order: null,
        verdict: "SKIPPED",
        skip: "COOLING",
        providerKey: { name: "an-1" },
        parked: { errorClass: "RATE_LIMITED", httpStatus: 429, message: expect.stringContaining("Slow down") },
      },
    ]);
    expect(Date.parse(candidates[1].parked.until)).toBeGreaterThan(Date.now() + 90_000);
  });

  test("says what is switched off, cannot do it, or has no keys", async () => {
    expect((await explain({ model: "dark" })).candidates).toMatchObject([{ skip: "PROVIDER_DISABLED", order: null }]);
    expect((await explain({ model: "keyless" })).candidates).toMatchObject([{ skip: "NO_KEYS" }]);
    const { candidates, refusal } = await explain({ model: "claude", endpoint: "EMBEDDINGS" });
    expect(candidates).toMatchObject([{ skip: "ENDPOINT_UNSUPPORTED", reason: expect.stringContaining("embeddings") }]);
    expect(refusal).toMatchObject({ httpStatus: 400, code: "unsupported_endpoint" });
    const narrow = await explain({ model: "claude", clientKeyId: ids.narrow });
    expect(narrow).toMatchObject({
      clientKey: { name: "narrow" },
      refusal: { httpStatus: 403, code: "model_not_allowed" },
      candidates: [{ skip: "REQUEST_REFUSED" }],
    });
  });

  test("reads the body that a client would send", async () => {
    gateway.restart(well);
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
    const body = { messages: [{ role: "user", content: "hi" }], tools };
    const plain = await explain({ model: "openai/gpt-5.4" });
    const bridged = await explain({ model: "openai/gpt-5.4", body: { ...body, reasoning_effort: "high" } });
    expect([plain.candidates[0].call.how, bridged.candidates[0].call.how]).toEqual(["NATIVE", "BRIDGED"]);
    const dropping = await explain({ model: "claude", body: { ...body, logit_bias: { "1": 1 } } });
    expect(dropping.candidates[0].call.dropped).toEqual(["logit_bias"]);
    const wrong = await explain({ model: "claude", body: { messages: "hello" } });
    expect(wrong.refusal).toMatchObject({ httpStatus: 400 });
    expect(wrong.candidates[0]).toMatchObject({ skip: "REQUEST_UNSUPPORTED" });
  });

  test.each([
    [{ model: "" }, "model"],
    [{ model: "pooled", clientKeyId: "cky_0" }, "clientKeyId"],
    [{ model: "pooled", body: [] }, "body"],
    [{ model: "pooled", endpoint: "AUDIO_TRANSCRIPTIONS", body: {} }, "body"],
  ])("refuses the question %p", async (input, argument) => {
    const { errors } = await gateway.graphql(
      `query ($input: ExplainRouteInput!) { explainRoute(input: $input) { endpoint } }`,
      { input },
    );
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
  });

  test("answers for every endpoint", async () => {
    gateway.restart(well);
    const endpoints = (await run(`{ __type(name: "AskableEndpoint") { enumValues { name } } }`, {})).__type.enumValues;
    for (const { name } of endpoints) {
      const { refusal, candidates } = await explain({ model: "pooled", endpoint: name });
      expect({ name, refusal }).toEqual({ name, refusal: null });
      expect(candidates[0].order).toBe(1);
    }
    expect(endpoints.length).toBe(17);
  });
});
