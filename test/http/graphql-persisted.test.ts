import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { makeGrant } from "../../src/http/graphiql-grant.ts";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
const OWN = "query Own { viewer { kind } }";
const WATCH = "subscription Watch { keyEvents { __typename } }";
const OTHER = "{ configVersion }";

let directory: string;
let documentsPath: string;
let server: AdminServer;
let origin: string;
let cookie: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-persisted-"));
  documentsPath = join(directory, "documents.json");
  await write([OWN, WATCH]);
  server = await startAdminServer({ documentsPath });
  origin = new URL(server.url).origin;
  cookie = await signIn();
});
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
});

const write = (texts: string[]) =>
  Bun.write(documentsPath, JSON.stringify(Object.fromEntries(texts.map((text) => [hashOf(text), text]))));

async function signIn(): Promise<string> {
  const answer = await server.ask(
    `mutation { signIn(input: { token: "${ADMIN_TOKEN}" }) { viewer { kind } } }`,
    {},
    { token: null, headers: { origin } },
  );
  return answer.headers.get("set-cookie")!.split(";")[0]!;
}

const bySession = { cookie: () => ({ cookie, origin }), token: () => ({ authorization: `Bearer ${ADMIN_TOKEN}` }) };
async function post(who: keyof typeof bySession, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...bySession[who](), ...headers },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await response.json()) as Answer;
  return { status: response.status, data, code: errors?.[0].extensions.code };
}
const apq = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } } });
const grantOf = (text = cookie) => {
  const principal = server.control.access.byCookie(text.split("=")[1]!);
  if (principal.kind !== "session") throw new Error("not signed in");
  return makeGrant(server.control, principal.session.id);
};

describe("a session of the console", () => {
  test.each([
    ["by Apollo's hash", apq(OWN)],
    ["by documentId", { documentId: hashOf(OWN) }],
    ["by documentId with its kind", { documentId: `sha256:${hashOf(OWN)}` }],
    ["by its text", { query: OWN }],
    ["by text and hash", { query: OWN, ...apq(OWN) }],
  ])("runs the console's documents %s", async (_how, body) => {
    expect(await post("cookie", body)).toMatchObject({ status: 200, data: { viewer: { kind: "SESSION" } } });
  });

  test.each([
    ["alone", { query: OTHER }],
    ["with its hash", { query: OTHER, ...apq(OTHER) }],
    ["that differs by a space", { query: `${OWN} ` }],
  ])("runs no other text, %s", async (_how, body) => {
    expect(await post("cookie", body)).toMatchObject({ status: 403, data: undefined, code: "PERSISTED_QUERY_ONLY" });
  });

  test("changes nothing by a mutation that is not the console's", async () => {
    const query = 'mutation { createProvider(input: { name: "smuggled", kind: OPENAI }) { provider { id } } }';
    expect((await post("cookie", { query })).code).toBe("PERSISTED_QUERY_ONLY");
    expect(await server.store.providers.list()).toEqual([]);
  });

  test("runs any with the grant of GraphiQL's page, but not with another session's, an old or a made-up one", async () => {
    const ask = async (grant: string) => (await post("cookie", { query: OTHER }, { "x-sluice-graphiql": grant })).code;
    expect(await ask(grantOf())).toBeUndefined();
    expect(await ask(grantOf(await signIn()))).toBe("PERSISTED_QUERY_ONLY");
    const [until, signature] = grantOf().split(".");
    expect(await ask(`${Number(until) + 1}.${signature}`)).toBe("PERSISTED_QUERY_ONLY");
    expect(await ask("nonsense")).toBe("PERSISTED_QUERY_ONLY");
    const old = grantOf();
    server.advance(8 * 3_600_000);
    expect(await ask(old)).toBe("PERSISTED_QUERY_ONLY");
    server.advance(-8 * 3_600_000);
  });

  test("is told of an unknown hash, and sees what was built since", async () => {
    const unknown = { status: 404, code: "PERSISTED_QUERY_NOT_FOUND" };
    expect(await post("cookie", apq(OTHER))).toMatchObject(unknown);
    await write([OWN, WATCH, OTHER]);
    await utimes(documentsPath, new Date(), new Date(Date.now() + 10_000));
    expect(await post("cookie", apq(OTHER))).toMatchObject({ status: 200, data: { configVersion: expect.anything() } });
    await write([OWN, WATCH]);
    await utimes(documentsPath, new Date(), new Date(Date.now() + 20_000));
    expect(await post("cookie", apq("{ nosuch }"))).toMatchObject(unknown);
    expect(await post("cookie", apq(OTHER))).toMatchObject(unknown);
  });

  test("is held to the same over WebSocket", async () => {
    const ask = async (payload: object, params: object = {}) => {
      const socket = class extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, { headers: { cookie, origin }, protocols: [protocol] } as never);
        }
      };
      const url = server.url.replace("http", "ws");
      const client = createClient({ url, webSocketImpl: socket, retryAttempts: 0, connectionParams: { ...params } });
      const first = await client
        .iterate({ query: "", ...payload })
        .next()
        .catch((errors: Answer) => errors[0].extensions.code);
      await client.dispose();
      return typeof first === "string" ? first : (first.value as Answer).data;
    };
    expect(await ask(apq(WATCH))).toEqual({ keyEvents: { __typename: "KeyEventBatch" } });
    expect(await ask(apq("{ nosuch }"))).toBe("PERSISTED_QUERY_NOT_FOUND");
    expect(await ask({ query: OTHER })).toBe("PERSISTED_QUERY_ONLY");
    expect(await ask({ query: OTHER }, { graphiql: grantOf() })).toMatchObject({ configVersion: expect.anything() });
  });
});

describe("a token", () => {
  test("runs any document, and the console's by hash", async () => {
    expect(await post("token", { query: OTHER })).toMatchObject({ status: 200 });
    expect(await post("token", { query: OTHER, ...apq(OTHER) })).toMatchObject({ status: 200 });
    expect(await post("token", apq(OWN))).toMatchObject({ status: 200, data: { viewer: { kind: "TOKEN" } } });
    expect(await post("token", apq(OTHER))).toMatchObject({ status: 404, code: "PERSISTED_QUERY_NOT_FOUND" });
    const wrong = { query: OTHER, ...apq(OWN) };
    expect(await post("token", wrong)).toMatchObject({ status: 400, code: "PERSISTED_QUERY_MISMATCH" });
  });
});

test("who has not signed in may do what is open to anyone, and no more", async () => {
  const ask = async (query: string) => (await server.ask(query, {}, { token: null })).errors?.[0]?.extensions.code;
  expect(await ask("{ viewer { kind } }")).toBeUndefined();
  expect(await ask(OTHER)).toBe("UNAUTHENTICATED");
});
