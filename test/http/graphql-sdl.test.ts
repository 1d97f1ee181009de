import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildSchema } from "graphql";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());
const read = (headers: Record<string, string>) => fetch(`${server.url}/schema.graphql`, { headers });

test("the schema is text for whoever has a credential, and nothing for strangers", async () => {
  const response = await read({ authorization: `Bearer ${ADMIN_TOKEN}` });
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const text = await response.text();
  expect(buildSchema(text).getQueryType()?.getFields().viewer).toBeDefined();
  expect(text).toBe(await Bun.file(new URL("../../schema/schema.graphql", import.meta.url)).text());
  const again = await read({ authorization: `Bearer ${ADMIN_TOKEN}`, "if-none-match": response.headers.get("etag")! });
  expect(again.status).toBe(304);
  for (const headers of [{}, { authorization: "Bearer adm_wrong" }] as Record<string, string>[]) {
    const refused = await read(headers);
    expect(refused.status).toBe(401);
    expect(await refused.text()).not.toContain("Query");
  }
});
