import { describe, expect, test } from "bun:test";
import { buildSchema, getNamedType, isObjectType, lexicographicSortSchema, validateSchema } from "graphql";
import { ACCESS } from "../../schema/access.ts";
import { FIELD_COSTS } from "../../schema/costs.ts";
import { schema } from "../../schema/index.ts";
import { printedSchema } from "../../schema/print.ts";

const committed = await Bun.file(new URL("../../schema/schema.graphql", import.meta.url)).text();

const SECRET_NAME = /secret|password|token$|proxyUrl|uri$|recovery/i;

describe("schema/schema.graphql", () => {
  test("is what the code prints (bun schema/print.ts)", () => {
    expect(committed === printedSchema).toBe(true);
  });

  test("is a valid schema on its own", () => {
    expect(validateSchema(lexicographicSortSchema(buildSchema(committed)))).toEqual([]);
  });

  test("holds no field that could answer a secret, besides those shown once", () => {
    const suspicious: string[] = [];
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith("__")) continue;
      for (const [name, field] of Object.entries(type.getFields())) {
        const isText = ["String", "JSON"].includes(getNamedType(field.type).name);
        if (isText && SECRET_NAME.test(name)) suspicious.push(`${type.name}.${name}`);
      }
    }
    expect(suspicious.sort()).toEqual([
      "AdminToken.secretPreview",
      "AdminTokenSecretPayload.secret",
      "AlertChannelPayload.signingSecret",
      "ClientKey.secretPreview",
      "ClientKeySecretPayload.secret",
      "DeletePayload.undoToken",
      "GeneratedClientKey.secret",
      "ImportPreviewRow.secretPreview",
      "InvitePayload.inviteToken",
      "JobItem.secretPreview",
      "ProviderKey.secretPreview",
      "PurgeRequestLogsPayload.confirmToken",
      "RecoveryCodesPayload.recoveryCodes",
      "RevealProviderKeySecretPayload.secret",
      "SetUpPayload.adminToken",
      "TotpEnrolmentPayload.secret",
      "TotpEnrolmentPayload.uri",
    ]);
  });

  test("every connection answers nodes, edges and page info", () => {
    const connections = Object.values(schema.getTypeMap()).filter((type) => type.name.endsWith("Connection"));
    expect(connections.length).toBeGreaterThan(4);
    for (const type of connections) {
      const fields = isObjectType(type) ? Object.keys(type.getFields()) : [];
      expect(fields).toEqual(expect.arrayContaining(["edges", "nodes", "pageInfo", "totalCount"]));
    }
  });

  test("every mutation's payload has userErrors", () => {
    for (const field of Object.values(schema.getMutationType()!.getFields())) {
      expect(String(field.type)).toEndWith("Payload!");
      const payload = schema.getType(String(field.type).slice(0, -1));
      expect(isObjectType(payload) && Object.keys(payload.getFields())).toContain("userErrors");
    }
  });
});

describe("the tables beside the schema", () => {
  const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
  const rootFields = roots.flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));

  test("every operation stands in the access table", () => {
    expect(rootFields.filter((field) => ACCESS[field] === undefined)).toEqual([]);
  });

  test("the access table names nothing that is not there", () => {
    expect(Object.keys(ACCESS).filter((name) => !exists(name))).toEqual([]);
  });

  test("only signing in, setting up and the viewer are open to anyone", () => {
    expect(Object.keys(ACCESS).filter((name) => ACCESS[name] === "anyone")).toEqual([
      "Query.viewer",
      "Mutation.signIn",
      "Mutation.setUp",
      "Mutation.acceptInvitation",
    ]);
  });

  test("the cost table names nothing that is not there", () => {
    expect(Object.keys(FIELD_COSTS).filter((name) => !exists(name))).toEqual([]);
  });
});

function exists(name: string): boolean {
  const [typeName, field] = name.split(".") as [string, string | undefined];
  const type = schema.getType(typeName);
  return isObjectType(type) && (field === undefined || type.getFields()[field] !== undefined);
}
