import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { ProviderKind, Wire } from "../../../src/llm/names.ts";
import { CLIENT_KEY, startApp, type TestApp } from "../../support/app.ts";
import { expectedOf } from "../../support/streams/expected.ts";
import type { Ask, Gap, Library, Mode, Reply } from "./library.ts";
import { PICTURE, PICTURE_URL, RESULTS, SCENES, type Scene, SIGNATURE } from "./scenes.ts";
import { TROUBLE_TEXT, type Trouble, type Upstreams } from "./upstreams.ts";

export interface Target {
  readonly name: string;
  readonly kind: ProviderKind;
  /** What stands behind the vendor's origin in its base URL. */
  readonly base: string;
  readonly model: string;
  readonly apiVersion?: string;
  /** What requests with tools are made in, where that is another format than without. */
  readonly bridge?: Wire;
}

/** Every kind of upstream; gpt-6 is the bridge from chat completions to Responses. A new kind is a row. */
export const TARGETS: readonly Target[] = [
  { name: "openai", kind: "openai", base: "/v1", model: "gpt-4.1" },
  { name: "openai, gpt-6", kind: "openai", base: "/v1", model: "gpt-6-astra", bridge: "openai-responses" },
  { name: "azure-openai", kind: "azure-openai", base: "", model: "gpt-4.1" },
  { name: "anthropic", kind: "anthropic", base: "", model: "claude-opus-5-5" },
  { name: "gemini", kind: "gemini", base: "", model: "gemini-3.1-pro" },
  { name: "coze", kind: "coze", base: "", model: "bot9" },
  { name: "openai-compatible", kind: "openai-compatible", base: "/v1", model: "qwen-local" },
];

export const UPSTREAM_KEY = "sk-upstream-0123456789";

export interface MatrixOptions {
  readonly start: () => Upstreams | Promise<Upstreams>;
  readonly targets: readonly Target[];
  /** What these stand-ins cannot do. */
  readonly lacks?: {
    /** They end no stream in its midst. */
    readonly brokenStreams?: true;
    /** They note requests in a form of their own, which leaves pictures and schemas out. */
    readonly wholeRequests?: true;
    readonly pair?: (library: Library, target: Target) => boolean;
  };
}

