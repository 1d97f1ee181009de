import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expireFiles, expireResponses } from "../../src/control/clients/client-expiry.ts";
import { addClientKey, addKey, addModel, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

async function mutate(name: string, type: string, input: object, fields: string): Promise<Answer> {
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code message field } } }`;
  const { data, text } = await server.ask(query, { input });
  if (!data) throw new Error(text);
  return data[name];
}
const remove = (nouns: string, ids: string[]) =>
  mutate(`delete${nouns}`, "DeleteInput", { ids }, "deletedIds undoToken undoableUntil");
const restore = (nouns: string, undoToken: string) =>
  mutate(`restore${nouns}`, "RestoreInput", { undoToken }, "restoredIds conflictingIds");
const done = (restoredIds: string[], conflictingIds: string[] = []) => ({
  restoredIds,
  conflictingIds,
  userErrors: [],
});

describe("a deletion that is taken back", () => {
  test("of models: with names and targets, and what was done since stays", async () => {
    const { id: providerId } = await addProvider(server, { name: "models" });
    const one = await addModel(server, providerId, { name: "one", aliases: ["uno"] });
    const two = await addModel(server, providerId, { name: "two" });
    const before = await server.store.models.get(one.id);
    const { deletedIds, undoToken, undoableUntil } = await remove("Models", [one.id, two.id]);
    expect(deletedIds.toSorted()).toEqual([one.id, two.id].toSorted());
    expect(Date.parse(undoableUntil) - server.control.now()).toBeWithin(590_000, 600_001);
    expect(server.snapshots.current.models.has("uno")).toBe(false);
    const three = await addModel(server, providerId, { name: "three" });

    expect(await restore("Models", undoToken)).toMatchObject({ conflictingIds: [], userErrors: [] });
    const { version, updatedAt, ...values } = (await server.store.models.get(one.id))!;
    expect(before).toMatchObject(values);
    expect([version > before!.version, updatedAt >= before!.updatedAt]).toEqual([true, true]);
    expect(["uno", "two", "three"].map((name) => server.snapshots.current.models.has(name))).toEqual([
      true,
      true,
      true,
    ]);
    const again = await expectNothingWritten(server, () => restore("Models", undoToken));
    expect(again.userErrors).toMatchObject([{ code: "CONFLICT", field: ["undoToken"] }]);
    await remove("Models", [one.id, two.id, three.id]);
  });

  test("leaves a name with whoever took it meanwhile, and says so", async () => {
    const { id: providerId } = await addProvider(server, { name: "taken" });
    const model = await addModel(server, providerId, { name: "wanted", aliases: ["also"] });
    const other = await addModel(server, providerId, { name: "free" });
    const deletion = await remove("Models", [model.id, other.id]);
    const thief = await addModel(server, providerId, { name: "also" });
    expect(await restore("Models", deletion.undoToken)).toEqual(done([other.id], [model.id]));
    expect(await server.store.models.get(model.id)).toBeNull();
    const { undoToken } = await remove("Models", [other.id]);
    const second = await addModel(server, providerId, { name: "free" });
    const refused = await expectNothingWritten(server, () => restore("Models", undoToken));
    expect(refused.userErrors).toMatchObject([{ code: "CONFLICT" }]);
    await remove("Models", [thief.id, second.id]);
  });

  test("of a provider: with its keys and their secrets", async () => {
    const { id } = await addProvider(server, { name: "whole" });
    const kept = await addKey(server, id, { secret: "sk-comes-back-0001" });
    const single = await addKey(server, id, { secret: "sk-deleted-before-1" });
    await server.ask(`mutation { deleteProviderKeys(input: { selection: { ids: ["${single.id}"] } }) { deletedIds } }`);
    const { undoToken } = await remove("Providers", [id]);
    expect(await server.store.providerKeys.list()).toEqual([]);
    expect(await restore("Providers", undoToken)).toEqual(done([id]));
    const [provider] = [server.snapshots.current.providersById.get(id)!];
    expect(provider.keys.map((key) => key.id)).toEqual([kept.id]);
    expect((await server.store.providerKeys.open(kept.id))!.secret.reveal()).toBe("sk-comes-back-0001");
  });

  test("does not bring keys back without their provider", async () => {
    const { id } = await addProvider(server, { name: "contested" });
    await addKey(server, id);
    const { undoToken } = await remove("Providers", [id]);
    await addProvider(server, { name: "contested" });
    const refused = await expectNothingWritten(server, () => restore("Providers", undoToken));
    expect(refused.userErrors).toMatchObject([{ code: "CONFLICT" }]);
  });

  test("of a client key: its secret works again, with the files and responses it had", async () => {
    const client = await addClientKey(server, { name: "leaving" });
    const upload = await server.store.files.begin(server.snapshots.current.settings);
    await upload.write(new TextEncoder().encode("notes"));
    const text = { filename: "a.txt", mediaType: "text/plain", purpose: "user_data", userId: null, expiresAtMs: null };
    const file = await upload.finish({ ...text, clientKeyId: client.id });
    const createdAtMs = server.control.now();
    const response = { id: "resp_1", root: "resp_1", previousId: null, createdAtMs, input: "[]", response: "{}" };
    server.store.responses.save({ ...response, owner: client.id });
    const expire = () => Promise.all([expireFiles(server.control), expireResponses(server.control)]);
    const had = async () => [
      (await server.store.files.get(file.id))?.id,
      (await server.store.responses.chain("resp_1")).length,
    ];

    const { undoToken } = await remove("ClientKeys", [client.id]);
    const count = server.snapshots.current.clientKeysByHash.size;
    await expire();
    expect(await had()).toEqual([file.id, 1]);
    expect(await restore("ClientKeys", undoToken)).toEqual(done([client.id]));
    expect(server.snapshots.current.clientKeysByHash.size).toBe(count + 1);

    const last = await remove("ClientKeys", [client.id]);
    server.advance(600_001);
    const late = await expectNothingWritten(server, () => restore("ClientKeys", last.undoToken));
    expect(late.userErrors).toMatchObject([{ code: "CONFLICT", field: ["undoToken"] }]);
    await expire();
    expect(await had()).toEqual([undefined, 0]);
  });
});

describe("files that were deleted", () => {
  test("cannot be read, and come back for ten minutes", async () => {
    const { files } = server.store;
    const upload = await files.begin(server.snapshots.current.settings);
    await upload.write(new TextEncoder().encode("notes"));
    const values = { filename: "a.txt", mediaType: "text/plain", purpose: "user_data", userId: null };
    const file = await upload.finish({ ...values, clientKeyId: null, expiresAtMs: null });
    const first = await remove("Files", [file.id]);
    expect(await files.get(file.id)).toBeNull();
    expect((await server.ask("{ files { totalCount } }")).data.files.totalCount).toBe(0);
    await expireFiles(server.control);
    expect(await restore("Files", first.undoToken)).toEqual(done([file.id]));
    expect(await new Response(files.content((await files.get(file.id))!)).text()).toBe("notes");
    const { undoToken } = await remove("Files", [file.id]);
    server.advance(600_001);
    expect((await restore("Files", undoToken)).userErrors).toMatchObject([{ code: "CONFLICT" }]);
    await expireFiles(server.control);
    expect(await files.delete([file.id])).toEqual([]);
  });
});

test("a token of one noun is none of another, and none that was made up", async () => {
  const client = await addClientKey(server, { name: "token" });
  const { undoToken } = await remove("ClientKeys", [client.id]);
  for (const [nouns, token] of [
    ["Models", undoToken],
    ["Providers", undoToken],
    ["ClientKeys", `${Number.parseInt(undoToken, 10) - 1}${undoToken.slice(undoToken.indexOf("."))}`],
    ["ClientKeys", "x"],
  ]) {
    const refused = await expectNothingWritten(server, () => restore(nouns!, token!));
    expect(refused.userErrors).toMatchObject([{ code: "INVALID", field: ["undoToken"] }]);
  }
});

test("what deletes nothing has no token", async () => {
  expect(await remove("Models", ["mdl_none"])).toEqual({
    deletedIds: [],
    undoToken: null,
    undoableUntil: null,
    userErrors: [],
  });
});
