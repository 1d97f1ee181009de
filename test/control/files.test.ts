import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Answer, type Gateway, startGateway } from "../gateway/fixture.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { eventually } from "../support/stream-reader.ts";

let gateway: Gateway;
let clientKeyId = "";
beforeAll(async () => {
  gateway = await startGateway({ providers: () => [], settings: { maxFileBytes: 300_000, filesMaxBytes: 1_048_576 } });
  clientKeyId = [...gateway.app.gateway.snapshots.current.clientKeysByHash.values()][0]!.id;
});
afterAll(() => gateway.close());

const FILE = "id filename contentType bytes sha256 purpose clientKey { id name } createdAt expiresAt downloadUrl";
const ERRORS = "userErrors { __typename code field message }";
const ask = (query: string, variables = {}) => gateway.graphql(query, variables) as Promise<Answer>;
const announce = async (input: object) =>
  (
    await ask(
      `mutation($i: CreateUploadInput!) { createUpload(input: $i) { uploadId uploadUrl expiresAt ${ERRORS} } }`,
      { i: input },
    )
  ).data.createUpload as Answer;
const complete = async (uploadId: string) =>
  (
    await ask(`mutation($i: ID!) { completeUpload(input: { uploadId: $i }) { file { ${FILE} } ${ERRORS} } }`, {
      i: uploadId,
    })
  ).data.completeUpload as Answer;
const put = (path: string, body: BodyInit) => fetch(`${gateway.url}${path}`, { method: "PUT", body });
const onDisk = () => {
  try {
    return readdirSync(join(gateway.dataDir, "files"));
  } catch {
    return []; // no file yet
  }
};

async function upload(content: Uint8Array<ArrayBuffer>, input: object = {}): Promise<Answer> {
  const { uploadId, uploadUrl } = await announce({ filename: "notes.txt", bytes: content.length, ...input });
  expect((await put(uploadUrl, content)).status).toBe(204);
  return (await complete(uploadId)).file;
}

