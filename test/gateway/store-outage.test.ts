import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";
import { type Answer, type Gateway, startGateway } from "./fixture.ts";

const CREATE = `mutation { createClientKey(input: { name: "late" }) { clientKey { id } userErrors { code } } }`;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [{ name: "p", kind: "openai", baseUrl: `${origin}/v1`, keys: [{ secret: "sk-1" }] }],
    reply: json(chatAnswer()),
  });
});
afterAll(() => gateway.close());

describe("a configuration database that another program holds locked", () => {
  test("is told to whoever wants to change something, once, and the requests of clients go on", async () => {
    const held = new Database(join(gateway.dataDir, "sluice.db"));
    held.run("BEGIN EXCLUSIVE");
    let isOver = false;
    const startedAt = performance.now();
    const refused = gateway.graphql(CREATE).finally(() => {
      isOver = true;
    });
    let answered = 0;
    while (!isOver) {
      const { status } = await gateway.send("/v1/chat/completions", { model: "m", messages: [] });
      expect(status).toBe(200);
      answered++;
    }
    const { errors } = (await refused) as Answer;
    held.run("ROLLBACK");
    held.close();
    expect(errors).toMatchObject([
      {
        message:
          "The store cannot be used at the moment: the database is locked by another program. Try again when that is mended.",
        extensions: { code: "STORE_UNAVAILABLE" },
      },
    ]);
    expect(answered).toBeGreaterThan(20);
    // The audit log stands in the same file: it is not waited for a second time.
    expect(performance.now() - startedAt).toBeLessThan(5900);
    expect(await gateway.graphql(CREATE)).toMatchObject({ data: { createClientKey: { userErrors: [] } } });
    // The entry of the failed one was written when it could be: before or after this one's.
    const { data } = (await gateway.graphql("{ auditLog(first: 5) { nodes { action outcome code } } }")) as Answer;
    expect(data.auditLog.nodes).toContainEqual({ action: "createClientKey", outcome: "DONE", code: null });
  }, 60_000);
});
