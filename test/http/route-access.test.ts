import { expect, test } from "bun:test";
import { ROUTE_ACCESS } from "../../src/http/route-access.ts";
import { createApp, type ServerParts } from "../../src/http/server.ts";

test("every route of the server stands in the table of who may use it, and no other", () => {
  const app = createApp({} as ServerParts, () => {
    throw new Error("not listening");
  });
  const routes = app.routes.map(({ method, path }) => `${method} ${path}`);
  expect(routes.length).toBeGreaterThan(10);
  expect(routes.toSorted()).toEqual(Object.keys(ROUTE_ACCESS).toSorted());
});

test("an answer of the data plane goes to Bun as it is, by no async function of Elysia's", () => {
  const app = createApp({} as ServerParts, () => {
    throw new Error("not listening");
  });
  for (const path of ["/v1/*", "/v1beta/*", "/openai/*"]) {
    const handle = app.routes.find((route) => route.path === path)!.compile();
    expect(handle.constructor.name).toBe("Function");
    expect(handle.toString()).not.toContain("await");
  }
});
