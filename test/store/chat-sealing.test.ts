import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Vault } from "../../src/lib/secret.ts";
import type { MessageRow } from "../../src/store/chat-types.ts";
import { openStore } from "../../src/store/open.ts";
import { cleanUp, MASTER_KEY, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

const CONVERSATION = "cnv_0199a000-0000-7000-8000-000000000001";
const MESSAGE = "msg_0199a000-0000-7000-8000-000000000001";
const SAID = {
  title: "canary title",
  systemPrompt: "canary prompt",
  text: "canary text of Ärger",
  reasoning: "canary reasoning",
  toolCalls: [{ id: "c1", name: "f", arguments: '{"canary":"call"}' }],
  toolResults: [{ callId: "c1", text: "canary result", isError: false }],
  error: { errorClass: null, message: "canary error", httpStatus: 500 },
} as const;
const BYTES = Buffer.from("canary attachment");

const row: MessageRow = {
  id: MESSAGE,
  conversationId: CONVERSATION,
  parentId: null,
  role: "assistant",
  state: "error",
  text: SAID.text,
  reasoning: SAID.reasoning,
  toolCalls: SAID.toolCalls,
  toolResults: SAID.toolResults,
  layout: [["text", 20]],
  model: "m",
  format: null,
  clientKeyId: null,
  pinnedKeyId: null,
  requestId: null,
  finishReason: null,
  error: SAID.error,
  usage: null,
  costNanoUsd: null,
  createdAt: 1,
  endedAt: 2,
};

const open = (dataDir: string) => openStore({ dataDir, vault: new Vault(MASTER_KEY) });

async function converse(dataDir: string): Promise<void> {
  const store = await open(dataDir);
  const values = { createdBy: null, title: SAID.title, pinned: false, systemPrompt: SAID.systemPrompt, params: {} };
  const picture = { name: "a", mediaType: "image/png", size: BYTES.length, fileId: null, bytes: BYTES };
  await store.chats.addMessages({ id: CONVERSATION, values }, [{ row, attachments: [picture] }]);
  await store.close();
}

/** Every byte of the data directory's databases that stands there in clear. */
function inClear(dataDir: string): string[] {
  const files = readdirSync(dataDir).filter((name) => /\.db/.test(name));
  return files.filter((name) => readFileSync(join(dataDir, name)).includes("canary"));
}

async function expectAllThere(dataDir: string): Promise<void> {
  const store = await open(dataDir);
  expect(await store.chats.conversation(CONVERSATION)).toMatchObject({
    title: SAID.title,
    systemPrompt: SAID.systemPrompt,
  });
  expect(await store.chats.message(MESSAGE)).toEqual(row);
  const [attached] = (await store.chats.attachments([MESSAGE])).get(MESSAGE)!;
  expect(Buffer.from(attached!.bytes)).toEqual(BYTES);
  const find = async (search: string) => {
    const page = { limit: 9, backward: false, after: null, before: null };
    return (await store.chats.conversations({ createdBy: null, search, ...page })).rows.length;
  };
  expect(await Promise.all(["CANARY title", "text of ärger", "no canary"].map(find))).toEqual([1, 1, 0]);
  await store.close();
}

/** As an older version wrote it. */
function writeInClear(dataDir: string): void {
  const database = new Database(join(dataDir, "sluice.db"), { strict: true });
  database.run("UPDATE conversation SET title = ?, system_prompt = ?", [SAID.title, SAID.systemPrompt]);
  database.run("UPDATE message SET text = ?, reasoning = ?, tool_calls = ?, tool_results = ?, error_text = ?", [
    SAID.text,
    SAID.reasoning,
    JSON.stringify(SAID.toolCalls),
    JSON.stringify(SAID.toolResults),
    SAID.error.message,
  ]);
  database.run("UPDATE message_attachment SET bytes = ?", [BYTES]);
  database.close();
}

test("what is said in a chat stands nowhere in clear, and is read and found as it was", async () => {
  const dataDir = temporaryDirectory();
  await converse(dataDir);
  expect(inClear(dataDir)).toEqual([]);
  await expectAllThere(dataDir);
});

test("chats of an older version are read as they are, and sealed once without leaving a byte", async () => {
  const dataDir = temporaryDirectory();
  await converse(dataDir);
  writeInClear(dataDir);
  expect(inClear(dataDir)).toContain("sluice.db");
  await expectAllThere(dataDir);

  const store = await open(dataDir);
  expect(await store.chats.sealOld()).toBe(3); // a conversation, a message, an attachment
  expect(inClear(dataDir)).toEqual([]);
  expect(await store.chats.sealOld()).toBe(0);
  await store.close();
  expect(inClear(dataDir)).toEqual([]);
  await expectAllThere(dataDir);
});

test("more chats than one slice are sealed to the last", async () => {
  const dataDir = temporaryDirectory();
  await converse(dataDir);
  const database = new Database(join(dataDir, "sluice.db"), { strict: true });
  const copy = `INSERT INTO message SELECT 'msg_' || printf('%03d', value), conversation_id, parent_id, role, state, 'canary ' || value,
    '', '[]', '[]', layout, model, format, client_key_id, pinned_key_id, request_id, finish_reason, error_class, NULL, error_status,
    input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, created_at, ended_at
    FROM message, generate_series WHERE id = ?`;
  const series =
    "WITH RECURSIVE generate_series(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM generate_series WHERE value < 250)";
  database.run(`${series} ${copy.replace(", generate_series(1, 250)", ", generate_series")}`, [MESSAGE]);
  database.close();
  const store = await open(dataDir);
  expect(await store.chats.sealOld()).toBe(250);
  expect((await store.chats.message("msg_250"))!.text).toBe("canary 250");
  await store.close();
  expect(inClear(dataDir)).toEqual([]);
});

test("a text that was moved to another message is not shown there", async () => {
  const dataDir = temporaryDirectory();
  await converse(dataDir);
  const database = new Database(join(dataDir, "sluice.db"), { strict: true });
  database.run("UPDATE message SET reasoning = text");
  database.close();
  const store = await open(dataDir);
  await expect(store.chats.message(MESSAGE)).rejects.toThrow();
  await store.close();
});
