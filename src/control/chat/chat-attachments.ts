import { z } from "zod";
import { inlineFile } from "../../llm/inline-file.ts";
import { kindOfMedia, sniffMediaType } from "../../llm/media-type.ts";
import type { InputPart } from "../../llm/request.ts";
import type { ChatAttachment } from "../../store/chat-types.ts";
import { FileError } from "../../stored-file.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import type { Principal } from "../people/principal.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";

const MAX_ATTACHMENTS = 8;
/** A GraphQL request has at most one MiB anyway: what is larger is uploaded as a file. */
const MAX_BYTES = 1_048_576;

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?;base64,([A-Za-z0-9+/]+={0,2})$/;

/** Pictures and files that travel inside the message itself. */
export const attachmentsField = z
  .array(
    z
      .strictObject({
        name: z.string().max(200, "A file's name has at most 200 characters.").nullish(),
        dataUrl: z.string().max(Math.ceil((MAX_BYTES * 4) / 3) + 200, "An attachment has at most 1 MiB."),
      })
      .transform(({ name, dataUrl }, context): ChatAttachment => {
        const [, type, base64 = ""] = DATA_URL.exec(dataUrl) ?? [];
        const mediaType = type ?? sniffMediaType(base64);
        if (base64 === "" || !mediaType) {
          context.addIssue({ code: "custom", message: "Use `data:TYPE;base64,…`.", path: ["dataUrl"] });
          return z.NEVER;
        }
        const bytes = Buffer.from(base64, "base64");
        return { name: name ?? null, mediaType: mediaType.toLowerCase(), size: bytes.length, fileId: null, bytes };
      }),
  )
  .max(MAX_ATTACHMENTS, `At most ${MAX_ATTACHMENTS} attachments.`);

export const attachmentIdsField = z.array(idField).max(MAX_ATTACHMENTS, `At most ${MAX_ATTACHMENTS} files.`);

/** Files of the people's, for a message. Those of client keys are those clients' own. */
export async function attachFiles(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<readonly ChatAttachment[]>> {
  if (ids.length > 0 && !principal.scopes.has("FILES_READ")) {
    return refuse(invalid("attachmentIds", "This needs the scope FILES_READ.", "FORBIDDEN"));
  }
  const attached: ChatAttachment[] = [];
  for (const [index, id] of ids.entries()) {
    const file = await control.store.files.get(id);
    if (file === null || file.clientKeyId !== null) {
      return refuse(notFound(["attachmentIds", String(index)], "file", id));
    }
    const { filename: name, mediaType, bytes: size } = file;
    attached.push({ name, mediaType, size, fileId: id, bytes: new Uint8Array() });
  }
  return ok(attached);
}

/**
 * What models are sent of a branch's attachments, by message: always the content, so that every format and every client key can be
 * asked. Refuses what is more than a request may hold.
 */
export async function readAttachments(
  control: Control,
  attachments: ReadonlyMap<string, readonly ChatAttachment[]>,
): Promise<Result<ReadonlyMap<string, readonly InputPart[]>>> {
  const size = [...attachments.values()].flat().reduce((sum, each) => sum + each.size, 0);
  if ((size / 3) * 4 > control.snapshots.current.settings.maxRequestBytes) {
    const message = "The attachments of this branch are more than one request may hold.";
    return refuse(invalid("attachmentIds", message, "OUT_OF_RANGE"));
  }
  const parts = new Map<string, InputPart[]>();
  for (const [messageId, list] of attachments) {
    parts.set(messageId, await Promise.all(list.map((each) => readPart(control, each))));
  }
  return ok(parts);
}

async function readPart(control: Control, { name, mediaType, fileId, bytes }: ChatAttachment): Promise<InputPart> {
  const content = fileId === null ? bytes : await readFile(control, fileId);
  if (content === null)
    return { type: "text", text: `[The file ${JSON.stringify(name ?? "")} is not there any more.]` };
  const file = inlineFile(name ?? "", mediaType, Buffer.from(content.buffer, content.byteOffset, content.length));
  const source =
    file.text === null
      ? ({ kind: "data", base64: file.base64 } as const)
      : ({ kind: "text", text: file.text } as const);
  return { type: kindOfMedia(file.mediaType), mediaType: file.mediaType, source, name, detail: null };
}

/** Null when it was deleted, or when its time is over. */
async function readFile(control: Control, id: string): Promise<Uint8Array | null> {
  const { files } = control.store;
  const file = await files.get(id);
  if (file === null) return null;
  try {
    return new Uint8Array(await new Response(files.content(file)).arrayBuffer());
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
