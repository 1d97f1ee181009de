import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GraphQLField, getNamedType, isCompositeType, isRequiredArgument } from "graphql";
import { ACCESS } from "../../schema/access.ts";
import { schema } from "../../schema/index.ts";
import { addClientKey, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let clientSecret: string;
beforeAll(async () => {
  server = await startAdminServer();
  await addProvider(server);
  clientSecret = (await addClientKey(server)).secret;
});
afterAll(() => server.stop());

const operations = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap((type) =>
  Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, type: type.name, field })),
);
const closed = operations.filter(({ name }) => ACCESS[name] !== "anyone");

/** A document that calls the field with nothing but variables that are never given: access must be looked at first. */
function documentFor(type: string, field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter(isRequiredArgument);
  const variables = required.map((arg) => `$${arg.name}: ${arg.type}`).join(", ");
  const args = required.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const selection = isCompositeType(getNamedType(field.type)) ? "{ __typename }" : "";
  const head = variables === "" ? "" : `(${variables})`;
  return `${type.toLowerCase()} ${head} { ${field.name}${args === "" ? "" : `(${args})`} ${selection} }`;
}

describe("a stranger", () => {
  test.each(closed.map((operation) => [operation.name, operation] as const))(
    "may not use %s",
    async (_name, operation) => {
      const reply = await expectNothingWritten(server, () =>
        server.ask(documentFor(operation.type, operation.field), {}, { token: null }),
      );
      expect(reply.status).toBe(401);
      expect(reply.errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
      expect(reply.data ?? null).toBeNull();
    },
  );

  test("may not hide a closed field behind an open one, an alias or a fragment", async () => {
    for (const query of [
      "{ viewer { kind } providers { totalCount } }",
      "{ viewer: providers { totalCount } }",
      "{ ...F } fragment F on Query { viewer { kind } ...G } fragment G on Query { providers { totalCount } }",
      "{ ... on Query { models { totalCount } } }",
    ]) {
      const reply = await server.ask(query, {}, { token: null });
      expect(reply.errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    }
  });

  test("learns nothing about the schema", async () => {
    for (const query of [
      "{ __schema { types { name } } }",
      '{ __type(name: "ProviderKey") { name } }',
      "{ provider { id } }",
      "{ nosuch }",
    ]) {
      const reply = await server.ask(query, {}, { token: null });
      expect(reply.status).toBe(401);
      expect(reply.text).not.toContain("Did you mean");
    }
    const typo = await server.ask("{ viewer { kin } }", {}, { token: null });
    expect(typo.errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    expect(typo.text).not.toContain("Did you mean");
    expect((await server.ask("{ viewer { kin } }")).text).toContain("Did you mean");
    const inside = await server.ask(
      "{ viewer { __typename kind scopes setupRequired session { expiresAt } } }",
      {},
      { token: null },
    );
    expect(inside.data.viewer).toEqual({
      __typename: "Viewer",
      kind: "ANONYMOUS",
      scopes: [],
      setupRequired: false,
      session: null,
    });
  });

  test("is not let in by a client key", async () => {
    const reply = await server.ask("{ viewer { kind } }", {}, { token: clientSecret });
    expect(reply.status).toBe(401);
  });
});

describe("who has signed in", () => {
  test("may use every query", async () => {
    for (const { type, field } of closed) {
      if (type !== "Query" || field.args.some(isRequiredArgument) || field.name === "model") continue;
      const reply = await server.ask(documentFor(type, field));
      expect([field.name, reply.errors]).toEqual([field.name, undefined]);
    }
  });

  test("may read the schema", async () => {
    const reply = await server.ask(
      "{ __schema { queryType { name } types { name fields { name type { name ofType { name } } } } } }",
    );
    expect(reply.data.__schema.queryType.name).toBe("Query");
  });
});
