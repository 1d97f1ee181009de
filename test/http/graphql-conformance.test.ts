import { afterAll, beforeAll, expect, test } from "bun:test";
import { serverAudits } from "graphql-http";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const fetchFn = (input: string, init: RequestInit = {}) =>
  fetch(input, { ...init, headers: { ...(init.headers as object), authorization: `Bearer ${ADMIN_TOKEN}` } });
for (const audit of serverAudits({ url: () => server.url, fetchFn })) {
  test(audit.name, async () => {
    const result = await audit.fn();
    const reason = "reason" in result ? result.reason : null;
    expect({ status: result.status, reason }).toEqual({ status: "ok", reason: null });
  });
}
