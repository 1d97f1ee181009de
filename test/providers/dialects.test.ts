import { describe, expect, test } from "bun:test";
import { Secret } from "../../src/lib/secret.ts";
import { endpoints } from "../../src/llm/endpoints.ts";
import { ENDPOINTS, type EndpointId, PROVIDER_KINDS, type ProviderKind } from "../../src/llm/names.ts";
import { dialects } from "../../src/providers/index.ts";

const url = (
  kind: ProviderKind,
  endpoint: EndpointId,
  {
    model = "m",
    resourceId = null as string | null,
    query = "",
    apiVersion = null as string | null,
    geminiVersion = "v1beta" as const,
  } = {},
) =>
  dialects[kind].url(
    { kind, baseUrl: "https://up.example/p", apiVersion },
    { endpoint, model, resourceId, geminiVersion, query },
  );

const urls: [ProviderKind, EndpointId, Parameters<typeof url>[2], string][] = [
  ["openai", "chat.completions", {}, "/chat/completions"],
  ["openai", "images.generations", { query: "?a=1" }, "/images/generations?a=1"],
  ["openai", "audio.transcriptions", {}, "/audio/transcriptions"],
  ["openai", "responses", {}, "/responses"],
  ["openai", "responses.get", { resourceId: "resp_1", query: "?stream=true" }, "/responses/resp_1?stream=true"],
  ["openai", "responses.cancel", { resourceId: "resp_1" }, "/responses/resp_1/cancel"],
  ["openai", "responses.input_items", { resourceId: "resp_1" }, "/responses/resp_1/input_items"],
  ["openai-compatible", "chat.completions", {}, "/chat/completions"],
  ["azure-openai", "chat.completions", {}, "/openai/v1/chat/completions"],
  [
    "azure-openai",
    "chat.completions",
    { apiVersion: "v 1", model: "a/b c" },
    "/openai/deployments/a%2Fb%20c/chat/completions?api-version=v%201",
  ],
  [
    "azure-openai",
    "audio.speech",
    { apiVersion: "x", query: "?a=1" },
    "/openai/deployments/m/audio/speech?a=1&api-version=x",
  ],
  ["azure-openai", "responses", { apiVersion: "x" }, "/openai/responses?api-version=x"],
  ["azure-openai", "responses.get", { apiVersion: "x", resourceId: "r" }, "/openai/responses/r?api-version=x"],
  ["azure-openai", "responses.get", { resourceId: "r" }, "/openai/v1/responses/r"],
  ["anthropic", "messages", { query: "?beta=true" }, "/v1/messages?beta=true"],
  ["anthropic", "messages.count_tokens", {}, "/v1/messages/count_tokens"],
  ["gemini", "gemini.generateContent", {}, "/v1beta/models/m:generateContent"],
  [
    "gemini",
    "gemini.generateContent",
    { model: "tuned/a b", query: "?x=1" },
    "/v1beta/models/tuned/a%20b:generateContent?x=1",
  ],
  ["gemini", "gemini.streamGenerateContent", {}, "/v1beta/models/m:streamGenerateContent?alt=sse"],
  ["gemini", "gemini.streamGenerateContent", { query: "?alt=sse" }, "/v1beta/models/m:streamGenerateContent?alt=sse"],
  [
    "gemini",
    "gemini.streamGenerateContent",
    { query: "?alt=json&x=1" },
    "/v1beta/models/m:streamGenerateContent?x=1&alt=sse",
  ],
  [
    "gemini",
    "gemini.streamGenerateContent",
    { query: "?x=1&alt=proto" },
    "/v1beta/models/m:streamGenerateContent?x=1&alt=sse",
  ],
  [
    "gemini",
    "gemini.streamGenerateContent",
    { query: "?x=1&alt=proto&y=2" },
    "/v1beta/models/m:streamGenerateContent?x=1&y=2&alt=sse",
  ],
  ["gemini", "gemini.countTokens", {}, "/v1beta/models/m:countTokens"],
];

describe("the address of a call", () => {
  test.each(urls)("%s %s (case %#)", (kind, endpoint, options, expected) => {
    expect(url(kind, endpoint, options)).toBe(`https://up.example/p${expected}`);
  });

  test("cannot leave the provider's own prefix through a model's name", () => {
    for (const model of ["../../admin", "x?y=1", "x#y", "//evil.example/", "..%2f..", "\\..\\"]) {
      for (const [kind, endpoint] of [
        ["azure-openai", "chat.completions"],
        ["gemini", "gemini.generateContent"],
      ] as const) {
        const { origin, pathname, search, hash } = new URL(url(kind, endpoint, { model, apiVersion: "x" }));
        expect(origin).toBe("https://up.example");
        expect([model, pathname.startsWith("/p/")]).toEqual([model, true]);
        expect(search).toBe(kind === "gemini" ? "" : "?api-version=x");
        expect(hash).toBe("");
      }
    }
  });
});

describe("the credential", () => {
  const secret = new Secret("key");
  test.each([
    ["openai", null, { authorization: "Bearer key" }],
    ["openai-compatible", null, { authorization: "Bearer key" }],
    ["azure-openai", null, { "api-key": "key" }],
    ["gemini", null, { "x-goog-api-key": "key" }],
    ["coze", null, { authorization: "Bearer key" }],
    ["anthropic", null, { "x-api-key": "key" }],
    ["anthropic", "2023-06-01", { "x-api-key": "key" }],
    ["anthropic", "2026-10-20", { "x-api-key": "key" }],
    ["anthropic", "2026-10-21", { authorization: "Bearer key" }],
    ["anthropic", "2027-01-01", { authorization: "Bearer key" }],
  ] as const)("of %s with version %p stands where the vendor looks", (kind, version, expected) => {
    const headers = new Headers(version === null ? {} : { "anthropic-version": version });
    expect(dialects[kind].auth(secret, headers) as object).toEqual(expected);
  });
});

describe("every kind of provider", () => {
  test.each(PROVIDER_KINDS)("%s speaks only endpoints that exist, and forwards no credential", (kind) => {
    const dialect = dialects[kind];
    for (const endpoint of dialect.native) expect(ENDPOINTS).toContain(endpoint);
    for (const name of dialect.forwarded) {
      expect(name).toBe(name.toLowerCase());
      expect(name).not.toMatch(/auth|cookie|api-key|host|forwarded|organization|project$/);
    }
    if (dialect.defaultBaseUrl !== null) {
      expect(dialect.defaultBaseUrl).toStartWith("https://");
      expect(dialect.defaultBaseUrl).not.toEndWith("/");
    }
  });

  test("together they serve every endpoint but those that are Sluice's own", () => {
    const spoken = new Set(PROVIDER_KINDS.flatMap((kind) => [...dialects[kind].native]));
    const own = (id: string) => id.startsWith("files.");
    expect([...spoken].sort()).toEqual(
      Object.keys(endpoints)
        .filter((id) => !own(id))
        .sort() as EndpointId[],
    );
  });

  test("openai-compatible never gets /responses: such vendors have no such thing", () => {
    expect([...dialects["openai-compatible"].native].filter((id) => id.startsWith("responses"))).toEqual([]);
  });
});
