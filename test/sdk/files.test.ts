import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { type Gateway, startGateway } from "../gateway/fixture.ts";
import { CLIENT_KEY } from "../support/app.ts";

const OTHER_KEY = "sk-other-client-0123456789";
const CONTENT = crypto.getRandomValues(new Uint8Array(200_000));

let gateway: Gateway;
let openai: OpenAI;
let anthropic: Anthropic;
beforeAll(async () => {
  gateway = await startGateway({
    providers: () => [],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "other", secret: OTHER_KEY },
    ],
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: CLIENT_KEY, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: CLIENT_KEY, maxRetries: 0 });
});
afterAll(() => gateway.close());

const failure = (work: PromiseLike<unknown>) => Promise.resolve(work).then(null, (error: unknown) => error);

describe("OpenAI's client", () => {
  test("uploads, reads, lists, downloads and deletes a file", async () => {
    const file = await openai.files.create({
      file: await toFile(CONTENT, "Grüße.pdf", { type: "application/pdf" }),
      purpose: "user_data",
      expires_after: { anchor: "created_at", seconds: 3600 },
    });
    expect(file).toMatchObject({ object: "file", bytes: 200_000, filename: "Grüße.pdf", purpose: "user_data" });
    expect(file.id).toMatch(/^fil_/);
    expect(file.expires_at! - file.created_at).toBeWithin(3599, 3602);
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    expect(await openai.files.waitForProcessing(file.id)).toEqual(file);
    const content = await openai.files.content(file.id);
    expect(content.headers.get("content-disposition")).toContain("filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf");
    expect(Buffer.from(await content.arrayBuffer()).equals(CONTENT)).toBe(true);
    expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
    expect(await failure(openai.files.retrieve(file.id))).toBeInstanceOf(OpenAI.NotFoundError);
    expect(await failure(openai.files.content(file.id))).toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("pages through its list, by purpose and in both orders", async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index++) {
      const purpose = index % 2 === 0 ? "batch" : "vision";
      made.push((await openai.files.create({ file: await toFile(Buffer.from("x"), `${index}.jsonl`), purpose })).id);
    }
    const all: string[] = [];
    for await (const { id } of openai.files.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(made.toReversed());
    const some: string[] = [];
    for await (const { id } of openai.files.list({ limit: 1, order: "asc", purpose: "vision" })) some.push(id);
    expect(some).toEqual([made[1]!, made[3]!]);
    for (const id of made) await openai.files.delete(id);
  });

  test("sees nothing of another client's", async () => {
    const other = openai.withOptions({ apiKey: OTHER_KEY });
    const { id } = await openai.files.create({
      file: await toFile(Buffer.from("mine"), "a.txt"),
      purpose: "user_data",
    });
    for (const work of [other.files.retrieve(id), other.files.content(id), other.files.delete(id)]) {
      expect(await failure(work)).toMatchObject({ status: 404, param: "id" });
    }
    expect((await other.files.list()).data).toEqual([]);
    expect((await openai.files.retrieve(id)).id).toBe(id);
    await openai.files.delete(id);
  });

  test("at Azure's paths", async () => {
    const azure = new AzureOpenAI({
      endpoint: gateway.url,
      apiKey: CLIENT_KEY,
      apiVersion: "2025-04-01-preview",
      maxRetries: 0,
    });
    const { id } = await azure.files.create({ file: await toFile(Buffer.from("mine"), "a.txt"), purpose: "user_data" });
    expect((await azure.files.retrieve(id)).bytes).toBe(4);
    await azure.files.delete(id);
  });

  test("is told what is wrong with its form", async () => {
    const wrong = { file: await toFile(Buffer.from("x"), "a.txt"), purpose: "gossip" as "batch" };
    expect(await failure(openai.files.create(wrong))).toMatchObject({ status: 400, param: "purpose" });
    const short = { anchor: "created_at" as const, seconds: 10 };
    expect(await failure(openai.files.create({ ...wrong, purpose: "batch", expires_after: short }))).toMatchObject({
      status: 400,
      param: "expires_after[seconds]",
    });
    expect(await failure(openai.files.list({ limit: 0 }))).toMatchObject({ status: 400, param: "limit" });
    expect((await openai.files.list()).data).toEqual([]);
  });
});

describe("Anthropic's client", () => {
  test("uploads, reads, lists, downloads and deletes a file", async () => {
    const { files } = anthropic.beta;
    const file = await files.upload({ file: await toFile(CONTENT, "a.pdf", { type: "application/pdf" }) });
    expect(file).toMatchObject({ type: "file", filename: "a.pdf", mime_type: "application/pdf", size_bytes: 200_000 });
    expect(await files.retrieveMetadata(file.id)).toEqual(file);
    expect(Date.now() - Date.parse(file.created_at)).toBeLessThan(10_000);
    const download = await files.download(file.id);
    expect(Buffer.from(await download.arrayBuffer()).equals(CONTENT)).toBe(true);
    const more = [file.id];
    for (let index = 0; index < 2; index++)
      more.push((await files.upload({ file: await toFile(Buffer.from("x"), "b") })).id);
    const all: string[] = [];
    for await (const { id } of files.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(more.toReversed());
    expect((await files.list({ ids: [more[1]!] })).data.map(({ id }) => id)).toEqual([more[1]!]);
    for (const id of more) expect(await files.delete(id)).toMatchObject({ id, type: "file_deleted" });
    const gone = await failure(files.retrieveMetadata(file.id));
    expect(gone).toBeInstanceOf(Anthropic.NotFoundError);
    expect(gone).toMatchObject({ error: { type: "error", error: { type: "not_found_error" } } });
  });
});

test("each is one request in the log, of the client's format, and costs nothing", async () => {
  const before = gateway.records.length;
  const { id } = await openai.files.create({ file: await toFile(CONTENT, "a.bin"), purpose: "user_data" });
  await (await anthropic.beta.files.download(id)).arrayBuffer();
  await openai.files.delete(id);
  await failure(openai.files.retrieve(id));
  await gateway.app.gateway.inFlight.whenIdle();
  const records = gateway.records.slice(before);
  expect(records.map(({ endpoint, protocol, status, httpStatus }) => [endpoint, protocol, status, httpStatus])).toEqual(
    [
      ["files.create", "openai-chat", "success", 200],
      ["files.content", "anthropic-messages", "success", 200],
      ["files.delete", "openai-chat", "success", 200],
      ["files.get", "openai-chat", "error", 404],
    ],
  );
  for (const { costNanoUsd, attempts, clientKeyId } of records) {
    expect({ costNanoUsd, attempts, isKnown: clientKeyId !== null }).toEqual({
      costNanoUsd: 0,
      attempts: [],
      isKnown: true,
    });
  }
  expect(records[0]!.requestBytes).toBeGreaterThan(200_000);
  expect(records[1]!.responseBytes).toBe(200_000);
});
