import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GraphQLField, getNamedType, isCompositeType, isRequiredArgument } from "graphql";
import { ACCESS } from "../../schema/access.ts";
import { schema } from "../../schema/index.ts";
import { addClientKey, addKey, addProvider } from "../support/admin-fixtures.ts";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { tellSecret } from "../support/canary.ts";
import { placeholderCall } from "../support/placeholders.ts";

let server: AdminServer;
let idle: string;
beforeAll(async () => {
  server = await startAdminServer();
  const { data } = await server.ask(
    `mutation { createAdminToken(input: { name: "idle", scopes: [ALERTS_READ] }) { secret } }`,
  );
  idle = data.createAdminToken.secret;
});
afterAll(() => server.stop());

const LOG = `query ($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
  auditLog(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { id at actorLabel address action outcome code times input
      subjects { id label } changes { subjectId field before after } }
  }
}`;
const readLog = async (variables: object = {}): Promise<Answer> => {
  await server.control.audit.settled();
  return (await server.ask(LOG, variables)).data.auditLog;
};
const count = async () => (await readLog()).totalCount as number;

const mutations = Object.values(schema.getMutationType()!.getFields());

function documentFor(field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter(isRequiredArgument);
  const variables = required.map((arg) => `$${arg.name}: ${arg.type}`).join(", ");
  const args = required.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const selection = isCompositeType(getNamedType(field.type)) ? "{ __typename }" : "";
  return `mutation ${variables && `(${variables})`} { ${field.name}${args && `(${args})`} ${selection} }`;
}

describe("every mutation leaves one entry", () => {
  const closed = mutations.filter((field) => ACCESS[`Mutation.${field.name}`] !== "anyone");
  test.each(closed.map((field) => [field.name, field] as const))("when a stranger asks for %s", async (name, field) => {
    const before = await count();
    await server.ask(documentFor(field), {}, { token: null });
    const log = await readLog();
    expect(log.totalCount).toBe(before + 1);
    expect(log.nodes[0]).toMatchObject({ action: name, outcome: "REFUSED", code: "UNAUTHENTICATED", times: 1 });
    expect(log.nodes[0]).toMatchObject({ actorLabel: "nobody", address: "127.0.0.1" });
  });

  test.each(mutations.map((field) => [field.name, field] as const))(
    "when a token that may do nothing asks for %s",
    async (name, field) => {
      const [before, beforeIds] = [await count(), new Set((await readLog()).nodes.map((node: Answer) => node.id))];
      const { query, variables } = placeholderCall("mutation", field);
      await server.ask(query, variables, { token: idle });
      const log = await readLog();
      expect(log.totalCount).toBe(before + 1);
      const [entry] = log.nodes.filter((node: Answer) => !beforeIds.has(node.id));
      expect(entry).toMatchObject({ action: name, actorLabel: "idle" });
      const access = ACCESS[`Mutation.${name}`];
      const scope = typeof access === "object" && "fresh" in access ? access.scope : access;
      const isClosed = scope !== "anyone" && scope !== "signed-in";
      if (isClosed) expect(entry).toMatchObject({ outcome: "REFUSED", code: "FORBIDDEN", changes: [] });
    },
  );

  test("when it is done, with what changed and whom it was about", async () => {
    const provider = await addProvider(server, { name: "house", baseUrl: "https://api.openai.com/v1" });
    const [made] = (await readLog()).nodes;
    expect(made).toMatchObject({ action: "createProvider", outcome: "DONE", code: null, actorLabel: "ADMIN_TOKEN" });
    expect(made.subjects).toEqual([{ id: provider.id, label: "house" }]);
    expect(made.changes).toContainEqual({ subjectId: provider.id, field: "name", before: null, after: "house" });
    expect(made.input).toMatchObject({ name: "house", kind: expect.any(String) });

    const input = { id: provider.id, name: "home", enabled: false };
    await server.ask(
      `mutation ($input: UpdateProviderInput!) { updateProvider(input: $input) { userErrors { code } } }`,
      { input },
    );
    const [changed] = (await readLog()).nodes;
    expect(changed.subjects).toEqual([{ id: provider.id, label: "house" }]);
    expect(changed.changes).toEqual([
      { subjectId: provider.id, field: "name", before: "house", after: "home" },
      { subjectId: provider.id, field: "enabled", before: true, after: false },
    ]);
    await server.ask(`mutation { deleteProviders(input: { ids: ["${provider.id}"] }) { userErrors { code } } }`);
    const [gone] = (await readLog()).nodes;
    expect(gone).toMatchObject({ action: "deleteProviders", outcome: "DONE" });
    expect(gone.changes).toContainEqual({ subjectId: provider.id, field: "name", before: "home", after: null });
  });

  test("when the input is refused, with the reason and without a change", async () => {
    await addProvider(server, { name: "twice" });
    const before = await count();
    await server.ask(`mutation { createProvider(input: { name: "twice", kind: OPENAI }) { userErrors { code } } }`);
    const log = await readLog();
    expect(log.totalCount).toBe(before + 1);
    expect(log.nodes[0]).toMatchObject({
      action: "createProvider",
      outcome: "REFUSED",
      code: "DUPLICATE",
      changes: [],
    });
  });

  test("when it breaks, without hiding the error", async () => {
    const { delete: real } = server.store.clientKeys;
    server.store.clientKeys.delete = () => Promise.reject(new Error("disk"));
    const reply = await server.ask(`mutation { deleteClientKeys(input: { ids: [] }) { userErrors { code } } }`);
    server.store.clientKeys.delete = real;
    expect(reply.errors?.[0]?.extensions.code).toBe("INTERNAL_SERVER_ERROR");
    expect((await readLog()).nodes[0]).toMatchObject({ action: "deleteClientKeys", outcome: "FAILED" });
  });

  test("for each of several in one operation", async () => {
    const before = await count();
    await server.ask(`mutation { a: deleteModels(input: { ids: [] }) { userErrors { code } }
      b: deleteClientKeys(input: { ids: [] }) { userErrors { code } } }`);
    expect(await count()).toBe(before + 2);
  });
});

