import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { readEvents } from "../support/live.ts";
import { addPerson } from "../support/people.ts";

/** What the server ends by itself at the latest after five seconds ends at once when somebody takes the access away. */
const AT_ONCE_MS = 10_000;

let server: AdminServer;
let origin: string;
beforeAll(async () => {
  server = await startAdminServer({
    // Answers that never come: their streams stay open.
    change: (deps) => ({
      ...deps,
      callGateway: () => ({ requestId: "req_0", response: new Promise(() => {}) }),
    }),
  });
  origin = new URL(server.url).origin;
  await addModel(server, (await addProvider(server)).id);
});
afterAll(() => server.stop());

type Headers = Record<string, string>;
interface Access {
  readonly headers: Headers;
  takeAway(): Promise<Answer>;
}

const asAdmin = async (query: string, variables: object): Promise<Answer> => {
  const { data, text } = await server.ask(query, variables);
  if (!data) throw new Error(text);
  const [payload] = Object.values(data) as Answer[];
  expect(payload.userErrors ?? []).toEqual([]);
  return payload;
};

async function aPerson(change: object): Promise<Access> {
  const person = await addPerson(server, `${crypto.randomUUID()}@example.org`, "OPERATOR");
  const update = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { code } } }`;
  return {
    headers: person.headers,
    takeAway: () => asAdmin(update, { input: { id: person.id, ...change } }),
  };
}

async function aSession(): Promise<Access> {
  const person = await addPerson(server, `${crypto.randomUUID()}@example.org`, "OPERATOR");
  const [session] = server.control.access.directory.sessions().filter(({ userId }) => userId === person.id);
  return {
    headers: person.headers,
    async takeAway() {
      const revoke =
        "mutation ($ids: [ID!]!) { revokeSessions(input: { ids: $ids }) { deletedIds userErrors { code } } }";
      const { data } = await person.ask(revoke, { ids: [session!.id] });
      expect(data.revokeSessions.deletedIds).toEqual([session!.id]);
    },
  };
}

async function aToken(): Promise<Access> {
  const create = `mutation ($input: CreateAdminTokenInput!) {
    createAdminToken(input: $input) { adminToken { id } secret userErrors { code } }
  }`;
  const scopes = "KEYS_READ MODELS_READ USAGE_READ LOGS_READ CHAT_USE ALERTS_READ".split(" ");
  const { adminToken, secret } = await asAdmin(create, { input: { name: crypto.randomUUID(), scopes } });
  const revoke =
    "mutation ($ids: [ID!]!) { revokeAdminTokens(input: { ids: $ids }) { deletedIds userErrors { code } } }";
  return {
    headers: { authorization: `Bearer ${secret}` },
    takeAway: () => asAdmin(revoke, { ids: [adminToken.id] }),
  };
}

async function post(query: string, headers: Headers): Promise<Answer> {
  const { data, errors } = await server.ask(query, {}, { token: null, headers });
  expect(errors).toBeUndefined();
  return data;
}

/** One of each kind. */
async function everySubscription(headers: Headers): Promise<Record<string, string>> {
  const send =
    'mutation { sendChatMessage(input: { text: "hi", models: ["gpt-4.1"] }) { answers { id } userErrors { code } } }';
  const { sendChatMessage } = await post(send, headers);
  return {
    keyEvents: "{ keyEvents { __typename } }",
    modelEvents: "{ modelEvents { __typename } }",
    liveUsage: "{ liveUsage(intervalMs: 60000) { __typename } }",
    requestFeed: "{ requestFeed { __typename } }",
    jobProgress: "{ jobProgress { __typename } }",
    alertEvents: "{ alertEvents { __typename } }",
    chatHistory: "{ chatHistory { __typename } }",
    chatStream: `{ chatStream(messageId: "${sendChatMessage.answers[0].id}") { __typename } }`,
  };
}

interface Open {
  /** With the stream: the code of the last error, or the socket's close code. */
  readonly end: Promise<string | number>;
}

async function overEvents(query: string, headers: Headers): Promise<Open> {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { accept: "text/event-stream", "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  expect(response.status).toBe(200);
  const events = readEvents(response);
  await events.next(); // The opening comment: the subscription has begun.
  const readToEnd = async () => {
    let code = "ended without a word";
    for await (const event of events) if (event.errors) code = event.errors[0].extensions.code;
    return code;
  };
  return { end: readToEnd() };
}

async function overSocket(query: string, { cookie, authorization }: Headers): Promise<Open> {
  const socket = new WebSocket(server.url.replace("http", "ws"), {
    headers: cookie === undefined ? {} : { cookie, origin },
    protocols: ["graphql-transport-ws"],
  } as never);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  await new Promise<void>((resolve, reject) => {
    void closed.then((code) => reject(new Error(`closed with ${code}`)));
    socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
    socket.onmessage = ({ data }) => {
      const { type } = JSON.parse(String(data));
      if (type !== "connection_ack") return;
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
      // Answered after what was sent before it.
      socket.send('{"type":"ping"}');
      socket.onmessage = () => resolve();
    };
  });
  return { end: closed };
}

const ways: [what: string, access: () => Promise<Access>][] = [
  ["its session is revoked", aSession],
  ["its admin token is revoked", aToken],
  ["its holder is disabled", () => aPerson({ enabled: false })],
  ["its holder may do less", () => aPerson({ role: "VIEWER" })],
];

describe("every kind of subscription, over both transports, ends at once when", () => {
  test.each(ways)("%s", async (_what, access) => {
    const { headers, takeAway } = await access();
    const kinds = await everySubscription(headers);
    const open = await Promise.all(
      Object.entries(kinds).flatMap(([kind, fields]) =>
        [overEvents, overSocket].map(async (transport) => {
          const { end } = await transport(`subscription ${fields}`, headers);
          return { kind, transport: transport.name, end };
        }),
      ),
    );
    expect(open).toHaveLength(16);
    await takeAway();
    const late = Bun.sleep(AT_ONCE_MS).then(() => "still open");
    const ends = await Promise.all(
      open.map(async ({ end, ...one }) => ({ ...one, end: await Promise.race([end, late]) })),
    );
    expect(ends).toEqual(
      ends.map((one) => ({ ...one, end: one.transport === "overSocket" ? 4403 : "UNAUTHENTICATED" })),
    );
  });
});
