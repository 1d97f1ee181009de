import { GatewayError } from "../../errors.ts";
import { utf8 } from "../../lib/bytes.ts";
import { type InlineFile, inlineFile } from "../../llm/inline-file.ts";
import { type FileReference, findFileReferences, inlineFiles } from "../../protocols/file-parts.ts";
import type { StoredFile } from "../../stored-file.ts";
import type { Exchange } from "../exchange.ts";
import { type JsonBody, parseBody, parseBodyExactly, readJsonBody } from "../json-body.ts";
import { printable } from "../printable.ts";
import type { LargeFile } from "./copies.ts";
import { fileRefusal } from "./errors.ts";
import { ownerOf } from "./owner.ts";

/**
 * A body that names files of ours, with the files themselves in their places, in the client's own format: any upstream can be sent
 * that. What is too large for it keeps its name and waits in `exchange.largeFiles`. The same body when it names none after all.
 * Throws GatewayError 400 that names the field.
 */
export async function withFiles(exchange: Exchange, body: JsonBody): Promise<JsonBody> {
  const parsed = parseBody(body);
  const { id: protocol } = exchange.protocol;
  const references = findFileReferences(protocol, parsed);
  if (references.length === 0) return body;
  const { maxRequestBytes, maxJsonDepth } = exchange.snapshot.settings;
  const files = new Map<string, StoredFile>();
  for (const reference of references) files.set(reference.id, await findFile(exchange, reference));
  const large = largeOnes(references, files, maxRequestBytes - body.bytes.length, maxRequestBytes);
  const contents = new Map<string, InlineFile>();
  for (const [id, file] of files) if (!large.has(id)) contents.set(id, await readWhole(exchange, file));
  exchange.bodyWithFileIds = parsed;
  if (large.size > 0) exchange.largeFiles = large;
  const inlined = inlineFiles(protocol, parseBodyExactly(body), (id) => contents.get(id), neverHere);
  return readJsonBody(utf8(JSON.stringify(inlined)), maxJsonDepth);
}

/** Those that can only be named, and the largest of the others until the rest has room. */
function largeOnes(
  references: readonly FileReference[],
  files: ReadonlyMap<string, StoredFile>,
  room: number,
  limit: number,
): ReadonlyMap<string, LargeFile> {
  const large = new Map<string, LargeFile>();
  const lengthOf = ({ id }: FileReference) => Math.ceil(files.get(id)!.bytes / 3) * 4;
  for (const { id, path, isNameOnly } of references) {
    if (isNameOnly) large.set(id, { file: files.get(id)!, refusal: cannotStandThere(path) });
  }
  const inline = references.filter(({ id }) => !large.has(id)).sort((a, b) => lengthOf(b) - lengthOf(a));
  let length = inline.reduce((sum, reference) => sum + lengthOf(reference), 0);
  for (const reference of inline) {
    if (length <= room) break;
    length -= lengthOf(reference);
    large.set(reference.id, { file: files.get(reference.id)!, refusal: tooLargeFor(reference.path, limit) });
  }
  return large;
}

async function findFile(exchange: Exchange, { id, path }: FileReference): Promise<StoredFile> {
  const file = await exchange.gateway.files.get(id).catch((error: unknown) => {
    throw new GatewayError("overloaded", 503, "Files cannot be read at the moment. Try again soon.", {
      code: "store_unavailable",
      retryAfterMs: 1000,
      cause: error,
    });
  });
  if (file !== null && file.clientKeyId === ownerOf(exchange)) return file;
  throw new GatewayError(
    "invalid_request",
    400,
    `There is no file \`${printable(id)}\`: upload it to /v1/files first.`,
    {
      code: "file_not_found",
      param: path,
    },
  );
}

async function readWhole({ gateway }: Exchange, file: StoredFile): Promise<InlineFile> {
  try {
    const content = Buffer.from(await new Response(gateway.files.content(file)).arrayBuffer());
    return inlineFile(file.filename, file.mediaType, content);
  } catch (error) {
    throw fileRefusal(error);
  }
}

function tooLargeFor(path: string, limit: number): GatewayError {
  const mib = Math.floor((limit / 1_048_576) * 10) / 10;
  const message = `With this file the request is larger than ${mib} MiB, which is the limit here, and it cannot be handed to this model's vendor beside the request. Send a smaller file, or ask a model of OpenAI, Anthropic or Gemini.`;
  return new GatewayError("too_large", 413, message, { code: "request_too_large", param: path });
}

function cannotStandThere(path: string): GatewayError {
  return new GatewayError("unsupported", 400, "This model's vendor cannot be given the file: send it as a document.", {
    code: "unsupported_parameter",
    param: path,
  });
}

function neverHere(path: string): never {
  throw new Error(`${path} was to keep its name`);
}
