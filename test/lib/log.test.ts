import { describe, expect, test } from "bun:test";
import { createLogger, errorText, type LogLevel, maskSecrets } from "../../src/lib/log.ts";

function logged(level: LogLevel, format: "json" | "pretty" = "json") {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, format, write: (line) => void lines.push(line) }) };
}

describe("a log line", () => {
  test("is one JSON object", () => {
    const { lines, log } = logged("debug");
    log.info('said "hi"\nand left', { requestId: "req_1", status: 200, ok: true, none: null, missing: undefined });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toEndWith("}\n");
    expect(lines[0]!.trimEnd()).not.toContain("\n");
    const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
    expect(Date.parse(String(time))).toBeWithin(Date.now() - 5000, Date.now() + 1);
    expect(rest).toEqual({
      level: "info",
      message: 'said "hi"\nand left',
      requestId: "req_1",
      status: 200,
      ok: true,
      none: null,
    });
  });

  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("is written from level %s on", (level, expected) => {
    const { lines, log } = logged(level);
    for (const each of ["debug", "info", "warn", "error"] as const) log[each]("x");
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual([...expected]);
  });

  test("can be written for people", () => {
    const { lines, log } = logged("info", "pretty");
    log.warn("job failed", { job: "expire logs", tries: 3, gone: undefined });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}job failed job="expire logs" tries=3\n$/);
  });
});

describe("what others wrote", () => {
  test.each([
    ["Incorrect API key provided: sk-proj-abcdef0123456789.", "Incorrect API key provided: sk-…"],
    ["Authorization: Bearer abcdefghijkl", "Authorization: Bea…"],
    ["key=AIzaSyA-1234567890abcdef", "key=AIz…"],
    ["sk-short", "sk-short"],
    ["a task-force of eight", "a task-force of eight"],
  ])("loses what looks like a key: %s", (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  test("as an error becomes one short line without its stack", () => {
    const error = new TypeError(`first\r\nsecond sk-abcdefghijklmnop ${"x".repeat(1000)}`);
    expect(errorText(error)).toStartWith("TypeError: first second sk-… xxx");
    expect(errorText(error)).toHaveLength(300);
    expect(errorText("thrown text")).toBe("thrown text");
    expect(errorText(undefined)).toBe("undefined");
  });
});
