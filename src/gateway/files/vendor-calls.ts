import { randomBytes } from "node:crypto";
import { utf8 } from "../../lib/bytes.ts";
import { ANTHROPIC_FILES_BETA } from "../../providers/vendor-files.ts";
import type { StoredFile } from "../../stored-file.ts";
import { originOf, type UpstreamRequest } from "../call-result.ts";
import type { VendorCopy } from "./copies.ts";

/** A vendor's files API. */
export interface VendorFiles {
  /** The header value by which requests may name files (Anthropic). */
  readonly beta: string | null;
  /** Uploads; null when the vendor's answer is not what it should be. */
  upload(asked: UploadAsked): Promise<VendorCopy | null>;
}

export interface UploadAsked {
  readonly file: StoredFile;
  /** Below which the vendor's paths stand. */
  readonly baseUrl: string;
  content(): ReadableStream<Uint8Array>;
  /** Throws `Refused` for every answer that is no 2xx, and for none. */
  send(
    request: Pick<UpstreamRequest, "method" | "body"> & {
      readonly url: string;
      readonly headers: Record<string, string>;
    },
  ): Promise<Sent>;
}

export interface Sent {
  header(name: string): string | null;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Vendors are told to delete their copies after a day; ours counts as gone an hour before. */
const COPY_S = 86_400;
const MARGIN_MS = 3_600_000;

export const openAiUpload: VendorFiles = {
  beta: null,
  async upload(asked) {
    const fields = {
      purpose: asked.file.mediaType.startsWith("image/") ? "vision" : "user_data",
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": String(COPY_S),
    };
    const { json } = await asked.send({ method: "POST", url: `${asked.baseUrl}/files`, ...formOf(asked, fields) });
    return copyOf(json.id);
  },
};

export const anthropicUpload: VendorFiles = {
  beta: ANTHROPIC_FILES_BETA,
  async upload(asked) {
    const { headers, body } = formOf(asked, { expires_in_seconds: String(COPY_S) });
    const { json } = await asked.send({
      method: "POST",
      url: `${asked.baseUrl}/v1/files`,
      headers: { ...headers, "anthropic-version": "2023-06-01", "anthropic-beta": ANTHROPIC_FILES_BETA },
      body,
    });
    return copyOf(json.id);
  },
};

/** Google's resumable upload in one go (ai.google.dev/api/files); films have to be looked through before they can be used. */
export const geminiUpload: VendorFiles = {
  beta: null,
  async upload({ file, baseUrl, content, send }) {
    const begun = await send({
      method: "POST",
      url: `${baseUrl}/upload/v1beta/files`,
      headers: {
        "content-type": "application/json",
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": String(file.bytes),
        "x-goog-upload-header-content-type": file.mediaType,
      },
      body: utf8(JSON.stringify({ file: { display_name: file.filename } })),
    });
    const url = begun.header("x-goog-upload-url");
    // The key goes along: to nobody but the vendor.
    if (url === null || originOf(url) !== originOf(baseUrl)) return null;
    const { json } = await send({
      method: "POST",
      url,
      headers: {
        "content-length": String(file.bytes),
        "x-goog-upload-offset": "0",
        "x-goog-upload-command": "upload, finalize",
      },
      body: content(),
    });
    let made = (json.file ?? {}) as GeminiFile;
    for (let tries = 0; made.state === "PROCESSING" && tries < PROCESSING_TRIES; tries++) {
      await Bun.sleep(PROCESSING_MS);
      made = (await send({ method: "GET", url: `${baseUrl}/v1beta/${made.name}`, headers: {}, body: null })).json;
    }
    return made.state === "FAILED" || made.state === "PROCESSING" ? null : copyOf(made.uri);
  },
};

interface GeminiFile {
  readonly name?: unknown;
  readonly uri?: unknown;
  readonly state?: unknown;
}

const PROCESSING_MS = 1000;
const PROCESSING_TRIES = 60;

function copyOf(reference: unknown) {
  if (typeof reference !== "string" || reference === "") return null;
  return { reference, expiresAtMs: Date.now() + COPY_S * 1000 - MARGIN_MS };
}

/** The file goes through as it is read. */
function formOf({ file, content }: UploadAsked, fields: Readonly<Record<string, string>>) {
  const boundary = `sluice-${randomBytes(12).toString("hex")}`;
  const head = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const filename = file.filename.replace(/["\r\n\\]/g, "_");
  head.push(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: ${file.mediaType}\r\n\r\n`,
  );
  const [before, after] = [utf8(head.join("")), utf8(`\r\n--${boundary}--\r\n`)];
  async function* parts() {
    yield before;
    yield* content() as unknown as AsyncIterable<Uint8Array>;
    yield after;
  }
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(before.length + file.bytes + after.length),
    },
    body: streamOf(parts()),
  };
}

function streamOf(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
