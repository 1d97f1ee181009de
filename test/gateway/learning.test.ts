import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { packSignature } from "../../src/llm/signature.ts";
import { json, type Reply, type VendorCall } from "../support/fake-vendor.ts";
import { chatAnswer, openAiError, responseAnswer } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { type Answer, type Gateway, provider, startGateway } from "./fixture.ts";
import { chat, messages, TEXT } from "./formats.ts";

/** What upstreams teach by refusing: asked again at once in the way they take, nobody blamed, remembered. */
let gateway: Gateway;
beforeAll(async () => {
  const compat = (name: string, origin: string) => ({
    ...provider("openai-compatible", `${origin}/${name}/v1`, [`key-${name}`]),
    name,
  });
  gateway = await startGateway({
    providers: ({ origin }) => [
      ...["roles", "tokens", "calls", "schemas", "usage", "thoughts", "faults"].map((name) => compat(name, origin)),
      { ...compat("known", origin), quirks: ["no_developer_role", "no_json_schema"] },
      { ...compat("denied", origin), ignoredQuirks: ["no_developer_role"] },
      provider("openai", `${origin}/v1`, ["oa-1"]),
    ],
  });
});
afterAll(() => gateway.close());

/** Refuses what `dislikes` finds in the body with these words, else answers. */
const unless = (dislikes: (body: Answer) => boolean, words: string, status = 400): Reply =>
  function reply(call: VendorCall) {
    return dislikes(call.json) ? json(openAiError(words), status)(call) : json(chatAnswer())(call);
  };
const roles = ({ messages: list }: Answer) => list.map(({ role }: Answer) => role);
const developer = [
  { role: "developer", content: "be brief" },
  { role: "user", content: "hello" },
];
const SCHEMA = { type: "json_schema", json_schema: { name: "a", schema: { type: "object" } } };

