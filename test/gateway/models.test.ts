import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CLIENT_KEY } from "../support/app.ts";
import { expectUntouched, type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-up-1"]),
      { ...provider("anthropic", vendor.origin, []), enabled: false },
    ],
    models: [
      { name: "zeta", aliases: ["llama3:latest"], targets: [{ provider: "openai", model: "z" }] },
      { name: "claude/opus 5", targets: [{ provider: "openai", model: "c" }] },
      { name: "hidden", enabled: false, targets: [{ provider: "openai", model: "h" }] },
      { name: "unserved", targets: [{ provider: "anthropic", model: "u" }] },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "narrow", secret: "sk-client-narrow-0123456", allowedModels: ["claude*"] },
    ],
  });
});
afterAll(() => gateway.close());

const NAMES = ["claude/opus 5", "llama3:latest", "zeta"];
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(`${gateway.url}${path}`, { method, headers: { authorization: `Bearer ${CLIENT_KEY}`, ...headers } });

describe("the list of models", () => {
  test("is OpenAI's by default", async () => {
    await expectUntouched(gateway, 0, async () => {
      const list = (await (await get("/v1/models")).json()) as { object: string; data: { id: string }[] };
      expect(list.object).toBe("list");
      expect(list.data.map(({ id }) => id)).toEqual(NAMES);
      expect(list.data[0]).toEqual({
        id: "claude/opus 5",
        object: "model",
        created: expect.any(Number),
        owned_by: "openai",
      } as never);
    });
  });

  test("is Anthropic's for clients that name its version", async () => {
    const list = await (await get("/v1/models?limit=1000", { "anthropic-version": "2026-10-21" })).json();
    expect(list).toMatchObject({
      data: NAMES.map((id) => ({ type: "model", id, display_name: id, created_at: expect.stringMatching(/Z$/) })),
      has_more: false,
      first_id: NAMES[0]!,
      last_id: NAMES[2]!,
    });
  });

  test.each([
    ["/v1/models", { "x-goog-api-key": CLIENT_KEY }],
    ["/v1beta/models", { "x-goog-api-key": CLIENT_KEY }],
    [`/v1beta/models?key=${CLIENT_KEY}`, { authorization: "" }],
  ])("is Gemini's on %s", async (path, headers) => {
    const list = (await (await get(path, headers)).json()) as { models: { name: string }[] };
    expect(list.models.map(({ name }) => name)).toEqual(NAMES.map((name) => `models/${name}`));
  });

  test("names only what this key may use", async () => {
    const list = (await (await get("/v1/models", { authorization: "Bearer sk-client-narrow-0123456" })).json()) as {
      data: { id: string }[];
    };
    expect(list.data.map(({ id }) => id)).toEqual(["claude/opus 5"]);
  });

  test("is also under Azure's paths, and answers HEAD", async () => {
    expect((await get("/openai/v1/models")).status).toBe(200);
    expect((await get("/openai/models?api-version=x")).status).toBe(200);
    const head = await get("/v1/models", {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

describe("one model", () => {
  test.each([
    ["/v1/models/zeta", "zeta"],
    ["/v1/models/claude/opus%205", "claude/opus 5"],
    ["/v1/models/claude%2Fopus%205", "claude/opus 5"],
    ["/v1/models/llama3:latest", "llama3:latest"],
    ["/v1/models/llama3%3Alatest", "llama3:latest"],
  ])("%s is found", async (path, id) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, object: "model" });
  });

  test("is shown in Gemini's form under /v1beta", async () => {
    expect(await (await get("/v1beta/models/zeta")).json()).toMatchObject({ name: "models/zeta" });
  });

  test.each([
    ["/v1/models/none", {}, { error: { code: "model_not_found", type: "not_found_error" } }],
    ["/v1/models/hidden", {}, { error: { code: "model_not_found" } }],
    ["/v1/models/zeta", { authorization: "Bearer sk-client-narrow-0123456" }, { error: { code: "model_not_found" } }],
    ["/v1/models/none", { "anthropic-version": "2023-06-01" }, { type: "error", error: { type: "not_found_error" } }],
    ["/v1beta/models/none", {}, { error: { code: 404, status: "NOT_FOUND" } }],
  ])(
    "%s is a 404 in the caller's format (case %#)",
    async (path, headers: Record<string, string>, expected: object) => {
      const response = await get(path, headers);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject(expected);
    },
  );

  test("cannot be deleted", async () => {
    const response = await get("/v1/models/zeta", {}, "DELETE");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
  });
});
