import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ownerOf } from "../../src/control/chat/chat-owner.ts";
import type { Answer } from "../gateway/fixture.ts";
import { stream } from "../support/fake-vendor.ts";
import { connectLive } from "../support/live.ts";
import { tokenPrincipal } from "../support/principals.ts";
import { CHAT_STREAM_WITH_USAGE } from "../support/samples.ts";
import { type ChatApp, startChat } from "./chat-fixture.ts";

let app: ChatApp;
let stranger: { id: string; secret: string };
let conversationId: string;
let messageId: string;
beforeAll(async () => {
  app = await startChat();
  app.vendor.otherwise(stream(CHAT_STREAM_WITH_USAGE));
  stranger = await makeToken("stranger");
  const { conversation, answers } = await app.say({ text: "between us", models: ["gpt"] });
  await app.follow(answers[0].id);
  [conversationId, messageId] = [conversation.id, answers[0].id];
});
afterAll(() => app.close());

async function makeToken(name: string): Promise<{ id: string; secret: string }> {
  const made = await app.ask(
    `mutation { createAdminToken(input: { name: "${name}", scopes: [CHAT_USE] }) { adminToken { id } secret userErrors { message } } }`,
  );
  return { id: made.adminToken.id, secret: made.secret };
}

async function askAs(secret: string, query: string): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return Object.values(((await response.json()) as { data: object }).data)[0];
}

describe("what one person said", () => {
  const attempts: [how: string, query: () => string, answer: unknown][] = [
    ["listed", () => "{ conversations { totalCount } }", { totalCount: 0 }],
    ["searched", () => '{ conversations(search: "between") { totalCount } }', { totalCount: 0 }],
    ["read", () => `{ conversation(id: "${conversationId}") { title } }`, null],
    ["read as a node", () => `{ node(id: "${conversationId}") { id } }`, null],
    ["read message by message", () => `{ node(id: "${messageId}") { id } }`, null],
    [
      "changed",
      () => `mutation { updateConversation(input: { id: "${conversationId}", title: "x" }) { userErrors { code } } }`,
      { userErrors: [{ code: "NOT_FOUND" }] },
    ],
    [
      "stopped",
      () => `mutation { stopChatMessage(input: { id: "${messageId}" }) { userErrors { code } } }`,
      { userErrors: [{ code: "NOT_FOUND" }] },
    ],
    [
      "answered",
      () =>
        `mutation { sendChatMessage(input: { conversationId: "${conversationId}", text: "x", models: ["gpt"] }) { userErrors { code } } }`,
      { userErrors: [{ code: "NOT_FOUND" }] },
    ],
    [
      "deleted",
      () => `mutation { deleteConversations(input: { ids: ["${conversationId}"] }) { deletedIds } }`,
      { deletedIds: [] },
    ],
  ];
  test.each(attempts)("cannot be %s by another", async (_, query, answer) => {
    expect(await askAs(stranger.secret, query())).toEqual(answer);
    expect(await app.ask(`{ conversation(id: "${conversationId}") { title messages { totalCount } } }`)).toEqual({
      title: "between us",
      messages: { totalCount: 2 },
    });
  });

  test("cannot be followed by another, nor can its history", async () => {
    const live = connectLive({ url: `${app.url}/graphql` }, `Bearer ${stranger.secret}`);
    const stolen = live.watch(`subscription { chatStream(messageId: "${messageId}") { __typename } }`);
    await expect(stolen.next()).rejects.toBeDefined();
    const history = live.watch(
      "subscription { chatHistory { __typename ... on ConversationEvent { conversationId } } }",
    );
    expect(await history.next()).toMatchObject({ __typename: "ResyncEvent" });
    await app.ask(
      `mutation { updateConversation(input: { id: "${conversationId}", pinned: true }) { userErrors { code } } }`,
    );
    const made = await askAs(
      stranger.secret,
      'mutation { sendChatMessage(input: { text: "mine", models: ["gpt"] }) { conversation { id } } }',
    );
    expect(await history.next()).toMatchObject({ conversationId: made.conversation.id });
    await live.close();
  });

  test("goes with the token that said it", async () => {
    const { id, secret } = await makeToken("short-lived");
    const { conversation } = await askAs(
      secret,
      'mutation { sendChatMessage(input: { text: "soon gone", models: ["gpt"] }) { conversation { id } } }',
    );
    const { chats } = app.app.control.store;
    expect((await chats.conversation(conversation.id))?.createdBy).toBe(id);
    await app.ask(`mutation { revokeAdminTokens(input: { ids: ["${id}"] }) { userErrors { message } } }`);
    expect(await chats.conversation(conversation.id)).toBeNull();
  });
});

test("a person's tokens speak for that person, other tokens for themselves, ADMIN_TOKEN for nobody in particular", () => {
  const holder = tokenPrincipal();
  const owners = [
    { ...holder, userId: "usr_a", tokenId: "tok_1" },
    { ...holder, userId: null, tokenId: "tok_2" },
    holder,
  ].map((principal) => ownerOf(principal as typeof holder));
  expect(owners).toEqual(["usr_a", "tok_2", null]);
});
