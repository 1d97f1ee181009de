import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM_WITH_USAGE } from "../support/samples.ts";
import { type ChatApp, startChat } from "./chat-fixture.ts";

let app: ChatApp;
beforeAll(async () => {
  app = await startChat();
  app.vendor.otherwise(stream(CHAT_STREAM_WITH_USAGE));
});
afterAll(() => app.close());

async function converse(text: string): Promise<string> {
  const { conversation, answers } = await app.say({ text, models: ["gpt"] });
  await app.follow(answers[0].id);
  return conversation.id;
}
const list = (args: string) =>
  app.ask(`{ conversations(${args}) {
    totalCount nodes { id title pinned } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }`);
const titles = async (args: string) => ((await list(args)).nodes as { title: string }[]).map(({ title }) => title);
const update = (input: string) =>
  app.ask(`mutation { updateConversation(input: { ${input} }) {
    conversation { title pinned systemPrompt params version }
    userErrors { code field ... on StaleVersionError { currentVersion current { id } } }
  } }`);

describe("conversations", () => {
  test("stand pinned first, then by what was last said, in pages both ways", async () => {
    const ids: string[] = [];
    for (const text of ["one", "two", "three", "four", "five"]) ids.push(await converse(text));
    await update(`id: "${ids[1]}", pinned: true`);
    await converse("six");
    expect(await titles("first: 10")).toEqual(["two", "six", "five", "four", "three", "one"]);
    const { answers } = await app.say({ conversationId: ids[2], text: "more", models: ["gpt"] });
    await app.follow(answers[0].id);
    const all = ["two", "three", "six", "five", "four", "one"];
    const seen: string[] = [];
    let after = "";
    for (;;) {
      const page = await list(`first: 2${after}`);
      seen.push(...page.nodes.map(({ title }: { title: string }) => title));
      expect(page.totalCount).toBe(6);
      if (!page.pageInfo.hasNextPage) break;
      after = `, after: "${page.pageInfo.endCursor}"`;
    }
    expect(seen).toEqual(all);
    const last = await list("last: 2");
    expect(last.nodes.map(({ title }: { title: string }) => title)).toEqual(["four", "one"]);
    expect(last.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
    expect(await titles(`last: 3, before: "${last.pageInfo.startCursor}"`)).toEqual(["three", "six", "five"]);
  });

  test("are found by title and by what was said in them", async () => {
    const id = await converse("Tell me of the 100%_sure thing");
    await update(`id: "${id}", title: "Certainty"`);
    expect(await titles('search: "certAINTY"')).toEqual(["Certainty"]);
    expect(await titles('search: "100%_SURE"')).toEqual(["Certainty"]);
    expect(await titles('search: "100__sure"')).toEqual([]);
    expect((await list('search: "🦊", first: 3')).totalCount).toBeGreaterThan(3);
  });

  test("with a cursor of something else are refused", async () => {
    await expect(list('after: "bm9uc2Vuc2U"')).rejects.toThrow("cursor");
  });

  test("are changed, but not over another's change", async () => {
    const id = await converse("draft");
    const changed = await update(
      `id: "${id}", expectedVersion: 1, title: " Final ", systemPrompt: "Be kind.", params: { topP: 0.5, reasoningEffort: LOW }`,
    );
    expect(changed).toEqual({
      conversation: {
        title: "Final",
        pinned: false,
        systemPrompt: "Be kind.",
        params: { topP: 0.5, reasoningEffort: "low" },
        version: 2,
      },
      userErrors: [],
    });
    const stale = await update(`id: "${id}", expectedVersion: 1, title: "Mine"`);
    expect(stale.userErrors).toMatchObject([{ code: "STALE_VERSION", currentVersion: 2, current: { id } }]);
    expect((await update(`id: "${id}", systemPrompt: null, params: null`)).conversation).toMatchObject({
      title: "Final",
      systemPrompt: null,
      params: {},
    });
    for (const input of ['title: " "', "params: { topP: 2 }"]) {
      expect((await update(`id: "${id}", ${input}`)).userErrors).toHaveLength(1);
    }
  });

  test("are deleted with their messages", async () => {
    const id = await converse("gone");
    const { messages } = await app.ask(`{ conversation(id: "${id}") { messages { nodes { id } } } }`);
    const deleted = await app.ask(
      `mutation { deleteConversations(input: { ids: ["${id}", "cnv_none"] }) { deletedIds userErrors { code } } }`,
    );
    expect(deleted).toEqual({ deletedIds: [id], userErrors: [] });
    expect(await app.ask(`{ conversation(id: "${id}") { id } }`)).toBeNull();
    expect(await app.ask(`{ node(id: "${messages.nodes[0].id}") { id } }`)).toBeNull();
  });

  test("come back with their messages for whoever deleted them", async () => {
    const id = await converse("second thoughts");
    const deletion = await app.ask(`mutation { deleteConversations(input: { ids: ["${id}"] }) { undoToken } }`);
    const listed = async () => (await app.ask(`{ conversations(search: "second") { nodes { id } } }`)).nodes;
    expect(await listed()).toEqual([]);
    const restore = () =>
      app.ask(
        `mutation { restoreConversations(input: { undoToken: "${deletion.undoToken}" }) { restoredIds userErrors { code } } }`,
      );
    const deletedAt = Number.parseInt(deletion.undoToken, 10);
    expect(await app.app.control.store.chats.restoreConversations("usr_other", deletedAt)).toEqual([]);
    expect(await restore()).toEqual({ restoredIds: [id], userErrors: [] });
    expect(await listed()).toEqual([{ id }]);
    const { messages } = await app.ask(`{ conversation(id: "${id}") { messages { totalCount } } }`);
    expect(messages.totalCount).toBeGreaterThan(0);
    expect((await restore()).userErrors).toEqual([{ code: "CONFLICT" }]);
  });

  test("of many messages in one chain can be deleted", async () => {
    const { chats } = app.app.control.store;
    const id = await converse("long");
    const { nodes } = (await app.ask(`{ conversation(id: "${id}") { messages { nodes { id } } } }`)).messages;
    const model = (await chats.message(nodes[0].id))!;
    const rows = Array.from({ length: 3000 }, (_, index) => ({
      row: { ...model, id: `msg_${index}`, parentId: index === 0 ? null : `msg_${index - 1}` },
      attachments: [],
    }));
    await chats.addMessages({ id, values: null }, rows);
    const deleted = await app.ask(`mutation { deleteConversations(input: { ids: ["${id}"] }) { deletedIds } }`);
    expect(deleted.deletedIds).toEqual([id]);
    expect(await chats.message("msg_2999")).not.toBeNull();
    await chats.purgeConversations(Date.now() + 1);
    expect(await chats.message("msg_2999")).toBeNull();
  });
});

describe("chatHistory", () => {
  const HISTORY = `subscription ($conversationId: ID, $after: String) {
    chatHistory(conversationId: $conversationId, after: $after) {
      __typename
      ... on StreamEvent { cursor }
      ... on ResyncEvent { reason }
      ... on ConversationEvent { kind conversationId messageId conversation { title } message { role state } }
    }
  }`;

  test("of one conversation tells whoever comes back that it has been deleted", async () => {
    const id = await converse("doomed");
    const history = app.live.watch(HISTORY, { conversationId: id });
    const { cursor } = await history.next();
    await history.stop();
    await app.ask(`mutation { deleteConversations(input: { ids: ["${id}"] }) { deletedIds } }`);
    const again = app.live.watch(HISTORY, { conversationId: id, after: cursor });
    expect(await again.nextOf("ConversationEvent")).toMatchObject({ kind: "DELETED", conversation: null });
    await again.stop();
    const refused = app.live.watch(HISTORY, { conversationId: id });
    expect(await refused.next().catch((errors) => errors[0].extensions.code)).toBe("BAD_USER_INPUT");
  });

  test("tells what is said, begun, ended, changed and deleted, and resumes without loss", async () => {
    const history = app.live.watch(HISTORY);
    const opening = await history.next();
    expect(opening).toMatchObject({ __typename: "ResyncEvent", reason: "STARTED" });
    const id = await converse("told");
    await update(`id: "${id}", title: "Told"`);
    await app.ask(`mutation { deleteConversations(input: { ids: ["${id}"] }) { deletedIds } }`);
    const kinds = ["CREATED", "CREATED", "CREATED", "UPDATED", "UPDATED", "UPDATED", "DELETED"];
    const told: { kind: string; messageId: string | null; cursor: string }[] = [];
    for (const _ of kinds) told.push(await history.next());
    await history.stop();
    expect(told.map(({ kind }) => kind)).toEqual(kinds);
    expect(told.map(({ messageId }) => messageId !== null)).toEqual([false, true, true, true, true, false, false]);
    for (let cut = 0; cut < told.length; cut++) {
      const again = app.live.watch(HISTORY, { after: cut === 0 ? opening.cursor : told[cut - 1]!.cursor });
      for (const { kind, messageId, cursor } of told.slice(cut)) {
        expect(await again.next()).toMatchObject({ kind, messageId, cursor, conversationId: id });
      }
      await again.stop();
    }
  });

  test("of one conversation leaves out the others; of none there is none", async () => {
    const [mine, other] = [await converse("mine"), await converse("other")];
    const history = app.live.watch(HISTORY, { conversationId: mine });
    await history.next();
    await update(`id: "${other}", pinned: false`);
    await update(`id: "${mine}", title: "Mine"`);
    expect(await history.next()).toMatchObject({ conversationId: mine, conversation: { title: "Mine" } });
    await history.stop();
    await expect(app.live.watch(HISTORY, { conversationId: "cnv_none" }).next()).rejects.toBeDefined();
  });
});
