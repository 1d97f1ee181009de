import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { learnQuirk } from "../../src/control/providers/provider-quirks.ts";
import { addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const FIELDS = "id version baseUrl quirks { quirk source since note } ignoredQuirks";
const ERRORS = "userErrors { __typename code message field }";
const update = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: UpdateProviderInput!) { updateProvider(input: $input) { provider { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.updateProvider;
const create = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: CreateProviderInput!) { createProvider(input: $input) { provider { ${FIELDS} } ${ERRORS} } }`,
      { input },
    )
  ).data.createProvider;
const read = async (id: string) =>
  (await server.ask(`query ($id: ID!) { provider(id: $id) { ${FIELDS} } }`, { id })).data.provider;
const forget = async (input: object) =>
  (
    await server.ask(
      `mutation ($input: ForgetProviderQuirkInput!) {
        forgetProviderQuirk(input: $input) { provider { ${FIELDS} } ${ERRORS} }
      }`,
      { input },
    )
  ).data.forgetProviderQuirk;

let count = 0;
const compatible = () => {
  const name = `compat-${++count}`;
  return addProvider(server, { name, kind: "OPENAI_COMPATIBLE", baseUrl: `https://${name}.example/v1` });
};
const inForce = (id: string) => [...server.snapshots.current.providersById.get(id)!.quirks];
const WORDS = "Unknown parameter: 'stream_options'.";

describe("quirks that a person sets", () => {
  test("are in force when the answer comes, in one order, each once", async () => {
    const { provider, userErrors } = await create({
      name: "set",
      kind: "OPENAI_COMPATIBLE",
      baseUrl: "https://set.example/v1",
      quirks: ["NO_JSON_SCHEMA", "NO_DEVELOPER_ROLE", "NO_JSON_SCHEMA"],
    });
    expect(userErrors).toEqual([]);
    expect(provider.quirks).toEqual([
      { quirk: "NO_DEVELOPER_ROLE", source: "CONFIGURED", since: null, note: null },
      { quirk: "NO_JSON_SCHEMA", source: "CONFIGURED", since: null, note: null },
    ]);
    expect(inForce(provider.id)).toEqual(["no_developer_role", "no_json_schema"]);
    const changed = await update({ id: provider.id, quirks: ["ECHO_REASONING"], ignoredQuirks: ["NO_JSON_SCHEMA"] });
    expect(changed.provider).toMatchObject({
      quirks: [{ quirk: "ECHO_REASONING" }],
      ignoredQuirks: ["NO_JSON_SCHEMA"],
    });
    expect(inForce(provider.id)).toEqual(["echo_reasoning"]);
    expect([...server.snapshots.current.providersById.get(provider.id)!.ignoredQuirks]).toEqual(["no_json_schema"]);
  });

  test("belong to upstreams of OpenAI's format", async () => {
    for (const input of [{ quirks: ["ECHO_REASONING"] }, { ignoredQuirks: ["ECHO_REASONING"] }]) {
      const { userErrors } = await expectNothingWritten(server, () =>
        create({ name: "claude", kind: "ANTHROPIC", ...input }),
      );
      expect(userErrors).toMatchObject([{ code: "INVALID", field: Object.keys(input) }]);
    }
  });

  test("cannot be set and ignored at once", async () => {
    const { id } = await compatible();
    await update({ id, quirks: ["ECHO_REASONING"] });
    const { userErrors } = await expectNothingWritten(server, () => update({ id, ignoredQuirks: ["ECHO_REASONING"] }));
    expect(userErrors).toMatchObject([{ code: "INVALID", field: ["ignoredQuirks"] }]);
  });
});

describe("quirks that the gateway learns", () => {
  test("are kept with the time and the upstream's words, and are in force, without a new version", async () => {
    const { id, version } = await compatible();
    const before = Date.now();
    expect(await learnQuirk(server.control, id, "no_stream_options", `  ${WORDS}\n\u0000${"x".repeat(1000)}`)).toBe(
      true,
    );
    const provider = await read(id);
    expect(provider.version).toBe(version);
    expect(provider.quirks).toMatchObject([{ quirk: "NO_STREAM_OPTIONS", source: "LEARNED" }]);
    expect(provider.quirks[0].note).toStartWith(`${WORDS} xxx`);
    expect(provider.quirks[0].note).toHaveLength(500);
    expect(Date.parse(provider.quirks[0].since)).toBeGreaterThanOrEqual(before);
    expect(inForce(id)).toEqual(["no_stream_options"]);
  });

  test("are learned once: the first words stay, and nobody is told again", async () => {
    const { id } = await compatible();
    await learnQuirk(server.control, id, "max_tokens_only", "first");
    await expectNothingWritten(server, async () => {
      expect(await learnQuirk(server.control, id, "max_tokens_only", "second")).toBe(false);
    });
    expect((await read(id)).quirks).toMatchObject([{ note: "first" }]);
  });

  test("are the person's when the person has set them too", async () => {
    const { id } = await compatible();
    await learnQuirk(server.control, id, "max_tokens_only", WORDS);
    await update({ id, quirks: ["MAX_TOKENS_ONLY"] });
    expect((await read(id)).quirks).toEqual([
      { quirk: "MAX_TOKENS_ONLY", source: "CONFIGURED", since: null, note: null },
    ]);
    await update({ id, quirks: [] });
    expect((await read(id)).quirks).toMatchObject([{ source: "LEARNED", note: WORDS }]);
  });

  test("can be forgotten, and then learned anew", async () => {
    const { id } = await compatible();
    await learnQuirk(server.control, id, "reasoning_field", WORDS);
    const { provider, userErrors } = await forget({ providerId: id, quirk: "REASONING_FIELD" });
    expect([provider.quirks, userErrors, inForce(id)]).toEqual([[], [], []]);
    expect(await learnQuirk(server.control, id, "reasoning_field", WORDS)).toBe(true);
    expect(inForce(id)).toEqual(["reasoning_field"]);
  });

  test("stay away for good when they are ignored", async () => {
    const { id } = await compatible();
    await learnQuirk(server.control, id, "reasoning_field", WORDS);
    const { provider } = await update({ id, ignoredQuirks: ["REASONING_FIELD", "NO_JSON_SCHEMA"] });
    expect([provider.quirks, inForce(id)]).toEqual([[], []]);
    await expectNothingWritten(server, async () => {
      expect(await learnQuirk(server.control, id, "no_json_schema", WORDS)).toBe(false);
    });
  });

  test("are void when the provider moves to another address", async () => {
    const { id } = await compatible();
    await learnQuirk(server.control, id, "reasoning_field", WORDS);
    await update({ id, memo: "still there" });
    expect(inForce(id)).toEqual(["reasoning_field"]);
    await update({ id, baseUrl: "https://other.example/v1" });
    expect(inForce(id)).toEqual([]);
  });

  test("of a provider that is gone are nobody's", async () => {
    await expectNothingWritten(server, async () => {
      expect(await learnQuirk(server.control, "prv_0", "reasoning_field", WORDS)).toBe(false);
      const { userErrors } = await forget({ providerId: "prv_0", quirk: "REASONING_FIELD" });
      expect(userErrors).toMatchObject([{ __typename: "NotFoundError", field: ["providerId"] }]);
    });
  });
});

describe("presets", () => {
  test("are what a provider can be made of", async () => {
    const { data } = await server.ask("{ providerPresets { id name kind baseUrl keyUrl keyPrefixes model quirks } }");
    const deepseek = data.providerPresets.find(({ id }: { id: string }) => id === "deepseek");
    expect(deepseek).toMatchObject({
      name: "DeepSeek",
      kind: "OPENAI_COMPATIBLE",
      baseUrl: "https://api.deepseek.com/v1",
      keyUrl: "https://platform.deepseek.com/api_keys",
      quirks: ["NO_DEVELOPER_ROLE", "ECHO_REASONING", "NO_JSON_SCHEMA"],
    });
    for (const { id, kind, baseUrl, quirks } of data.providerPresets) {
      if (kind === "COZE" || kind === "AZURE_OPENAI" || baseUrl?.startsWith("http://127.")) continue;
      const { userErrors } = await create({ name: `of ${id}`, kind, baseUrl, quirks });
      expect({ id, userErrors }).toEqual({ id, userErrors: [] });
    }
  });
});