describe("a person's upload", () => {
  test("is announced, sent once and completed; its link downloads it", async () => {
    const content = crypto.getRandomValues(new Uint8Array(65_000));
    const { uploadId, uploadUrl, expiresAt, userErrors } = await announce({
      filename: "../a/paper.pdf",
      bytes: 65_000,
    });
    expect([userErrors, uploadUrl]).toEqual([[], expect.stringMatching(/^\/files\/upload\/[0-9a-f]{64}$/)]);
    expect(Date.parse(expiresAt) - Date.now()).toBeWithin(590_000, 601_000);
    expect((await complete(uploadId)).userErrors).toMatchObject([{ code: "CONFLICT", field: ["uploadId"] }]);
    expect((await put(uploadUrl, content)).status).toBe(204);
    expect((await put(uploadUrl, content)).status).toBe(404); // it works once
    const { file } = await complete(uploadId);
    expect(file.id).toMatch(/^fil_/);
    expect(file).toMatchObject({
      filename: "paper.pdf",
      contentType: "application/pdf",
      bytes: 65_000,
      sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
      purpose: "user_data",
      clientKey: null,
      expiresAt: null,
    });
    expect((await complete(uploadId)).userErrors).toMatchObject([{ __typename: "NotFoundError" }]);

    const download = await fetch(`${gateway.url}${file.downloadUrl}`);
    expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true);
    expect(download.headers.get("content-disposition")).toStartWith('attachment; filename="paper.pdf"');
    expect(download.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    expect(download.headers.get("x-content-type-options")).toBe("nosniff");
    const part = await fetch(`${gateway.url}${file.downloadUrl}`, { headers: { range: "bytes=-5" } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 5]);
  });

  test("may be for a client, who finds it among its own", async () => {
    const file = await upload(Buffer.from("hello"), { clientKeyId, purpose: "batch", contentType: "text/x-notes" });
    expect(file).toMatchObject({ clientKey: { id: clientKeyId }, purpose: "batch", contentType: "text/x-notes" });
    const seen = await fetch(`${gateway.url}/v1/files/${file.id}`, {
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    expect(await seen.json()).toMatchObject({ id: file.id, bytes: 5, purpose: "batch" });
  });

  test("of what people uploaded for themselves no client sees anything", async () => {
    const file = await upload(Buffer.from("ours"));
    const seen = await fetch(`${gateway.url}/v1/files/${file.id}`, {
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    expect(seen.status).toBe(404);
  });
});

describe("an upload is refused and leaves nothing", () => {
  test.each([
    [{ filename: " ", bytes: 1 }, "filename", "REQUIRED"],
    [{ filename: "x".repeat(300), bytes: 1 }, "filename", "TOO_LONG"],
    [{ filename: "a", bytes: 300_001 }, "bytes", "OUT_OF_RANGE"],
    [{ filename: "a", bytes: -1 }, "bytes", "OUT_OF_RANGE"],
    [{ filename: "a", bytes: 1, contentType: "a\r\nb" }, "contentType", "INVALID"],
    [{ filename: "a", bytes: 1, purpose: "Gossip!" }, "purpose", "INVALID"],
    [{ filename: "a", bytes: 1, clientKeyId: "cky_none" }, "clientKeyId", "NOT_FOUND"],
    [{ filename: "a", bytes: 1, expiresAt: new Date().toISOString() }, "expiresAt", "OUT_OF_RANGE"],
  ])("announced as %o", async (input, field, code) => {
    expect(await announce(input)).toMatchObject({
      uploadId: null,
      uploadUrl: null,
      userErrors: [{ field: [field], code }],
    });
  });

  test.each([
    ["too little", 5],
    ["too much", 300],
  ])("sent as %s", async (_, length) => {
    const before = onDisk();
    const { uploadId, uploadUrl } = await announce({ filename: "a", bytes: 10 });
    const answer = await put(uploadUrl, new Uint8Array(length));
    expect([answer.status, ((await answer.json()) as Answer).error.message]).toEqual([
      413,
      "The file is not as long as was announced.",
    ]);
    expect(onDisk()).toEqual(before);
    expect((await complete(uploadId)).userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
  });

  test("when there is no room: 507", async () => {
    const files: Answer[] = [];
    for (let index = 0; index < 3; index++) files.push(await upload(new Uint8Array(290_000)));
    const before = onDisk();
    const { uploadUrl } = await announce({ filename: "a", bytes: 290_000 });
    expect((await put(uploadUrl, new Uint8Array(290_000))).status).toBe(507);
    expect(onDisk()).toEqual(before);
    await gateway.app.gateway.files.delete(files.map(({ id }) => id));
  });

  test("to a link that nobody gave out", async () => {
    expect((await put(`/files/upload/${"0".repeat(64)}`, "x")).status).toBe(404);
    expect((await fetch(`${gateway.url}/files/upload/x`, { method: "POST", body: "x" })).status).toBe(404);
  });
});

test("a download's link is good for its file and its time alone", async () => {
  const [file, other] = [await upload(Buffer.from("one")), await upload(Buffer.from("two"))];
  const status = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;
  expect(await status(file.downloadUrl)).toBe(200);
  expect(await status(file.downloadUrl.replace(file.id, other.id))).toBe(404);
  expect(await status(file.downloadUrl.replace(/until=(\d)/, "until=9$1"))).toBe(404);
  expect(await status(file.downloadUrl.replace(/signature=.{4}/, "signature=0000"))).toBe(404);
  expect(await status(`/files/content/${file.id}`)).toBe(404);
  expect(await status(file.downloadUrl.replace(/until=\d+/, "until=1"))).toBe(404);
  await gateway.app.gateway.files.delete([file.id]);
  expect(await status(file.downloadUrl)).toBe(404);
});

describe("the list", () => {
  test("pages both ways, searches, and tells how many and how much", async () => {
    await gateway.app.gateway.files.delete(
      (await gateway.app.gateway.files.page({ limit: 100 })).files.map(({ id }) => id),
    );
    for (let index = 0; index < 5; index++) {
      const own = index % 2 === 0 ? { clientKeyId } : {};
      await upload(new Uint8Array(index + 1), { filename: `report-${index}.txt`, ...own });
    }
    const list = async (args: string) =>
      (
        await ask(
          `{ files(${args}) { totalCount totalBytes nodes { filename } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
        )
      ).data.files as Answer;
    const names = (page: Answer) => page.nodes.map(({ filename }: Answer) => Number(/\d/.exec(filename)![0]));
    const first = await list("first: 2");
    expect([names(first), first.totalCount, first.totalBytes]).toEqual([[4, 3], 5, 15]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await list(`first: 9, after: "${first.pageInfo.endCursor}"`);
    expect([names(second), second.pageInfo.hasNextPage, second.pageInfo.hasPreviousPage]).toEqual([
      [2, 1, 0],
      false,
      true,
    ]);
    const back = await list(`last: 2, before: "${second.pageInfo.endCursor}"`);
    expect([names(back), back.pageInfo.hasPreviousPage]).toEqual([[2, 1], true]);
    expect(
      names(await list(`last: 2, before: "${second.pageInfo.endCursor}", after: "${second.pageInfo.startCursor}"`)),
    ).toEqual([1]);
    expect(names(await list("last: 2"))).toEqual([1, 0]);
    expect(names(await list('search: "REPORT-3"'))).toEqual([3]);
    const own = await list(`clientKeyId: "${clientKeyId}"`);
    expect([names(own), own.totalCount, own.totalBytes]).toEqual([[4, 2, 0], 3, 9]);
    expect((await ask('{ files(after: "bm8=") { totalCount } }')).errors[0].message).toContain("cursor");
  });

  test("a file is a node, and what is deleted is gone, with an entry in the audit log", async () => {
    const file = await upload(Buffer.from("x"), { filename: "gone.txt" });
    expect((await ask(`{ node(id: "${file.id}") { __typename id } file(id: "${file.id}") { bytes } }`)).data).toEqual({
      node: { __typename: "File", id: file.id },
      file: { bytes: 1 },
    });
    const deleted = await ask(`mutation($i: DeleteInput!) { deleteFiles(input: $i) { deletedIds ${ERRORS} } }`, {
      i: { ids: [file.id, "fil_none"] },
    });
    expect(deleted.data.deleteFiles).toEqual({ deletedIds: [file.id], userErrors: [] });
    expect((await ask(`{ file(id: "${file.id}") { id } }`)).data.file).toBeNull();
    expect(onDisk()).toContain(file.id); // it may come back
    await gateway.app.control.store.files.expire({
      nowMs: Date.now(),
      createdBeforeMs: null,
      retiredBeforeMs: Date.now() + 1,
      spared: [],
    });
    expect(onDisk()).not.toContain(file.id);
    const audit = (await ask("{ auditLog(first: 1) { nodes { action outcome subjects { id label } } } }")).data
      .auditLog;
    expect(audit.nodes).toEqual([
      { action: "deleteFiles", outcome: "DONE", subjects: [{ id: file.id, label: "gone.txt" }] },
    ]);
  });

  test("is nobody's who has not signed in", async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ files { totalCount } }" }),
    });
    expect(await response.text()).toContain("UNAUTHENTICATED");
  });
});

test("what was sent and never completed goes with the gateway", async () => {
  const own = await startGateway({ providers: () => [] });
  const created = (await own.graphql(
    'mutation { createUpload(input: { filename: "a", bytes: 3 }) { uploadUrl } }',
  )) as Answer;
  await fetch(`${own.url}${created.data.createUpload.uploadUrl}`, { method: "PUT", body: "abc" });
  const folder = join(own.dataDir, "files");
  expect(readdirSync(folder)).toHaveLength(1);
  own.app.control.uploads.close();
  await eventually(() => readdirSync(folder).length === 0);
  await own.close();
});
