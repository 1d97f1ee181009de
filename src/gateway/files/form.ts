import { GatewayError } from "../../errors.ts";
import { readerOf } from "../../lib/bytes.ts";
import { MultipartScanError } from "../../lib/multipart-scan.ts";
import { MultipartStream, type PartEvent, type PartHead } from "../../lib/multipart-stream.ts";
import { type FileUpload, fileTooLarge } from "../../stored-file.ts";
import type { Exchange } from "../exchange.ts";
import { invalidRequest } from "../refusals.ts";
import { limitBodyTime, untilStopped } from "../request-body.ts";
import { fileRefusal } from "./errors.ts";

/** A form with one file in it, read to its end. */
export interface FileForm {
  readonly head: PartHead;
  readonly fields: ReadonlyMap<string, string>;
}

const MOST_FIELD_BYTES = 1024;
const MOST_FIELDS = 20;
/** What a form costs beside its file. */
const FORM_BYTES = 65_536;

/** Before anything is begun. Returns the form's boundary. Throws GatewayError 400, 413, 415. */
export function requireForm(exchange: Exchange, maxFileBytes: number): string {
  const { headers } = exchange.incoming.request;
  const length = Number(headers.get("content-length") ?? maxFileBytes);
  if (length > maxFileBytes + FORM_BYTES) throw fileRefusal(fileTooLarge(maxFileBytes));
  limitBodyTime(exchange, length);
  return boundaryOf(headers.get("content-type") ?? "");
}

/** Passes the file on to `upload` as it comes: the disk sets the pace, nothing else holds it. Throws GatewayError, FileError. */
export async function readFileForm(exchange: Exchange, boundary: string, upload: FileUpload): Promise<FileForm> {
  const { body } = exchange.incoming.request;
  if (body === null) throw invalidRequest("The request body is empty.");
  const stream = new MultipartStream(boundary);
  const form = new Form();
  const reader = readerOf(body);
  try {
    for (;;) {
      const { done, value } = await untilStopped(exchange, reader.read());
      if (done || value === undefined) break;
      exchange.requestBytes += value.length;
      for (const event of stream.feed(value)) {
        const content = form.take(event);
        if (content !== null) await untilStopped(exchange, upload.write(content));
      }
      if (exchange.requestBytes - upload.bytes > FORM_BYTES) throw invalidRequest("The form is too long.");
    }
  } catch (error) {
    void reader.cancel().catch(() => {});
    if (error instanceof MultipartScanError) throw invalidRequest(`The form cannot be read: ${error.message}.`);
    throw error;
  }
  if (!stream.isOver) throw invalidRequest("The form ends in the middle.");
  exchange.stopAtMs = Number.POSITIVE_INFINITY;
  return form.finish();
}

/** The parts of a form as they come; all but the file's content is held. */
class Form {
  readonly #fields = new Map<string, string>();
  #head: PartHead | null = null;
  #field: { readonly name: string; value: Buffer } | null = null;

  /** The file's content among them; null for everything else. Throws GatewayError 400. */
  take(event: PartEvent): Uint8Array | null {
    switch (event.kind) {
      case "head":
        this.#begin(event.head);
        return null;
      case "data":
        if (this.#field === null) return event.bytes;
        this.#field.value = Buffer.concat([this.#field.value, event.bytes]);
        if (this.#field.value.length > MOST_FIELD_BYTES)
          throw invalidRequest("The field is too long.", this.#field.name);
        return null;
      case "end":
        if (this.#field !== null) this.#fields.set(this.#field.name, this.#field.value.toString("utf8"));
        this.#field = null;
        return null;
    }
  }

  finish(): FileForm {
    if (this.#head === null) throw invalidRequest("The form has no field `file`.", "file");
    return { head: this.#head, fields: this.#fields };
  }

  #begin(head: PartHead): void {
    if (head.name === "file") {
      if (this.#head !== null) throw invalidRequest("Send one file at a time.", "file");
      this.#head = head;
      return;
    }
    if (head.filename !== null) throw invalidRequest("The file must stand in the field `file`.", "file");
    if (this.#fields.size >= MOST_FIELDS) throw invalidRequest("The form has too many fields.");
    this.#field = { name: head.name, value: Buffer.alloc(0) };
  }
}

function boundaryOf(contentType: string): string {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType.trim())) {
    throw new GatewayError("invalid_request", 415, "Send the file as `content-type: multipart/form-data`.", {
      code: "unsupported_media_type",
    });
  }
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType);
  if (found === null) throw invalidRequest("The multipart body names no boundary in its content-type.");
  return (found[1] ?? found[2])!;
}
