import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GraphQLField, type GraphQLObjectType, getNamedType, isObjectType, isRequiredArgument } from "graphql";
import { schema } from "../../schema/index.ts";
import { Secret } from "../../src/lib/secret.ts";
import { addClientKey, addKey, addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

/** The rules of https://relay.dev/graphql/connections.htm, for every connection that the schema has. */

type Field = GraphQLField<unknown, unknown>;
const ROWS = 7;

const isConnection = (field: Field) => getNamedType(field.type).name.endsWith("Connection");
const connectionsOf = (type: GraphQLObjectType) =>
  Object.values(type.getFields() as Record<string, Field>).filter(isConnection);
const roots = connectionsOf(schema.getQueryType()!);
const nested = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter((type) => !type.name.startsWith("__") && !["Query", "Mutation", "Subscription"].includes(type.name))
  .flatMap((type) => connectionsOf(type).map((field) => ({ type, field })));

/** These are read away from one row in one direction: `last` needs `before`. */
const READ_FROM_A_ROW = new Set(["requestLogs", "configHistory"]);

let server: AdminServer;
/** An object of each of these types, which have connections of their own. */
const OWNED: ReadonlySet<string> = new Set(["AlertChannel", "Job", "ProviderKey"]);
const owners = new Map<string, string>();
beforeAll(async () => {
  server = await startAdminServer();
  const now = Date.now();
  for (let index = 0; index < ROWS; index++) {
    const provider = await addProvider(server, { name: `p${index}` });
    await addKey(server, provider.id, { name: `k${index}` });
    await addModel(server, provider.id, { name: `m${index}` });
    await addClientKey(server, { name: `c${index}` });
    server.store.record(makeRecord({ receivedAtMs: now - index * 1000 }));
  }
  const config = new Secret(JSON.stringify({ url: "http://127.0.0.1:1/", secret: null }));
  const channel = await server.store.alertChannels.create({
    name: "there",
    enabled: false,
    kind: "WEBHOOK",
    config,
    preview: "",
  });
  if (channel.kind !== "ok") throw new Error(channel.kind);
  owners.set("AlertChannel", channel.row.id);
  const message = { what: "TEST", severity: "INFO", title: "", alerts: [], total: 0, rule: null, at: now } as const;
  const deliveries = Array.from({ length: ROWS }, () => ({ channelId: channel.row.id, message, createdAt: now }));
  await server.store.alerts.save(
    Array.from({ length: ROWS }, (_, index) => makeAlert(index, now)),
    deliveries,
  );
  await addKeyHistory(now);
  await addJob();
  await server.store.flush();
});
afterAll(() => server.stop());

async function addKeyHistory(now: number) {
  const { id: keyId, providerId } = (await server.store.providerKeys.list())[0]!;
  owners.set("ProviderKey", keyId);
  const words = { errorClass: null, httpStatus: null, message: null, requestId: null };
  const change = { keyId, providerId, model: null, from: "active", to: "cooling", untilMs: null, ...words } as const;
  server.store.keyStates.save(
    [],
    [],
    Array.from({ length: ROWS }, (_, index) => ({ ...change, atMs: now + index })),
  );
}

async function addJob() {
  const { id: providerId } = (await server.store.providers.list())[0]!;
  const query = "mutation ($input: ImportProviderKeysInput!) { importProviderKeys(input: $input) { job { id } } }";
  const text = Array.from({ length: ROWS }, (_, index) => `sk-connection-${index}`).join(" ");
  const { data } = await server.ask(query, { input: { providerId, text } });
  owners.set("Job", data.importProviderKeys.job.id);
}

function makeAlert(index: number, now: number) {
  return {
    id: `alr_01a1ff7e-9e78-71ed-b343-5d3474c9110${index}`,
    ruleId: "arl_1",
    ruleName: "r",
    kind: "NO_TRAFFIC",
    severity: "INFO",
    subject: "",
    title: "t",
    detail: null,
    openedAt: now,
    lastSeenAt: now,
    resolvedAt: null,
    acknowledgedAt: null,
    mutedUntil: null,
    changedAt: now,
    occurrences: 1,
    told: null,
    toldAt: null,
  } as const;
}

const SELECTION =
  "{ edges { cursor node { __typename } } nodes { __typename } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount }";

interface Asked {
  readonly name: string;
  ask(page: string): Promise<{ connection: Answer; code: unknown }>;
}

const asked: Asked[] = [
  ...roots.map(({ name }) => ({
    name,
    async ask(page: string) {
      const { data, errors } = await server.ask(`{ ${name}(${page}) ${SELECTION} }`);
      return { connection: data?.[name] ?? null, code: errors?.[0]?.extensions.code };
    },
  })),
  ...nested
    .filter(({ type }) => OWNED.has(type.name))
    .map(({ type, field }) => ({
      name: `${type.name}.${field.name}`,
      async ask(page: string) {
        const query = `query ($id: ID!) { node(id: $id) { ... on ${type.name} { ${field.name}(${page}) ${SELECTION} } } }`;
        const { data, errors } = await server.ask(query, { id: owners.get(type.name) });
        return { connection: data?.node?.[field.name] ?? null, code: errors?.[0]?.extensions.code };
      },
    })),
];
const cursorsOf = (connection: Answer): string[] => connection.edges.map((edge: Answer) => edge.cursor);

describe("every connection", () => {
  test("is found, has Relay's arguments and needs no others", () => {
    expect(asked.length).toBeGreaterThan(6);
    for (const { args, name } of [...roots, ...nested.map(({ field }) => field)]) {
      const names = args.map((argument) => argument.name);
      expect({ name, names }).toEqual({ name, names: expect.arrayContaining(["first", "after", "last", "before"]) });
      expect(args.filter(isRequiredArgument)).toEqual([]);
    }
  });

  test.each(asked.map((one) => [one.name, one] as const))("%s", async (name, { ask }) => {
    const all = (await ask("first: 200")).connection;
    const cursors = cursorsOf(all);
    expect(new Set(cursors).size).toBe(cursors.length);
    expect(all.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    });

    // Forward, two by two.
    const forward: string[] = [];
    for (let after: string | null = null; ; ) {
      const { connection } = await ask(after === null ? "first: 2" : `first: 2, after: ${JSON.stringify(after)}`);
      const page = cursorsOf(connection);
      expect(page.length).toBeLessThanOrEqual(2);
      expect(connection.nodes).toHaveLength(page.length);
      forward.push(...page);
      expect(connection.pageInfo.hasNextPage).toBe(forward.length < cursors.length);
      if (!connection.pageInfo.hasNextPage) break;
      after = connection.pageInfo.endCursor;
    }
    expect(forward).toEqual(cursors);

    // Backward, two by two; the order of a page does not turn round.
    const backward: string[] = [];
    let before = READ_FROM_A_ROW.has(name) ? cursors.at(-1)! : null;
    if (before !== null) backward.unshift(before);
    while (backward.length < cursors.length) {
      const { connection } = await ask(before === null ? "last: 2" : `last: 2, before: ${JSON.stringify(before)}`);
      backward.unshift(...cursorsOf(connection));
      expect(connection.pageInfo.hasPreviousPage).toBe(backward.length < cursors.length);
      before = connection.pageInfo.startCursor;
    }
    expect(backward).toEqual(cursors);

    expect((await ask("first: 0")).connection.edges).toEqual([]);
    for (const page of ["first: 201", "last: 201"]) expect((await ask(page)).code).toBe("LIMIT_EXCEEDED");
    for (const page of ["first: 1, last: 1", "first: -1", 'first: 1, after: "nonsense"']) {
      expect({ page, code: (await ask(page)).code }).toEqual({ page, code: "BAD_USER_INPUT" });
    }
  });

  test("has rows in this test where it can: an empty list keeps every rule", async () => {
    const sizes = await Promise.all(asked.map(async ({ ask }) => (await ask("first: 200")).connection.edges.length));
    expect(sizes.filter((size) => size >= ROWS).length).toBeGreaterThan(6);
  });
});
