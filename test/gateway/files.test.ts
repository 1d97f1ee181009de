import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FileError } from "../../src/stored-file.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { eventually } from "../support/stream-reader.ts";
import { type Answer, type Gateway, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: () => [],
    settings: { maxFileBytes: 500_000, filesMaxBytes: 1_048_576, allowAnonymous: true },
  });
});
afterAll(() => gateway.close());

const ANTHROPIC = { "anthropic-version": "2023-06-01" };

function formOf(
  content: BlobPart,
  name = "a.html",
  fields: Record<string, string> = { purpose: "user_data" },
): FormData {
  const form = new FormData();
  form.set("file", new File([content], name, { type: "text/html" }));
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  return form;
}

/** The form's own content type, not the fixture's JSON. */
async function send(body: FormData | string, headers: Record<string, string> = {}) {
  const settled = gateway.nextRecord();
  const response = await fetch(`${gateway.url}/v1/files`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, ...headers },
    body,
  });
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Answer,
    record: await settled,
  };
}

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/v1/files/${path}`, { headers: { authorization: `Bearer ${CLIENT_KEY}`, ...headers } });
const onDisk = () => readdirSync(join(gateway.dataDir, "files"));
const listed = async () => ((await (await get("")).json()) as Answer).data.length as number;

/** Nothing may be left of what was refused. */
async function expectRefused(work: () => Promise<Awaited<ReturnType<typeof send>>>, status: number, code: string) {
  const before = [onDisk(), await listed()];
  const { json, record, ...answer } = await work();
  expect({ status: answer.status, code: json.error.code ?? json.error.details?.error_code }).toEqual({ status, code });
  expect([record.status, record.httpStatus, record.endpoint]).toEqual(["error", status, "files.create"]);
  expect([onDisk(), await listed()]).toEqual(before);
  return { json, headers: answer.headers };
}

test("a file is whatever its name says when its client says nothing, and its name has no path", async () => {
  const form = new FormData();
  form.set("purpose", "user_data");
  form.set("file", new File(["%PDF"], "../../etc/x.pdf"));
  const { json } = await send(form, ANTHROPIC);
  expect(json).toMatchObject({ filename: "x.pdf", mime_type: "application/pdf" });
  await fetch(`${gateway.url}/v1/files/${json.id}`, { method: "DELETE", headers: { "x-api-key": CLIENT_KEY } });
});

describe("an upload that is refused leaves nothing", () => {
  beforeAll(async () => {
    const { json } = await send(formOf("first"));
    expect(json.bytes).toBe(5);
  });

  test("too large, with its length told or found out", async () => {
    const large = new Uint8Array(600_000);
    await expectRefused(() => send(formOf(large)), 413, "file_too_large");
    const { json } = await expectRefused(() => send(formOf(new Uint8Array(510_000)), ANTHROPIC), 413, "file_too_large");
    expect(json.error.type).toBe("request_too_large");
    expect(json.error.message).toContain("0.4 MiB");
  });

  test("no room among the others: 507, and no SDK repeats it", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 2; index++) ids.push((await send(formOf(new Uint8Array(490_000)))).json.id);
    const { headers } = await expectRefused(() => send(formOf(new Uint8Array(300_000))), 507, "insufficient_storage");
    expect(headers.get("x-should-retry")).toBe("false");
    for (const id of ids) await gateway.app.gateway.files.delete([id]);
  });

  test.each([{}, ANTHROPIC])("a full disk: 507 in the client's format (%o)", async (headers) => {
    const { files } = gateway.app.gateway;
    const begin = files.begin;
    files.begin = async (limits) => {
      const upload = await begin(limits);
      return Object.assign(Object.create(upload), {
        write: () => Promise.reject(new FileError("disk_full", "There is no room for this file: the disk is full.")),
      });
    };
    try {
      const { json } = await expectRefused(() => send(formOf("x"), headers), 507, "insufficient_storage");
      expect(json.error.message).toContain("the disk is full");
    } finally {
      files.begin = begin;
    }
  });

  const multipart = (text: string) => () => send(text, { "content-type": "multipart/form-data; boundary=b" });
  const part = (name: string, more = "") => `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\nx\r\n`;
  const FILE = part("file", '; filename="a"');
  test.each([
    ["no form", () => send("{}", { "content-type": "application/json" }), 415, "unsupported_media_type"],
    ["no boundary", () => send("x", { "content-type": "multipart/form-data" }), 400, "invalid_request"],
    ["no file", multipart(`${part("purpose")}--b--`), 400, "invalid_request"],
    ["two files", multipart(`${FILE}${FILE}--b--`), 400, "invalid_request"],
    ["a file in another field", multipart(`${part("image", '; filename="a"')}--b--`), 400, "invalid_request"],
    ["half a form", multipart(FILE), 400, "invalid_request"],
    [
      "too many fields",
      multipart(`${Array.from({ length: 30 }, (_, i) => part(`f${i}`)).join("")}${FILE}--b--`),
      400,
      "invalid_request",
    ],
    ["no purpose", () => send(formOf("x", "a", {})), 400, "invalid_request"],
    ["an unknown client", () => send(formOf("x"), { authorization: "Bearer sk-nobody" }), 401, "invalid_api_key"],
  ] as const)("%s", async (_, work, status, code) => {
    await expectRefused(work, status, code);
  });

  test("the client leaves in the middle", async () => {
    const before = onDisk();
    const settled = gateway.nextRecord();
    const leaving = new AbortController();
    const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`;
    const answer = fetch(`${gateway.url}/v1/files`, {
      method: "POST",
      signal: leaving.signal,
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "multipart/form-data; boundary=b" },
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(head + "x".repeat(100_000)));
        },
      }),
    });
    await eventually(() => onDisk().length > before.length);
    leaving.abort();
    await answer.catch(() => {});
    expect(await settled).toMatchObject({ status: "cancelled", errorClass: "client_closed" });
    await eventually(() => onDisk().length === before.length);
  });
});

describe("a download", () => {
  const content = crypto.getRandomValues(new Uint8Array(65_536));
  let id = "";
  beforeAll(async () => {
    id = (await send(formOf(content, 'e"v<i>l\u202e.html'))).json.id;
  });

  test("is saved, never shown or run: what a client uploads must not act in the console's name", async () => {
    const { headers } = await get(`${id}/content`);
    expect(headers.get("content-disposition")).toMatch(
      /^attachment; filename="e_v_i_l_.html"; filename\*=UTF-8''e%22v%3Ci/,
    );
    expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("can be had in part", async () => {
    const some = await get(`${id}/content`, { range: "bytes=100-199" });
    expect([some.status, some.headers.get("content-range")]).toEqual([206, "bytes 100-199/65536"]);
    expect(Buffer.from(await some.arrayBuffer()).equals(content.subarray(100, 200))).toBe(true);
    const beyond = await get(`${id}/content`, { range: "bytes=65536-" });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */65536"]);
  });

  test("of a content that is damaged breaks off and is an error in the log", async () => {
    const { json } = await send(formOf("soon gone"));
    await Bun.write(join(gateway.dataDir, "files", json.id), "damaged");
    const settled = gateway.nextRecord();
    const broken = await get(`${json.id}/content`)
      .then((response) => response.text())
      .then(null, () => null);
    expect(broken).toBeNull();
    expect(await settled).toMatchObject({ status: "error", httpStatus: 500 });
    await gateway.app.gateway.files.delete([json.id]);
  });

  test("is not for callers without a key, who have files of their own", async () => {
    const response = await fetch(`${gateway.url}/v1/files/${id}`);
    expect(response.status).toBe(404);
  });
});