describe("a chat upstream that refuses", () => {
  const habits: [what: string, provider: string, reply: Reply, change: object, mended: (body: Answer) => boolean][] = [
    [
      "the developer role",
      "roles",
      unless(
        (body) => roles(body).includes("developer"),
        "unknown variant `developer`, expected one of `system`, `user`",
      ),
      { messages: developer },
      (body) => roles(body).join() === "system,user" && body.messages[0].content === "be brief",
    ],
    [
      "max_completion_tokens",
      "tokens",
      unless((body) => "max_completion_tokens" in body, "Extra inputs are not permitted: max_completion_tokens", 422),
      { max_completion_tokens: 50 },
      (body) => body.max_tokens === 50 && body.unknown === 1,
    ],
    [
      "parallel_tool_calls",
      "calls",
      unless((body) => "parallel_tool_calls" in body, "Unknown parameter: 'parallel_tool_calls'"),
      { parallel_tool_calls: true },
      (body) => !("parallel_tool_calls" in body),
    ],
    [
      "schemas",
      "schemas",
      unless((body) => body.response_format?.type === "json_schema", "This response_format type is unavailable now"),
      { response_format: SCHEMA },
      (body) => body.response_format.type === "json_object" && body.messages[0].content.includes("JSON Schema"),
    ],
  ];
  const mistakes: [what: string, words: string, change: object][] = [
    [
      "a schema of its own",
      "Invalid schema for response_format 'a': 'required' must name every key",
      { response_format: SCHEMA },
    ],
    ["a limit that is too high", "max_completion_tokens is too large: 999999", { max_completion_tokens: 999_999 }],
    ["a turn that is missing", "messages with role 'tool' must follow tool_calls", { messages: developer }],
  ];
  test.each(mistakes)("what one client does wrong (%s) teaches nothing", async (_, words, change) => {
    gateway.restart(json(openAiError(words), 400));
    const { status, calls } = await gateway.send("/v1/chat/completions", {
      ...chat.body("faults/m", false),
      ...change,
    });
    expect([status, calls.length]).toEqual([400, 1]);
  });

  test("is no model of OpenAI's own: its API takes what the format says", async () => {
    gateway.restart(json(openAiError("Unsupported value: response_format of type json_schema is not supported"), 400));
    const answer = await gateway.send("/v1/chat/completions", {
      ...chat.body("openai/m", false),
      response_format: SCHEMA,
    });
    expect([answer.status, answer.calls.length]).toEqual([400, 1]);
  });

  test.each(habits)("%s is asked again without, once", async (_, name, reply, change, mended) => {
    gateway.restart(reply);
    const body = { ...chat.body(`${name}/m`, false), unknown: 1, ...change };
    const first = await gateway.send("/v1/chat/completions", body);
    expect(first.status).toBe(200);
    expect(first.calls.map(({ key }) => key)).toEqual([`key-${name}`, `key-${name}`]);
    expect(mended(first.calls[1]!.json)).toBe(true);
    expect(first.record.attempts.map(({ cooldownMs }) => cooldownMs)).toEqual([null, null]);
    const second = await gateway.send("/v1/chat/completions", body);
    expect([second.status, second.calls.length]).toEqual([200, 1]);
    expect(mended(second.calls[0]!.json)).toBe(true);
  });

  test("what it refused is written down with its words", async () => {
    const { snapshots } = gateway.app.gateway;
    await eventually(() => snapshots.current.providersByName.get("roles")!.quirks.has("no_developer_role"));
    const learned = await gateway.app.control.store.providers.list();
    const { learnedQuirks } = learned.find(({ name }) => name === "roles")!;
    expect(learnedQuirks).toMatchObject([
      { quirk: "no_developer_role", words: expect.stringContaining("unknown variant") },
    ]);
  });

  test("is mended for clients of other formats, too", async () => {
    gateway.restart(
      unless((body) => body.response_format?.type === "json_schema", "response_format: json_schema is not supported"),
    );
    const body = {
      ...messages.body("usage/m", false),
      output_config: { format: { type: "json_schema", schema: { type: "object" } } },
    };
    const { status, json: answer, calls, record } = await gateway.send("/v1/messages", body);
    expect([status, messages.textOf(answer), calls.length]).toEqual([200, TEXT, 2]);
    expect((calls[1]!.json as Answer).response_format).toEqual({ type: "json_object" });
    expect(record.dropped).toEqual(["output_config.format"]);
  });

  test("something else is told to the client", async () => {
    gateway.restart(json(openAiError("The role of messages must alternate"), 400));
    const { status, calls } = await gateway.send("/v1/chat/completions", chat.body("thoughts/m", false));
    expect([status, calls.length]).toEqual([400, 1]);
  });

  test("what a person says that it takes is not taught otherwise", async () => {
    gateway.restart(json(openAiError("no role developer"), 400));
    const body = { ...chat.body("denied/m", false), messages: developer };
    const { status, calls } = await gateway.send("/v1/chat/completions", body);
    expect([status, calls.length]).toEqual([400, 1]);
  });

  test("what a person has set is not asked at all, and what is lost is reported", async () => {
    gateway.restart(json(chatAnswer()));
    const body = { ...chat.body("known/m", false), messages: developer, response_format: SCHEMA };
    const { calls, headers, record } = await gateway.send("/v1/chat/completions", body);
    expect(calls).toHaveLength(1);
    expect(roles(calls[0]!.json)).toEqual(["system", "system", "user"]);
    expect([headers.get("x-sluice-dropped"), record.dropped]).toEqual(["response_format", ["response_format"]]);
  });
});

