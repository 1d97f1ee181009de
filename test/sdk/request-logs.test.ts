import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, parts, startBench } from "./bench.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const LOGS = `query {
  requestLogs(first: 10) {
    totalCount
    nodes {
      id status httpStatus endpoint format stream requestedModel servedModel usageSource cost userAgent attemptCount
      clientKey { name }
      provider { name }
      providerKey { name }
      usage { inputTokens cacheReadTokens cacheWriteTokens outputTokens reasoningTokens }
      errorClass errorMessage
    }
  }
}`;

interface Logs {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
}

/** Rows are written in batches, a tenth of a second late, and a page and its count are two reads: asks until both have all. */
async function readLogs(count: number): Promise<Logs> {
  for (;;) {
    const { requestLogs } = await bench.ask<{ requestLogs: Logs }>(LOGS);
    if (Math.min(requestLogs.totalCount, requestLogs.nodes.length) >= count) return requestLogs;
    await Bun.sleep(10);
  }
}

describe("what the SDKs did", () => {
  test("stands in requestLogs as it stood in the records, newest first", async () => {
    const { url } = bench.gateway;
    const messages = [{ role: "user" as const, content: "hello" }];
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: CLIENT_KEY });
    const anthropic = new Anthropic({ baseURL: url, apiKey: CLIENT_KEY });
    const gemini = new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: url, apiVersion: "v1beta" } });
    await openai.chat.completions.create({ model: "gpt-4.1", messages });
    await openai.responses.stream({ model: "gpt-4.1", input: "hello" }).finalResponse();
    await anthropic.messages.create({ model: "claude-opus-4-6", max_tokens: 10, messages });
    await gemini.models.generateContent({ model: "gemini-2.5-pro", contents: "hello" });
    await openai.chat.completions.create({ model: "gpt-nobody", messages }).catch(() => {});
    await bench.gateway.record(5);

    const served = {
      status: "SUCCESS",
      httpStatus: 200,
      usageSource: "REPORTED",
      attemptCount: 1,
      clientKey: { name: "test" },
      providerKey: { name: "key" },
      usage: parts({ inputTokens: 21, outputTokens: 9 }),
      errorClass: null,
    };
    const requestLogs = await readLogs(5);
    expect(requestLogs.totalCount).toBe(5);
    expect(requestLogs.nodes.map(({ id }) => id)).toEqual(bench.gateway.records.map(({ id }) => id).reverse());
    expect(requestLogs.nodes).toMatchObject([
      { status: "ERROR", httpStatus: 404, errorClass: "NOT_FOUND", provider: null, usage: null, attemptCount: 0 },
      { ...served, endpoint: "gemini.generateContent", provider: { name: "gemini" } },
      { ...served, endpoint: "messages", provider: { name: "anthropic" }, cost: "0.00033" },
      { ...served, endpoint: "responses", provider: { name: "openai" }, stream: true },
      { ...served, endpoint: "chat.completions", provider: { name: "openai" }, cost: "0.000114" },
    ]);
  });
});
