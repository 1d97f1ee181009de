import { describe, expect, test } from "bun:test";
import { ConfigError } from "../src/config.ts";
import { configFileJsonSchema, parseConfigFile } from "../src/config-file.ts";

const parse = (document: unknown) =>
  parseConfigFile(typeof document === "string" ? document : JSON.stringify(document), "c.json");
const provider = (change: object = {}) => ({ providers: [{ name: "p", kind: "openai", ...change }] });
const model = (change: object = {}) => ({
  models: [{ name: "m", targets: [{ provider: "p", model: "x" }], ...change }],
});

describe("a configuration file", () => {
  test("may be empty; what it leaves out gets its default", () => {
    expect(parse({})).toEqual({ providers: [], models: [], clientKeys: [], settings: {} });
    const { providers, models } = parse({ ...provider({ keys: [{ secret: "s" }] }), ...model() });
    expect(providers[0]).toMatchObject({
      strategy: "round_robin",
      enabled: true,
      keys: [{ weight: 1, priority: 0, enabled: true }],
    });
    expect(models[0]).toMatchObject({
      aliases: [],
      enabled: true,
      targets: [{ priority: 0, weight: 1, enabled: true }],
    });
  });

  test("of the start-up contract is read whole", () => {
    const document = {
      $schema: "./schema.json",
      providers: [
        {
          name: "openai-main",
          kind: "openai",
          baseUrl: "http://127.0.0.1:9/v1",
          apiVersion: "2024-10-21",
          botId: "7",
          strategy: "weighted",
          keys: [
            {
              name: "k1",
              secret: "sk",
              weight: 2,
              priority: 1,
              enabled: false,
              userAgent: "a",
              proxyUrl: "http://p:1",
              memo: "m",
            },
          ],
        },
      ],
      models: [
        {
          name: "gpt-4.1",
          aliases: ["latest"],
          targets: [{ provider: "openai-main", model: "gpt-4.1", priority: 0, weight: 1 }],
        },
      ],
      clientKeys: [{ name: "test", secret: "sk-12345678" }, { name: "made" }],
      settings: { maxAttempts: 3, requestTimeoutMs: 600_000, streamIdleTimeoutMs: 120_000 },
    };
    expect(parse(document)).toMatchObject({ ...document } as never);
  });

  test("sets only the settings that it names", () => {
    expect(parse({ settings: { maxAttempts: 10 } }).settings).toEqual({ maxAttempts: 10 });
    expect(parse({ settings: { allowAnonymous: false } }).settings).toEqual({ allowAnonymous: false });
  });

  const wrong: [document: unknown, path: string][] = [
    ["{", "is not valid JSON"],
    ["", "is not valid JSON"],
    [[], "(root)"],
    [null, "(root)"],
    [{ provider: [] }, "(root)"],
    [provider({ kind: "bedrock" }), "providers[0].kind"],
    [provider({ quirks: ["shy"] }), "providers[0].quirks[0]"],
    [provider({ preset: "" }), "providers[0].preset"],
    [provider({ name: "" }), "providers[0].name"],
    [provider({ name: "a/b" }), "providers[0].name"],
    [provider({ name: "a\u0000" }), "providers[0].name"],
    [provider({ name: "x".repeat(201) }), "providers[0].name"],
    [provider({ baseUrl: "ftp://x" }), "providers[0].baseUrl"],
    [provider({ baseUrl: "x" }), "providers[0].baseUrl"],
    [provider({ strategy: "random" }), "providers[0].strategy"],
    [provider({ secret: "sk" }), "providers[0]"],
    [provider({ keys: [{ secret: "" }] }), "providers[0].keys[0].secret"],
    [provider({ keys: [{ secret: "s" }, { secret: "s", weight: 0 }] }), "providers[0].keys[1].weight"],
    [provider({ keys: [{ secret: "s", priority: -1 }] }), "providers[0].keys[0].priority"],
    [provider({ keys: [{ secret: "s", proxyUrl: "socks5://x" }] }), "providers[0].keys[0].proxyUrl"],
    [provider({ keys: [{ secret: "s", key: 1 }] }), "providers[0].keys[0]"],
    [model({ targets: {} }), "models[0].targets"],
    [model({ targets: [{ provider: "p" }] }), "models[0].targets[0].model"],
    [
      model({ targets: [{ provider: "p", model: "m", traits: { thinking: "hard" } }] }),
      "models[0].targets[0].traits.thinking",
    ],
    [model({ targets: [{ provider: "p", model: "m", traits: { talks: true } }] }), "models[0].targets[0].traits"],
    [model({ price: { input: -1, output: 1 } }), "models[0].price.input"],
    [model({ price: { input: 1 } }), "models[0].price.output"],
    [model({ aliases: [""] }), "models[0].aliases[0]"],
    [{ clientKeys: [{ name: "c", secret: "short" }] }, "clientKeys[0].secret"],
    [{ clientKeys: [{ name: "c", strictParameters: "yes" }] }, "clientKeys[0].strictParameters"],
    [{ clientKeys: [{ name: "c", expiresAt: "tomorrow" }] }, "clientKeys[0].expiresAt"],
    [{ settings: { maxAttempts: 11 } }, "settings.maxAttempts"],
    [{ settings: { maxAttempts: 0 } }, "settings.maxAttempts"],
    [{ settings: { requestTimeoutMs: "600" } }, "settings.requestTimeoutMs"],
    [{ settings: { pingIntervalMs: 1 } }, "settings.pingIntervalMs"],
    [{ settings: { nothing: 1 } }, "settings"],
  ];
  test.each(wrong)("is refused, and the place is named (case %#)", (document, path) => {
    expect(() => parse(document)).toThrow(ConfigError);
    expect(() => parse(document)).toThrow(`c.json: ${path}`);
  });

  test("with a secret in the wrong place does not repeat it", () => {
    expect(() => parse({ clientKeys: [{ name: "c", secret: "topsec" }] })).not.toThrow("topsec");
  });

  test("has a JSON Schema that names its parts and allows no others", () => {
    const schema = configFileJsonSchema() as { properties: Record<string, unknown>; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toEqual([
      "$schema",
      "providers",
      "models",
      "clientKeys",
      "settings",
      "alertChannels",
      "alertRules",
    ]);
    expect(schema.additionalProperties).toBe(false);
    expect(JSON.stringify(schema)).toContain('"maxAttempts"');
  });
});
