import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settingsSchema } from "../../src/settings.ts";
import { readEverything } from "../support/admin-fixtures.ts";
import { type AdminServer, type AdminServerOptions, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
});
afterEach(() => server.stop());

const FIELDS = "key value defaultValue source locked envVariable memo updatedBy";

async function read(key: string) {
  const { data } = await server.ask(`query ($key: String!) { setting(key: $key) { ${FIELDS} } }`, { key });
  return data.setting;
}

async function update(changes: readonly object[], expectedVersion?: number) {
  const { data } = await server.ask(
    `mutation ($input: UpdateSettingsInput!) {
      updateSettings(input: $input) {
        settings { ${FIELDS} } version restartRequired
        userErrors {
          __typename code field message
          ... on EnvLockedError { variable } ... on StaleVersionError { currentVersion current { id } }
        }
      }
    }`,
    { input: { changes, expectedVersion } },
  );
  return data.updateSettings;
}

describe("settings", () => {
  test("all of them are listed with what a form needs", async () => {
    const { data } = await server.ask(
      "{ settings { version nodes { key group title description unit value defaultValue schema source locked secret restartRequired } } }",
    );
    expect(data.settings.version).toBe(0);
    expect(data.settings.nodes.map(({ key }: { key: string }) => key).sort()).toEqual(
      Object.keys(settingsSchema.shape).sort(),
    );
    expect(data.settings.nodes.find(({ key }: { key: string }) => key === "pingIntervalMs")).toEqual({
      key: "pingIntervalMs",
      group: "TIMEOUTS",
      title: "Sign of life",
      description: "Sign of life to a waiting stream client",
      unit: "MILLISECONDS",
      value: 8000,
      defaultValue: 8000,
      schema: { type: "integer", minimum: 250, maximum: 60_000, default: 8000 },
      source: "DEFAULT",
      locked: false,
      secret: false,
      restartRequired: false,
    });
    for (const { title, description, schema } of data.settings.nodes) {
      expect([title, description].every((text) => text.length > 3)).toBe(true);
      expect(schema).toHaveProperty("type");
    }
  });

  test("a group is listed alone, and an unknown key is null", async () => {
    const { data } = await server.ask('{ settings(group: ACCESS) { nodes { key } } setting(key: "nope") { key } }');
    expect(data).toEqual({ settings: { nodes: [{ key: "allowAnonymous" }] }, setting: null });
  });

  test("a change is in force when it is answered, says who and why, and reset takes it back", async () => {
    const changed = await update([{ key: "maxAttempts", value: 7, memo: "flaky vendor" }]);
    expect(changed).toMatchObject({ version: 1, restartRequired: false, userErrors: [] });
    expect(changed.settings).toEqual([
      {
        key: "maxAttempts",
        value: 7,
        defaultValue: 3,
        source: "DATABASE",
        locked: false,
        envVariable: null,
        memo: "flaky vendor",
        updatedBy: "ADMIN_TOKEN",
      },
    ]);
    expect(server.snapshots.current.settings.maxAttempts).toBe(7);
    const reset = await update([{ key: "maxAttempts", reset: true }], 1);
    expect(reset).toMatchObject({ version: 2, settings: [{ value: 3, source: "DEFAULT", memo: null }] });
    expect(server.snapshots.current.settings.maxAttempts).toBe(3);
  });

  test("the audit log has the values before and after", async () => {
    await update([{ key: "maxAttempts", value: 7 }]);
    const { data } = await server.ask(
      "{ auditLog(first: 1) { nodes { action changes { subjectId field before after } } } }",
    );
    expect(data.auditLog.nodes).toEqual([
      { action: "updateSettings", changes: [{ subjectId: "settings", field: "maxAttempts", before: 3, after: 7 }] },
    ]);
  });

  test("what is set to what it is already changes nothing", async () => {
    await update([{ key: "maxAttempts", value: 7, memo: "why" }]);
    const before = await readEverything(server);
    const version = await server.store.history.version();
    expect(await update([{ key: "maxAttempts", value: 7 }])).toMatchObject({ version: 1, userErrors: [] });
    expect(await update([{ key: "pingIntervalMs", reset: true }])).toMatchObject({ version: 1, userErrors: [] });
    expect(await readEverything(server)).toEqual(before);
    expect(await server.store.history.version()).toBe(version);
  });

  const refusals: [what: string, changes: object[], code: string, field: string[]][] = [
    ["a key that is none", [{ key: "nope", value: 1 }], "NOT_FOUND", ["changes", "0", "key"]],
    ["a value of another type", [{ key: "maxAttempts", value: "3" }], "INVALID", ["changes", "0", "value"]],
    ["a value out of range", [{ key: "maxAttempts", value: 11 }], "OUT_OF_RANGE", ["changes", "0", "value"]],
    ["a choice that is none", [{ key: "requestContent", value: "all" }], "INVALID", ["changes", "0", "value"]],
    ["neither value nor reset", [{ key: "maxAttempts" }], "REQUIRED", ["changes", "0", "value"]],
    ["both", [{ key: "maxAttempts", value: 3, reset: true }], "INVALID", ["changes", "0", "value"]],
    ["no change", [], "OUT_OF_RANGE", ["changes"]],
    [
      "one good and one bad change",
      [
        { key: "pingIntervalMs", value: 900 },
        { key: "maxAttempts", value: 0 },
      ],
      "OUT_OF_RANGE",
      ["changes", "1", "value"],
    ],
    [
      "a key twice",
      [
        { key: "maxAttempts", value: 4 },
        { key: "maxAttempts", value: 5 },
      ],
      "INVALID",
      ["changes", "1", "key"],
    ],
  ];
  test.each(refusals)("%s is refused with its place, and nothing is written", async (_, changes, code, field) => {
    const before = await readEverything(server);
    const { userErrors, settings } = await update(changes);
    expect(userErrors).toMatchObject([{ code, field }]);
    expect(settings).toEqual([]);
    expect(await readEverything(server)).toEqual(before);
    expect(await server.store.history.version()).toBe(0);
  });

  test("what somebody else changed meanwhile is not overwritten", async () => {
    await update([{ key: "maxAttempts", value: 7 }], 0);
    const { userErrors } = await update([{ key: "pingIntervalMs", value: 900 }], 0);
    expect(userErrors).toMatchObject([
      { __typename: "StaleVersionError", field: ["expectedVersion"], currentVersion: 1, current: null },
    ]);
    expect((await read("pingIntervalMs")).source).toBe("DEFAULT");
  });

  test("what environment or file say stands before what is stored, and is locked with the name of the place", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-settings-"));
    const restart = async (fixedSettings: AdminServerOptions["fixedSettings"]) => {
      await server.stop();
      server = await startAdminServer({ dataDir, fixedSettings });
    };
    await restart({});
    await update([
      { key: "maxAttempts", value: 7 },
      { key: "allowAnonymous", value: true },
    ]);
    await restart({
      maxAttempts: { value: 5, source: "file", variable: "CONFIG_FILE" },
      allowAnonymous: { value: false, source: "env", variable: "ALLOW_ANONYMOUS_ACCESS" },
    });
    expect(await read("maxAttempts")).toMatchObject({
      value: 5,
      source: "FILE",
      locked: true,
      envVariable: "CONFIG_FILE",
    });
    expect(server.snapshots.current.settings).toMatchObject({ maxAttempts: 5, allowAnonymous: false });
    const { userErrors } = await update([
      { key: "allowAnonymous", reset: true },
      { key: "maxAttempts", value: 4 },
    ]);
    expect(userErrors).toMatchObject([
      { __typename: "EnvLockedError", code: "LOCKED_BY_ENV", variable: "ALLOW_ANONYMOUS_ACCESS" },
      { variable: "CONFIG_FILE", field: ["changes", "1", "key"] },
    ]);
    await restart({});
    expect(await read("maxAttempts")).toMatchObject({ value: 7, source: "DATABASE", locked: false });
    await rm(dataDir, { recursive: true });
  });
});
