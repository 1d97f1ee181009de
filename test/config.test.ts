import { describe, expect, test } from "bun:test";
import { type Config, ConfigError, readConfig } from "../src/config.ts";

const KEY = Buffer.alloc(32, 5).toString("base64");
const read = (
  env: Record<string, string | undefined> = {},
  flags: readonly string[] = [],
  files: Record<string, string> = {},
) =>
  readConfig(env, flags, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error("ENOENT /secret/path");
    return text;
  });

describe("without a word from the operator", () => {
  test("the gateway listens on loopback and keeps its data beside it", () => {
    expect(read()).toMatchObject({
      port: 8000,
      host: "127.0.0.1",
      dataDir: "./data",
      configFile: null,
      adminToken: null,
      masterKey: null,
      logLevel: "info",
      logFormat: "json",
      basePath: "",
      allowAnonymous: null,
      quickStart: null,
      environmentProxies: [],
    });
  });

  test("empty variables count as absent", () => {
    expect(read({ PORT: "", HOST: "", ADMIN_TOKEN: "", OPENAI_API_KEY: "", BASE_PATH: "" })).toMatchObject({
      port: 8000,
      host: "127.0.0.1",
      adminToken: null,
      quickStart: null,
    });
  });
});

describe("the environment", () => {
  const given: [env: Record<string, string>, expected: Partial<Config>][] = [
    [{ PORT: "0" }, { port: 0 }],
    [
      { PORT: "65535", HOST: "0.0.0.0" },
      { port: 65535, host: "0.0.0.0" },
    ],
    [
      { DATA_DIR: "/var/lib/sluice", CONFIG_FILE: "/etc/sluice.json" },
      { dataDir: "/var/lib/sluice", configFile: "/etc/sluice.json" },
    ],
    [
      { LOG_LEVEL: "debug", LOG_FORMAT: "pretty" },
      { logLevel: "debug", logFormat: "pretty" },
    ],
    [{ BASE_PATH: "/" }, { basePath: "" }],
    [{ BASE_PATH: "/sluice" }, { basePath: "/sluice" }],
    [{ BASE_PATH: "/a/b-c.d/" }, { basePath: "/a/b-c.d" }],
    [{ ALLOW_ANONYMOUS_ACCESS: "true" }, { allowAnonymous: true }],
    [{ ALLOW_ANONYMOUS_ACCESS: "1" }, { allowAnonymous: true }],
    [{ ALLOW_ANONYMOUS_ACCESS: "yes" }, { allowAnonymous: true }],
    [{ ALLOW_ANONYMOUS_ACCESS: "no" }, { allowAnonymous: false }],
    [{ HTTPS_PROXY: "http://p", http_proxy: "http://q" }, { environmentProxies: ["HTTPS_PROXY", "http_proxy"] }],
  ];
  test.each(given)("%j is read", (env, expected) => {
    expect(read(env)).toMatchObject(expected);
  });

  const wrong: [env: Record<string, string>, variable: string][] = [
    [{ PORT: "abc" }, "PORT"],
    [{ PORT: "-1" }, "PORT"],
    [{ PORT: "65536" }, "PORT"],
    [{ PORT: "80.5" }, "PORT"],
    [{ ADMIN_TOKEN: "short" }, "ADMIN_TOKEN"],
    [{ LOG_LEVEL: "verbose" }, "LOG_LEVEL"],
    [{ LOG_FORMAT: "xml" }, "LOG_FORMAT"],
    [{ BASE_PATH: "sluice" }, "BASE_PATH"],
    [{ BASE_PATH: "/a b" }, "BASE_PATH"],
    [{ BASE_PATH: "//evil.example" }, "BASE_PATH"],
    [{ BASE_PATH: "/a?b" }, "BASE_PATH"],
    [{ ALLOW_ANONYMOUS_ACCESS: "maybe" }, "ALLOW_ANONYMOUS_ACCESS"],
    [{ ALLOW_PRIVATE_UPSTREAMS: "intranet" }, "ALLOW_PRIVATE_UPSTREAMS"],
    [{ ALLOW_PRIVATE_UPSTREAMS: "10.0.0.0/99" }, "ALLOW_PRIVATE_UPSTREAMS"],
    [{ MASTER_KEY: "c2hvcnQ=" }, "MASTER_KEY"],
    [{ MASTER_KEY: "!".repeat(44) }, "MASTER_KEY"],
    [{ MASTER_KEY_FILE: "/none" }, "MASTER_KEY_FILE"],
    [{ DATABASE_URL: "postgres://x" }, "DATABASE_URL"],
    [{ REDIS_URL: "redis://x" }, "REDIS_URL"],
  ];
  test.each(wrong)("%j is refused, and the variable is named", (env, variable) => {
    expect(() => read(env)).toThrow(ConfigError);
    expect(() => read(env)).toThrow(new RegExp(`^${variable}: `));
  });

  test("a refused secret is not repeated", () => {
    for (const env of [{ ADMIN_TOKEN: "topsec" }, { MASTER_KEY: "dG9wc2VjcmV0" }]) {
      expect(() => read(env)).not.toThrow(Object.values(env)[0]!);
    }
  });
});