describe("the audit log", () => {
  test("holds no secret, whether it was given, made or mistyped", async () => {
    const provider = await addProvider(server, { name: "sealed" });
    const secret = "sk-canary-0123456789abcdef";
    tellSecret(secret); // it gets into a memo
    const key = await addKey(server, provider.id, { secret, proxyUrl: "http://user:canary-pass@127.0.0.1:9/" });
    await server.ask(
      `mutation ($input: UpdateProviderKeyInput!) { updateProviderKey(input: $input) { userErrors { code } } }`,
      {
        input: { id: key.id, secret: "sk-canary-9876543210abcdef", memo: "the old one was sk-canary-0123456789abcdef" },
      },
    );
    await server.ask(`mutation { deleteModels(input: { ids: ["${secret}"] }) { userErrors { code } } }`);
    await server.ask(
      `mutation { signIn(input: { token: "canary-of-a-token" }) { userErrors { code } } }`,
      {},
      { token: null },
    );
    const client = await addClientKey(server, { name: "canary-less" });
    const everything = JSON.stringify(await readLog({ first: 60 }));
    expect(everything).toContain("[secret]");
    expect(everything).not.toContain("canary-0");
    expect(everything).not.toContain("canary-9");
    expect(everything).not.toContain("canary-p");
    expect(everything).not.toContain("canary-of");
    expect(everything).not.toContain(client.secret);
    expect(everything).not.toContain(ADMIN_TOKEN);
  });

  test("folds what a stranger repeats, and counts it", async () => {
    const own = await startAdminServer();
    for (let index = 0; index < 5; index++) {
      await own.ask("mutation { signOut { viewer { kind } } }", {}, { token: null });
    }
    await own.control.audit.settled();
    const times = async () => (await own.store.audit.page(ALL)).rows.map((row) => row.times);
    expect(await times()).toEqual([1]);
    own.control.audit.close();
    await own.control.audit.settled();
    expect(await times()).toEqual([4, 1]);
    await own.stop();
  });
  const ALL = { filter: {}, limit: 50, afterSeq: null, beforeSeq: null, backward: false };

  test("notes a wrong bearer token", async () => {
    await server.ask("{ viewer { kind } }", {}, { token: "adm_guess-guess" });
    expect((await readLog()).nodes[0]).toMatchObject({ action: "bearerToken", outcome: "REFUSED", times: 1 });
  });

  test("withholds the answer of a mutation that it cannot write down", async () => {
    const { append } = server.store.audit;
    server.store.audit.append = () => Promise.reject(new Error("disk full at /secret/path"));
    const reply = await server.ask(
      `mutation { createClientKey(input: { name: "unseen" }) { secret userErrors { code } } }`,
    );
    server.store.audit.append = append;
    expect(reply.errors?.[0]?.extensions.code).toBe("STORE_UNAVAILABLE");
    expect(reply.text).not.toContain("sk-slc_");
    expect(reply.text).not.toContain("/secret/path");
  });

  test("is read by subject, action, outcome and time, page by page, in both directions", async () => {
    const provider = await addProvider(server, { name: "paged" });
    const update = (name: string) =>
      server.ask(`mutation ($input: UpdateProviderInput!) { updateProvider(input: $input) { userErrors { code } } }`, {
        input: { id: provider.id, name },
      });
    for (let index = 0; index < 6; index++) await update(`paged-${index}`);
    const filter = { subjectId: provider.id };
    const all = await readLog({ filter });
    expect(all.totalCount).toBe(7);
    const ids = all.nodes.map((node: Answer) => node.id);
    const first = await readLog({ filter, first: 3 });
    const rest = await readLog({ filter, first: 10, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...rest.nodes].map((node: Answer) => node.id)).toEqual(ids);
    expect([first.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([true, false]);
    const back = await readLog({ filter, last: 3, before: rest.pageInfo.startCursor });
    expect(back.nodes.map((node: Answer) => node.id)).toEqual(ids.slice(0, 3));
    expect((await readLog({ filter, last: 2 })).nodes.map((node: Answer) => node.id)).toEqual(ids.slice(-2));
    expect((await readLog({ filter: { ...filter, actions: ["createProvider"] } })).totalCount).toBe(1);
    expect((await readLog({ filter: { ...filter, outcomes: ["REFUSED"] } })).totalCount).toBe(0);
    expect((await readLog({ filter: { ...filter, range: { from: "now-1h", to: "now+1h" } } })).totalCount).toBe(7);
    expect((await readLog({ filter: { ...filter, range: { from: "now-2h", to: "now-1h" } } })).totalCount).toBe(0);
    const one = await server.ask(`{ node(id: "${ids[0]}") { ... on AuditEntry { action } } }`);
    expect(one.data.node.action).toBe("updateProvider");
  });

  test("lets go of what is older than it is kept", async () => {
    const own = await startAdminServer();
    await addProvider(own);
    await own.store.audit.expire(Date.now() + 1000);
    expect(await own.store.audit.count({})).toBe(0);
    await own.stop();
  });
});