describe("a model that nobody knows to belong to /responses", () => {
  const WORDS =
    "Function tools with reasoning_effort are not supported for gpt-x in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
  const ONLY = "This model is only supported in v1/responses and not in v1/chat/completions.";
  const TOOLS = { tools: [{ type: "function", function: { name: "get", parameters: { type: "object" } } }] };
  const responsesOnly = (words: string, status: number): Reply =>
    function reply(call: VendorCall) {
      return call.path.endsWith("/responses") ? json(responseAnswer())(call) : json(openAiError(words), status)(call);
    };

  test("for tools says so once", async () => {
    gateway.restart(responsesOnly(WORDS, 400));
    const body = { ...chat.body("openai/gpt-4.1-x", false), ...TOOLS };
    const first = await gateway.send("/v1/chat/completions", body);
    expect(first.calls.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/responses"]);
    expect(chat.textOf(first.json)).toBe(TEXT);
    const second = await gateway.send("/v1/chat/completions", body);
    expect(second.calls.map(({ path }) => path)).toEqual(["/v1/responses"]);
    gateway.restart(json(chatAnswer()));
    const plain = await gateway.send("/v1/chat/completions", chat.body("openai/gpt-4.1-x", false));
    expect(plain.calls[0]!.path).toBe("/v1/chat/completions");
  });

  test("for everything likewise, for clients of every format", async () => {
    gateway.restart(responsesOnly(ONLY, 404));
    const first = await gateway.send("/v1/messages", messages.body("openai/gpt-4.1-y", false));
    expect(first.calls.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/responses"]);
    const second = await gateway.send("/v1/chat/completions", chat.body("openai/gpt-4.1-y", false));
    expect(second.calls.map(({ path }) => path)).toEqual(["/v1/responses"]);
  });
});

describe("a base URL without a path", () => {
  test("stands for its /v1, unless the API turns out to be at the origin itself", async () => {
    const { vendor } = gateway;
    const own = await startGateway({
      providers: () => [
        { ...provider("openai-compatible", vendor.origin, ["key-a"]), name: "with" },
        { ...provider("openai-compatible", `${vendor.origin}/`, ["key-b"]), name: "bare" },
      ],
    });
    const paths = async (name: string) => {
      const before = vendor.calls.length;
      const { status } = await own.send("/v1/chat/completions", chat.body(`${name}/m`, false));
      return [status, ...vendor.calls.slice(before).map(({ path }) => path)];
    };
    gateway.restart(json(chatAnswer()));
    expect(await paths("with")).toEqual([200, "/v1/chat/completions"]);
    gateway.restart((call) => (call.path.startsWith("/v1/") ? call.answer(404, "not here") : json(chatAnswer())(call)));
    expect(await paths("bare")).toEqual([200, "/v1/chat/completions", "/chat/completions"]);
    expect(await paths("bare")).toEqual([200, "/chat/completions"]);
    gateway.restart(json(openAiError("The model `m` does not exist", "invalid_request_error", "model_not_found"), 404));
    expect(await paths("with")).toEqual([404, "/v1/chat/completions"]);
    await own.close();
  });
});

test("signatures that an upstream cannot read are left out, once, for the turn to go on", async () => {
  const reply: Reply = (call) =>
    call.text.includes("gAAA")
      ? json(openAiError("The encrypted content gAAA could not be verified."), 400)(call)
      : json(responseAnswer())(call);
  gateway.restart(reply);
  const body = {
    ...messages.body("openai/gpt-6-astra", false),
    tools: [{ name: "get", input_schema: { type: "object" } }],
    messages: [
      { role: "user", content: "x" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "sum", signature: packSignature({ vendor: "openai", value: "gAAA" }) },
          { type: "tool_use", id: "c1", name: "get", input: {} },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "18" }] },
    ],
  };
  const { status, calls } = await gateway.send("/v1/messages", body);
  expect([status, calls.length, calls[1]!.text.includes("gAAA")]).toEqual([200, 2, false]);
  gateway.restart(json(openAiError("encrypted content is not allowed"), 400));
  const { status: refused, calls: asked } = await gateway.send(
    "/v1/messages",
    messages.body("openai/gpt-6-astra", false),
  );
  expect([refused, asked.length]).toEqual([400, 1]);
});
