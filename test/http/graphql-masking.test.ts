import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { StoreError } from "../../src/store/store-error.ts";
import { addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

const SECRET = "sk-must-not-be-repeated";
let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
  await addProvider(server);
});
afterAll(() => server.stop());

describe("input that does not fit", () => {
  const mutation =
    "mutation ($input: CreateProviderKeyInput!) { createProviderKey(input: $input) { userErrors { code } } }";
  const variables: [what: string, input: unknown, says: string][] = [
    [
      "an object for a string",
      { providerId: "prv_1", secret: { value: SECRET } },
      '"$input.secret" is not valid: String cannot represent a non string value.',
    ],
    ["a field too many", { providerId: "prv_1", secret: SECRET, extra: SECRET }, 'unknown field "extra".'],
    ["a field too few", { secret: SECRET }, 'required field "providerId".'],
    ["a text for the whole", SECRET, "to be an object."],
    [
      "a text for a number",
      { providerId: "prv_1", secret: "x", weight: SECRET },
      '"$input.weight" is not valid: Int cannot represent non-integer value.',
    ],
    [
      "a text for a switch",
      { providerId: "prv_1", secret: "x", enabled: SECRET },
      "Boolean cannot represent a non boolean value.",
    ],
    ["nothing", undefined, '"$input" is not valid'],
  ];
  test.each(variables)("as a variable (%s) is named by its path, never repeated", async (_what, input, says) => {
    const reply = await server.ask(mutation, { input });
    expect(reply.errors?.[0]?.message).toContain(says);
    expect(reply.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expect(reply.text).not.toContain(SECRET);
  });

  test("is noted in the audit log by the mutation's name only", async () => {
    const query = "mutation ($input: CreateProviderInput!) { createProvider(input: $input) { userErrors { code } } }";
    await server.ask(query, { input: { name: 7, kind: SECRET } });
    await server.control.audit.settled();
    const { data } = await server.ask<Answer>(
      `{ auditLog(filter: { actions: ["createProvider"] }) { nodes { outcome code actorLabel input } } }`,
    );
    const [entry] = data.auditLog.nodes;
    expect(entry).toEqual({ outcome: "REFUSED", code: "BAD_USER_INPUT", actorLabel: "ADMIN_TOKEN", input: {} });
  });

  test("as an enum or a time neither", async () => {
    const act =
      "mutation ($action: KeyAction!) { actOnProviderKeys(input: { selection: { ids: [] }, action: $action }) { affected } }";
    const enumReply = await server.ask(act, { action: SECRET });
    expect(enumReply.errors?.[0]?.message).toContain('The value does not exist in the "KeyAction" enum.');
    expect(enumReply.text).not.toContain(SECRET);
    const create = 'mutation ($at: DateTime) { createClientKey(input: { name: "x", expiresAt: $at }) { secret } }';
    const timeReply = await server.ask(create, { at: SECRET });
    expect(timeReply.errors?.[0]?.message).toContain("DateTime is an ISO 8601 instant");
    expect(timeReply.text).not.toContain(SECRET);
  });

  const documents: [what: string, query: string][] = [
    [
      "a text for an enum",
      `mutation { actOnProviderKeys(input: { selection: {}, action: "${SECRET}" }) { affected } }`,
    ],
    [
      "a text for a number",
      `mutation { createProviderKey(input: { providerId: "x", secret: "y", weight: "${SECRET}" }) { userErrors { code } } }`,
    ],
    [
      "an object for a text",
      `mutation { createProviderKey(input: { providerId: "x", secret: { a: "${SECRET}" } }) { userErrors { code } } }`,
    ],
    ["a text where a name belongs", `{ viewer { kind } "${SECRET}" }`],
    ["a text without end", `{ viewer(x: "${SECRET}) }`],
    ["an escape that is none", `{ viewer(x: "${SECRET}\\u00zz") { kind } }`],
  ];
  test.each(documents)("in the document (%s) is not repeated", async (_what, query) => {
    const reply = await server.ask(query);
    expect(reply.errors?.length).toBeGreaterThan(0);
    expect(reply.text).not.toContain(SECRET);
  });

  test("as user error is not repeated either", async () => {
    const reply = await server.ask(mutation.replace("code }", "code message field }"), {
      input: { providerId: "prv_1", secret: `${SECRET} x` },
    });
    expect(reply.data.createProviderKey.userErrors).toHaveLength(1);
    expect(reply.text).not.toContain(SECRET);
  });
});

describe("what goes wrong inside", () => {
  test("reaches the log once and the caller never, but for an id", async () => {
    const broken = await startAdminServer({
      change: (deps) => {
        const store = Object.create(deps.store);
        store.usage = { report: () => Promise.reject(new Error("SQLITE_IOERR at /var/lib/sluice/usage.db")) };
        return Object.assign(Object.create(deps), { store });
      },
    });
    const reply = await broken.ask('{ viewer { kind } usage(range: { from: "now-1h" }) { interval } }');
    expect(reply.text).not.toContain("SQLITE");
    const [error] = reply.errors ?? [];
    expect(error).toMatchObject({ path: ["usage"], extensions: { code: "INTERNAL_SERVER_ERROR" } });
    const requestId = String(error?.extensions.requestId);
    expect(reply.headers.get("x-request-id")).toBe(requestId);
    const lines = broken.logLines.filter((line) => line.includes(requestId));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: "error",
      path: "usage",
      error: expect.stringContaining("SQLITE_IOERR"),
    });
    await broken.stop();
  });

  test("a full disk is called so, without the path of a file", async () => {
    const full = await startAdminServer({
      change: (deps) => {
        const store = Object.create(deps.store);
        const cause = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
        const fail = () => Promise.reject(new StoreError("/var/lib/sluice/sluice.db: the disk is full", cause));
        store.providers = { ...deps.store.providers, create: fail };
        return Object.assign(Object.create(deps), { store });
      },
    });
    const { status, errors, text } = await full.ask(
      'mutation { createProvider(input: { name: "p", kind: OPENAI }) { userErrors { code } } }',
    );
    expect(status).toBe(503);
    expect(text).not.toContain("/var/lib");
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("the disk is full"),
      extensions: { code: "STORE_UNAVAILABLE" },
    });
    await full.stop();
  });

  test("errors made for the caller come through, with the argument they are about", async () => {
    const { errors } = await server.ask('{ usage(range: { from: "soon" }) { interval } }');
    expect(errors?.[0]).toMatchObject({
      path: ["usage"],
      extensions: { code: "BAD_USER_INPUT", argument: "range.from" },
    });
  });
});