describe("flags", () => {
  test.each([[["--port", "9000"]], [["--port=9000"]]])("%p win over the environment", (flags) => {
    expect(read({ PORT: "1" }, flags).port).toBe(9000);
  });

  test("name every variable in their own spelling; --config is short for the file", () => {
    const config = read({}, [
      "--data-dir",
      "/d",
      "--config=/c.json",
      "--log-level",
      "warn",
      "--base-path",
      "/x",
      "--admin-token=12345678",
    ]);
    expect(config).toMatchObject({ dataDir: "/d", configFile: "/c.json", logLevel: "warn", basePath: "/x" });
    expect(config.adminToken?.reveal()).toBe("12345678");
    expect(read({}, ["--config-file", "/c.json"]).configFile).toBe("/c.json");
  });

  test.each([
    [["--nothing", "x"], "--nothing: there is no such flag"],
    [["--constructor=1"], "--constructor=1: there is no such flag"],
    [["serve"], "serve: there is no such flag"],
    [["-p", "1"], "-p: there is no such flag"],
    [["--PORT=1"], "--PORT=1: there is no such flag"],
    [["--port"], "--port: needs a value"],
    [["--port=x"], "PORT: "],
  ])("%p are refused by name", (flags, message) => {
    expect(() => read({}, flags)).toThrow(message);
  });
});

describe("the master key", () => {
  test("is 32 bytes from the variable or a file, the variable first", () => {
    expect(read({ MASTER_KEY: KEY }).masterKey).toEqual(Buffer.alloc(32, 5));
    expect(read({ MASTER_KEY_FILE: "/k" }, [], { "/k": `${KEY}\n` }).masterKey).toEqual(Buffer.alloc(32, 5));
    expect(read({ MASTER_KEY: KEY, MASTER_KEY_FILE: "/none" }).masterKey).toEqual(Buffer.alloc(32, 5));
  });

  test("in a file that cannot be read or holds something else is told without its path or text", () => {
    expect(() => read({ MASTER_KEY_FILE: "/none" })).toThrow("MASTER_KEY_FILE: the file cannot be read");
    expect(() => read({ MASTER_KEY_FILE: "/k" }, [], { "/k": "x" })).toThrow("MASTER_KEY_FILE: must be 32 bytes");
  });
});

describe("private upstreams", () => {
  test("on loopback are allowed to a gateway that itself listens there, and to no other", () => {
    for (const HOST of ["127.0.0.1", "localhost", "::1"]) {
      expect(read({ HOST }).allowPrivate.map(({ cidr }) => cidr)).toEqual(["127.0.0.0/8", "::1/128"]);
    }
    expect(read({ HOST: "0.0.0.0" }).allowPrivate).toEqual([]);
  });

  test("that the operator names replace that", () => {
    expect(read({ ALLOW_PRIVATE_UPSTREAMS: "10.0.0.0/8:443" }).allowPrivate).toEqual([
      { cidr: "10.0.0.0/8", port: 443 },
    ]);
  });
});

describe("the quick start", () => {
  const starts: [env: Record<string, string>, expected: object][] = [
    [{ OPENAI_API_KEY: "a" }, { kind: "openai", baseUrl: null, actualName: null }],
    [{ ANTHROPIC_API_KEY: "a" }, { kind: "anthropic" }],
    [{ GEMINI_API_KEY: "a" }, { kind: "gemini" }],
    [{ API_KEY: "a", OPENAI_API_KEY: "b" }, { kind: "openai" }],
    [
      { TYPE: "openai-compatible", API_KEY: "a", BASE_URL: "http://x/v1", ACTUAL_NAME: "m" },
      { kind: "openai-compatible", baseUrl: "http://x/v1", actualName: "m" },
    ],
  ];
  test.each(starts)("%j", (env, expected) => {
    const { quickStart } = read(env);
    expect(quickStart).toMatchObject(expected);
    expect(quickStart!.secret.reveal()).toBe("a");
    expect(JSON.stringify(quickStart)).not.toContain('"a"');
  });

  test("needs a key", () => {
    expect(read({ TYPE: "openai", BASE_URL: "http://x" }).quickStart).toBeNull();
  });
});
