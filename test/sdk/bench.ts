import { expect } from "bun:test";
import type { LLMock } from "@copilotkit/aimock";
import type { Usage } from "../../src/llm/usage.ts";
import type { RequestRecord } from "../../src/record.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";
import { startAimock, UPSTREAM_KEY } from "./vendors.ts";

/** The real gateway between official SDKs and two upstreams: aimock, and our stand-in for what it lacks. */
export interface Bench {
  readonly gateway: TestApp;
  readonly aimock: LLMock;
  readonly standIn: StandIn;
  /** The next record that nobody has taken, checked: made by the test's client key, and `expected`. */
  accounted(expected: Partial<RequestRecord>): Promise<RequestRecord>;
  /** The next record that nobody has taken. */
  settled(): Promise<RequestRecord>;
  /** A GraphQL operation as the operator; throws when it has errors. */
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Leaves what other tests recorded behind. */
  turnOver(): void;
  close(): Promise<void>;
}

export async function startBench(settings: object = {}): Promise<Bench> {
  const aimock = await startAimock();
  const standIn = startStandIn();
  const gateway = await startApp({ config: configuration(aimock.url, standIn.url, settings) });
  let taken = 0;
  const settled = () => gateway.record(++taken);
  const clientKeyId = [...gateway.app.gateway.snapshots.current.clientKeysByHash.values()][0]?.id ?? "";
  return {
    gateway,
    aimock,
    standIn,
    settled,
    async accounted(expected) {
      const record = await settled();
      const served = { status: "success", httpStatus: 200, errorClass: null, errorText: null } as const;
      expect(record).toMatchObject({ clientKeyId, ...(expected.status === undefined ? served : {}), ...expected });
      if (record.status === "success") {
        expect(record).toMatchObject({ providerId: expect.any(String), keyId: expect.any(String) });
        expect(record.attempts.at(-1)).toMatchObject({ outcome: "ok" });
      }
      return record;
    },
    async ask<Data>(query: string, variables?: object) {
      const { data, errors } = await gateway.graphql(query, variables);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data as unknown as Data;
    },
    turnOver: () => {
      taken = gateway.records.length;
    },
    async close() {
      await gateway.close();
      await standIn.stop();
      await aimock.stop();
    },
  };
}

/** Token counts, zero where nothing is said. */
export function parts(counts: Partial<Usage>): Usage {
  const nothing = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 };
  return { ...nothing, ...counts };
}

function configuration(aimock: string, standIn: string, settings: object) {
  const keys = [{ name: "key", secret: UPSTREAM_KEY }];
  return {
    providers: [
      { name: "openai", kind: "openai", baseUrl: `${aimock}/v1`, keys },
      { name: "openai-own", kind: "openai", baseUrl: `${standIn}/v1`, keys },
      { name: "azure", kind: "azure-openai", baseUrl: aimock, apiVersion: "2024-10-21", keys },
      { name: "anthropic", kind: "anthropic", baseUrl: aimock, keys },
      { name: "anthropic-own", kind: "anthropic", baseUrl: standIn, keys },
      { name: "gemini", kind: "gemini", baseUrl: aimock, keys },
      { name: "gemini-own", kind: "gemini", baseUrl: standIn, keys },
    ],
    models: [
      ...OPENAI_MODELS.map((name) => model(name, "openai")),
      model("own-gpt", "openai-own", "gpt-4.1-mini"),
      model("my-deployment", "azure"),
      model("claude-opus-4-6", "anthropic"),
      model("own-claude", "anthropic-own", "claude-opus-4-6"),
      model("gemini-2.5-pro", "gemini"),
      model("own-gemini", "gemini-own", "gemini-2.5-flash"),
    ],
    settings,
  };
}

const OPENAI_MODELS = [
  "gpt-4.1",
  "text-embedding-3-small",
  "gpt-image-2",
  "gpt-4o-mini-tts",
  "gpt-4o-transcribe",
  "omni-moderation-latest",
];

function model(name: string, provider: string, upstream = name) {
  return { name, targets: [{ provider, model: upstream }] };
}