/** Every library over every kind of upstream: what it asks arrives, and what is said arrives too. */
export function describeMatrix(
  libraries: readonly Library[],
  { start, targets, lacks: missing = {} }: MatrixOptions,
): void {
  let upstreams: Upstreams;
  let gateway: TestApp;

  beforeAll(async () => {
    upstreams = await start();
    const providers = targets.map(({ name, kind, base, apiVersion }) => ({
      name: slug(name),
      kind,
      baseUrl: `${upstreams.origin}${base}`,
      keys: [{ name: "key", secret: UPSTREAM_KEY }],
      ...(apiVersion === undefined ? {} : { apiVersion }),
    }));
    const models = targets.map(({ name, model }) => ({ name: slug(name), targets: [{ provider: slug(name), model }] }));
    gateway = await startApp({ config: { providers, models, settings: { maxAttempts: 1 } } });
  });
  afterAll(async () => {
    await gateway.close();
    await upstreams.stop();
  });
  beforeEach(() => {
    upstreams.trouble = null;
    const { pool, snapshots } = gateway.app.gateway;
    for (const { keys } of snapshots.current.providersById.values()) {
      for (const { id } of keys) pool.reset(id, Date.now());
    }
  });

  for (const library of libraries) {
    for (const target of targets) {
      if (missing.pair?.(library, target)) continue;
      describe(`${library.name} on ${target.name}`, () => {
        const ask = (scene: Scene, mode: Mode, more: Partial<Ask> = {}) =>
          library.ask({
            origin: gateway.url,
            key: CLIENT_KEY,
            model: slug(target.name),
            mode,
            prompt: scene.prompt,
            ...more,
          });
        /** What the upstream was asked last, after it was checked that the reply holds what it said. */
        const lastCall = (reply: Reply, mode: Mode) => {
          const { wire, body, speech, path } = upstreams.seen.at(-1)!;
          const { text, calls, reasoning } = expectedOf(library.format, speech!);
          expect({ path, text: reply.text }).toEqual({ path, text });
          expect(reply.calls.map(({ name, args }) => ({ name, args }))).toEqual(calls);
          if (reasoning !== "" && !lacks(library, "reasoning", mode, wire)) expect(reply.reasoning).toBe(reasoning);
          if (lacks(library, "usage", mode, wire)) return { wire, body, speech: speech! };
          const { usage } = speech!;
          expect(reply.usage).toEqual({
            input: usage.inputTokens + usage.cacheReadTokens,
            output: usage.outputTokens + usage.reasoningTokens,
          });
          return { wire, body, speech: speech! };
        };

        for (const mode of library.modes) {
          test(`text, ${mode}`, async () => {
            const { body } = lastCall(await ask(SCENES.hello, mode), mode);
            expect(body).toContain(SCENES.hello.prompt);
            expect(body).not.toContain(CLIENT_KEY);
          });

          test(`reasoning, ${mode}`, async () => {
            lastCall(await ask(SCENES.think, mode, { thinks: true }), mode);
          });

          for (const scene of [SCENES.tools, SCENES.agent]) {
            const thinks = scene === SCENES.agent;
            test(`parallel tools${thinks ? " after thoughts" : ""} and their results, ${mode}`, async () => {
              const options = { hasTools: true, thinks };
              const reply = await ask(scene, mode, options);
              const first = lastCall(reply, mode);
              expect(reply.calls).toHaveLength(2);
              if (target.bridge !== undefined) expect(first.wire).toBe(target.bridge);
              const isTold = first.wire !== "coze"; // Coze's tools are the bot's own
              if (isTold) expect(first.body).toContain('"get_weather"');
              const second = lastCall(await ask(scene, mode, { ...options, after: { reply, results: RESULTS } }), mode);
              for (const result of RESULTS) expect(second.body).toContain(result);
              for (const { city } of [{ city: "Rome" }, { city: "Oslo" }])
                if (isTold) expect(second.body).toContain(city);
              // What the vendor signed comes back to it, also from clients that have no place for it.
              const isSigned = first.speech.pieces.some(
                (piece) => "signature" in piece && piece.signature === SIGNATURE,
              );
              if (isSigned && !lacks(library, "signature", mode, first.wire)) expect(second.body).toContain(SIGNATURE);
            });
          }
        }

        const [mode] = library.modes;
        // Coze takes files by their address only.
        const needsAddress = target.kind === "coze";
        if (!needsAddress || !lacks(library, "a picture's address", mode!))
          test("an image", async () => {
            const image = needsAddress ? { url: PICTURE_URL } : PICTURE;
            const { body } = lastCall(await ask(SCENES.image, mode!, { image }), mode!);
            if (!missing.wholeRequests) expect(body).toContain("url" in image ? image.url : image.base64);
          });

        test("structured output", async () => {
          const asked = ask(SCENES.structured, mode!, { isStructured: true });
          if (target.kind === "coze") {
            const before = upstreams.seen.length;
            expect(statusOf(await failureOf(asked))).toBe(400); // a bot cannot be held to a format
            expect(upstreams.seen.length).toBe(before);
            return;
          }
          const reply = await asked;
          expect(JSON.parse(reply.text)).toEqual({ city: "Rome", degrees: 18 });
          const { body } = lastCall(reply, mode!);
          if (!missing.wholeRequests) expect(body).toContain('"degrees"');
        });

        const statuses: [trouble: Trouble, expected: number | "5xx"][] = [
          [{ kind: "status", status: 401 }, "5xx"],
          [{ kind: "status", status: 429, headers: { "retry-after": "7" } }, 429],
          [{ kind: "status", status: 400 }, 400],
        ];
        for (const asked of ["whole", "stream"] as const) {
          if (!library.modes.includes(asked)) continue;
          test.each(statuses)(`an upstream's refusal %j, ${asked}`, async (trouble, expected) => {
            upstreams.trouble = trouble;
            const error = await failureOf(ask(SCENES.hello, asked));
            expect(JSON.stringify(error) + String(error)).not.toContain(UPSTREAM_KEY);
            const status = statusOf(error);
            if (expected === 400) expect(String(error)).toContain(TROUBLE_TEXT);
            if (expected === "5xx") expect(status).toBeWithin(500, 600);
            else expect(status).toBe(expected);
          });
        }

        for (const kind of ["error", "cut"] as const) {
          for (const streamed of library.modes.filter((each) => missing.brokenStreams !== true && each !== "whole")) {
            if (lacks(library, "a stream's error", streamed)) continue;
            test(`${kind === "error" ? "an error" : "the end"} in the midst of an answer, ${streamed}`, async () => {
              upstreams.trouble = { kind };
              expect(await failureOf(ask(SCENES.hello, streamed))).toBeInstanceOf(Error);
            });
          }
        }
      });
    }
  }
}

function slug(name: string): string {
  return name.replace(/[^a-z0-9-]+/g, "-");
}

function lacks({ gaps = [] }: Library, what: Gap["what"], mode: Mode, wire?: Wire): boolean {
  return gaps.some((gap) => gap.what === what && (gap.mode ?? mode) === mode && (gap.wire ?? wire) === wire);
}

async function failureOf(asked: Promise<unknown>): Promise<Error> {
  try {
    await asked;
  } catch (error) {
    return error as Error;
  }
  throw new Error("the library saw nothing of it");
}

/** Every library has its own name for it. */
function statusOf(error: unknown): number | undefined {
  const { status, statusCode, cause } = error as { status?: number; statusCode?: number; cause?: unknown };
  return status ?? statusCode ?? (cause === undefined ? undefined : statusOf(cause));
}
