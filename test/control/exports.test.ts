import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { csvCell, lineOf } from "../../src/control/exports/table.ts";
import { addClientKey } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { tokenPrincipal } from "../support/principals.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
const startedAt = Date.now() - 3_600_000;
const FORMULA = "=cmd|'/c calc'!A1,\"x\"";

beforeAll(async () => {
  server = await startAdminServer();
  const client = await addClientKey(server, { name: "app, the first" });
  for (let index = 0; index < 1234; index++) {
    const failed = index % 100 === 7;
    server.store.record(
      makeRecord({
        receivedAtMs: startedAt + index,
        clientKeyId: client.id,
        status: failed ? "error" : "success",
        httpStatus: failed ? 502 : 200,
        errorClass: failed ? "upstream_error" : null,
        errorText: failed ? FORMULA : null,
      }),
    );
  }
  await server.store.flush();
});
afterAll(() => server.stop());

const JOB = "job { id kind state total succeeded error resultFile { name bytes } } userErrors { code message }";

/** The file of a job that has ended. */
async function fileOf(mutation: string, input: object, type: string): Promise<{ job: Answer; text: string }> {
  const started = await server.ask(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${JOB} } }`, { input });
  expect(started.errors).toBeUndefined();
  const { id } = started.data[mutation].job;
  await server.control.jobs.settled(id, 60_000);
  const { data } = await server.ask(
    `query ($id: ID!) { job(id: $id) { ${JOB.slice(6, JOB.indexOf(" } userErrors"))} } }`,
    { id },
  );
  return { job: data.job, text: await Bun.file(server.control.jobs.filePath(id)).text() };
}

describe("an export of the request log", () => {
  const ask = (input: object) => fileOf("exportRequestLogs", input, "ExportRequestLogsInput");

  test("has a line for each request that the filter finds, newest first, over many pages", async () => {
    const { job, text } = await ask({ format: "JSONL" });
    expect(job).toMatchObject({
      kind: "EXPORT_REQUEST_LOGS",
      state: "SUCCEEDED",
      total: 1234,
      succeeded: 1234,
      error: null,
    });
    expect(job.resultFile).toEqual({ name: "requests.jsonl", bytes: Buffer.byteLength(text) });
    const rows = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(1234);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1234);
    const times = rows.map(({ received_at: at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    expect(rows[0]).toMatchObject({
      status: "success",
      cost_usd: "0.0049",
      input_tokens: 1000,
      client_key: "app, the first",
    });
  });

  test("as CSV quotes, and no cell is a formula", async () => {
    const { text } = await ask({ filter: { statuses: ["ERROR"] } });
    const lines = text.trim().split("\r\n");
    expect(lines).toHaveLength(14);
    expect(lines[0]).toStartWith("id,received_at,");
    expect(lines[1]).toContain(`"'=cmd|'/c calc'!A1,""x"""`);
    expect(lines[1]).toContain('"app, the first"');
  });

  test("is refused where only running requests could match", async () => {
    const answer = await server.ask(
      `mutation { exportRequestLogs(input: { filter: { statuses: [PENDING] } }) { ${JOB} } }`,
    );
    expect(answer.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
    const { data } = await server.ask("{ jobs(filter: { states: [QUEUED, RUNNING] }) { totalCount } }");
    expect(data.jobs.totalCount).toBe(0);
  });
});

test("an export of usage has a line for each bucket and group, with its name", async () => {
  const input = { range: { from: "now-1d" }, groupBy: ["CLIENT_KEY", "STATUS"], interval: "HOUR", format: "JSONL" };
  const { job, text } = await fileOf("exportUsage", input, "ExportUsageInput");
  expect(job.state).toBe("SUCCEEDED");
  const rows = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const sum = (status: string) =>
    rows.filter((row) => row.status === status).reduce((total, row) => total + row.requests, 0);
  expect([sum("success"), sum("error")]).toEqual([1221, 13]);
  expect(rows[0].client_label).toBe("app, the first");
});

test("an export of usage by tags has a line for those who have none", async () => {
  const input = { range: { from: "now-1d" }, groupBy: ["CLIENT_KEY_TAG"], interval: "MONTH", format: "CSV" };
  const { text } = await fileOf("exportUsage", input, "ExportUsageInput");
  const [head, first] = text.split("\r\n");
  expect(head).toStartWith("bucket,clientTag,clientTag_label,requests,");
  expect(first).toContain(",,Untagged,");
});

test.each([
  ["=1+1", "'=1+1"],
  ["+49 30", "'+49 30"],
  ["-2", "'-2"],
  ["@x", "'@x"],
  ["\tx", "'\tx"],
  ['a"b', '"a""b"'],
  ["a\nb", '"a\nb"'],
  ["plain", "plain"],
])("a cell %j is written %j", (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});

test("numbers stay numbers, nothing stays empty", () => {
  expect(lineOf("CSV", ["a", "b", "c", "d"], { a: -2, b: null, c: true })).toBe("-2,,true,\r\n");
});

describe("an export of the audit log", () => {
  const ask = (input: object) => fileOf("exportAuditLog", input, "ExportAuditLogInput");

  test("has a line for each entry that the filter finds, newest first, and not its own", async () => {
    for (let index = 0; index < 230; index++) {
      await server.control.audit.write(
        { principal: tokenPrincipal(), address: "127.0.0.1" },
        {
          action: "updateModel",
          outcome: "done",
          code: null,
          subjects: [{ id: "mdl_1", label: `m${index}` }],
          changes: [],
          input: { index },
        },
      );
    }
    const { job, text } = await ask({ format: "JSONL", filter: { actions: ["updateModel", "exportAuditLog"] } });
    expect(job).toMatchObject({ kind: "EXPORT_AUDIT_LOG", state: "SUCCEEDED", total: 230, succeeded: 230 });
    const entries = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(entries.map(({ input }) => input.index)).toEqual(Array.from({ length: 230 }, (_, index) => 229 - index));
    expect(entries[0]).toMatchObject({
      actor: "ADMIN_TOKEN",
      address: "127.0.0.1",
      outcome: "done",
      subjects: [{ id: "mdl_1", label: "m229" }],
    });
    const { data } = await server.ask(
      '{ auditLog(filter: { actions: ["exportAuditLog"] }) { nodes { outcome subjects { id } } } }',
    );
    expect(data.auditLog.nodes).toEqual([{ outcome: "DONE", subjects: [{ id: job.id }] }]);
  });

  test("as CSV has the JSON of what is no single value in a cell", async () => {
    const { text } = await ask({ filter: { subjectId: "mdl_1", range: { from: "now-1h" } } });
    const [head, first] = text.split("\r\n");
    expect(head).toBe(
      "id,at,actor_id,actor,token_id,session_id,address,action,outcome,code,times,subjects,changes,input",
    );
    expect(first).toEndWith(',updateModel,done,,1,"[{""id"":""mdl_1"",""label"":""m229""}]",[],"{""index"":229}"');
  });

  test("is for those who may read the audit log", async () => {
    const made = await server.ask(
      'mutation { createAdminToken(input: { name: "reader", scopes: [USAGE_READ, LOGS_READ] }) { secret } }',
    );
    const { errors } = await server.ask(
      "mutation { exportAuditLog(input: {}) { job { id } } }",
      {},
      {
        token: made.data.createAdminToken.secret,
      },
    );
    expect(errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    const { data } = await server.ask("{ jobs { nodes { kind } } }", {}, { token: made.data.createAdminToken.secret });
    expect(data.jobs.nodes.map(({ kind }: Answer) => kind)).not.toContain("EXPORT_AUDIT_LOG");
  });
});
