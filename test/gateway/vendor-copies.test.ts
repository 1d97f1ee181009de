import { afterAll, beforeEach, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteOrphanCopies } from "../../src/control/files/vendor-copies.ts";
import { CLIENT_KEY, startApp, type TestApp } from "../support/app.ts";
import { FakeVendor, json, type Reply } from "../support/fake-vendor.ts";
import { geminiAnswer, messageAnswer, responseAnswer } from "../support/samples.ts";
import { type Answer, provider } from "./fixture.ts";

/** What lies of a file at a vendor: known after a restart, gone with the file. */
const KINDS = ["openai", "anthropic", "gemini"] as const;
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

let vendor: FakeVendor;
let dataDir: string;
beforeEach(async () => {
  vendor = await FakeVendor.start(reply);
  dataDir = await mkdtemp(join(tmpdir(), "sluice-copies-"));
  folders.push(dataDir);
});

const reply: Reply = (call) => {
  if (call.method === "DELETE") return json({ deleted: true })(call);
  switch (call.path) {
    case "/v1/files":
      return json({ id: `vendor-${call.key}` })(call);
    case "/upload/v1beta/files":
      return call.answer(200, "{}", { "x-goog-upload-url": `${vendor.origin}/upload/here` });
    case "/upload/here":
      return json({ file: { uri: `${vendor.origin}/v1beta/files/g1`, state: "ACTIVE" } })(call);
    case "/v1/responses":
      return json(responseAnswer())(call);
    case "/v1/messages":
      return json(messageAnswer())(call);
    default:
      return json(geminiAnswer())(call);
  }
};

const start = (change: object = {}) =>
  startApp({
    dataDir,
    config: {
      providers: [
        provider("openai", `${vendor.origin}/v1`, ["oa"], change),
        provider("anthropic", vendor.origin, ["an"]),
        provider("gemini", vendor.origin, ["ge"]),
      ],
      models: KINDS.map((kind) => ({ name: kind, targets: [{ provider: kind, model: `m-${kind}` }] })),
      settings: { maxRequestBytes: 100_000 },
    },
  });

async function upload(app: TestApp): Promise<string> {
  const form = new FormData();
  form.set("purpose", "user_data");
  form.set("file", new File(["%PDF-1.7 ".padEnd(150_000, "x")], "a.pdf", { type: "application/pdf" }));
  const headers = { authorization: `Bearer ${CLIENT_KEY}` };
  const answer = await fetch(`${app.url}/v1/files`, { method: "POST", headers, body: form });
  return ((await answer.json()) as Answer).id;
}

async function ask(app: TestApp, model: string, fileId: string): Promise<void> {
  const content = [{ type: "input_file", file_id: fileId }];
  const answer = await app.post("/v1/responses", { model, input: [{ role: "user", content }] });
  expect([model, answer.status, await answer.text()]).toEqual([model, 200, expect.any(String)]);
}

const remove = (app: TestApp, id: string) =>
  fetch(`${app.url}/v1/files/${id}`, { method: "DELETE", headers: { authorization: `Bearer ${CLIENT_KEY}` } });
const deletions = () => vendor.calls.filter(({ method }) => method === "DELETE").map(({ key, path }) => [key, path]);
const copies = (app: TestApp) => app.app.control.store.fileCopies.all(0);

test("a restart uploads nothing again, and what is deleted here is deleted at each vendor with the key that put it there", async () => {
  let app = await start();
  const file = await upload(app);
  for (const kind of KINDS) await ask(app, kind, file);
  await app.close();
  const before = vendor.calls.length;
  app = await start();
  for (const kind of KINDS) await ask(app, kind, file);
  expect(vendor.calls.slice(before).map(({ path }) => path)).toEqual([
    "/v1/responses",
    "/v1/messages",
    "/v1beta/models/m-gemini:generateContent",
  ]);

  await deleteOrphanCopies(app.app.control); // the file is there still
  expect(deletions()).toEqual([]);
  await remove(app, file);
  await deleteOrphanCopies(app.app.control);
  expect(deletions().sort()).toEqual([
    ["an", "/v1/files/vendor-an"],
    ["ge", "/v1beta/files/g1"],
    ["oa", "/v1/files/vendor-oa"],
  ]);
  expect(vendor.calls.find(({ key, method }) => key === "an" && method === "DELETE")!.headers["anthropic-beta"]).toBe(
    "files-api-2025-04-14",
  );
  await deleteOrphanCopies(app.app.control);
  expect(deletions()).toHaveLength(3);
  expect(await copies(app)).toEqual([]);
  await app.close();
  await vendor.close();
});

test("what a vendor does not delete now is asked for again, what it does not know is forgotten", async () => {
  const app = await start();
  const file = await upload(app);
  await ask(app, "openai", file);
  await remove(app, file);
  vendor.once(json({}, 503), json({}, 404));
  await deleteOrphanCopies(app.app.control);
  expect(await copies(app)).toHaveLength(1);
  await deleteOrphanCopies(app.app.control);
  expect(await copies(app)).toEqual([]);
  expect(deletions()).toHaveLength(2);
  await app.close();
  await vendor.close();
});

test("a copy that has ended is forgotten without a call, and the file is uploaded again", async () => {
  const app = await start();
  const file = await upload(app);
  await ask(app, "openai", file);
  const [copy] = await copies(app);
  const { fileCopies } = app.app.control.store;
  await fileCopies.save({ ...copy!, expiresAtMs: 1 });
  await deleteOrphanCopies(app.app.control);
  expect([await copies(app), deletions()]).toEqual([[], []]);
  await app.close();
  const again = await start();
  await ask(again, "openai", file);
  expect(vendor.calls.filter(({ path }) => path === "/v1/files")).toHaveLength(2);
  await again.close();
  await vendor.close();
});

test("a failure that is not about the request leaves the copy where it is", async () => {
  const app = await start();
  const file = await upload(app);
  await ask(app, "openai", file);
  vendor.once(json({ error: { message: "busy" } }, 503));
  await ask(app, "openai", file).catch(() => {});
  await ask(app, "openai", file);
  expect(vendor.calls.filter(({ path }) => path === "/v1/files")).toHaveLength(1);
  await app.close();
  await vendor.close();
});
