import type { InlineFile } from "../llm/inline-file.ts";
import type { ProtocolId } from "../llm/names.ts";
import { anthropicFileParts } from "./anthropic-messages/file-parts.ts";
import { isRecord, type JsonRecord } from "./fields.ts";
import { geminiFileParts } from "./gemini/file-parts.ts";
import { chatFileParts } from "./openai-chat/file-parts.ts";
import { responsesFileParts } from "./openai-responses/file-parts.ts";
import type { FileCopy, FileParts } from "./own-file.ts";

const fileParts: Readonly<Record<ProtocolId, FileParts>> = {
  "openai-chat": chatFileParts,
  "openai-responses": responsesFileParts,
  "anthropic-messages": anthropicFileParts,
  gemini: geminiFileParts,
};

export interface FileReference {
  readonly id: string;
  /** In the client's body, e.g. "messages[0].content[1].file.file_id". */
  readonly path: string;
  /** Its content cannot stand in this part: only a vendor that has the file can be asked. */
  readonly isNameOnly: boolean;
}

export function findFileReferences(protocol: ProtocolId, body: JsonRecord): FileReference[] {
  const { roots, find, inline } = fileParts[protocol];
  const found: FileReference[] = [];
  for (const root of roots) {
    visit(body[root], root, (part, path) => {
      const named = find(part);
      if (named === null) return;
      found.push({ id: named.id, path: `${path}.${named.field}`, isNameOnly: inline(part, NO_FILE) === null });
    });
  }
  return found;
}

type Refuse = (path: string) => never;

/** A new body with every file that `fileOf` knows in the place of its name; `refuse` throws for a part that cannot carry it. */
export function inlineFiles(
  protocol: ProtocolId,
  body: JsonRecord,
  fileOf: (id: string) => InlineFile | undefined,
  refuse: Refuse,
): JsonRecord {
  const { inline } = fileParts[protocol];
  return replaceParts(protocol, body, refuse, (part, id) => {
    const file = fileOf(id);
    return file === undefined ? part : inline(part, file);
  });
}

/** A new body that names copies at a vendor of this very format. */
export function referToCopies(
  protocol: ProtocolId,
  body: JsonRecord,
  copyOf: (id: string) => FileCopy,
  refuse: Refuse,
): JsonRecord {
  const { refer } = fileParts[protocol];
  return replaceParts(protocol, body, refuse, (part, id) => refer(part, copyOf(id)));
}

const NO_FILE: InlineFile = { filename: "", mediaType: "application/pdf", base64: "", text: null };

function replaceParts(
  protocol: ProtocolId,
  body: JsonRecord,
  refuse: Refuse,
  put: (part: JsonRecord, id: string) => JsonRecord | null,
): JsonRecord {
  const { roots, find } = fileParts[protocol];
  const replace = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((each, index) => replace(each, `${path}[${index}]`));
    if (!isRecord(value)) return value;
    const named = find(value);
    if (named !== null) return put(value, named.id) ?? refuse(`${path}.${named.field}`);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replace(each, `${path}.${key}`)]));
  };
  const replaced = roots.filter((root) => root in body).map((root) => [root, replace(body[root], root)]);
  return { ...body, ...Object.fromEntries(replaced) };
}

function visit(value: unknown, path: string, see: (part: JsonRecord, path: string) => void): void {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) visit(each, `${path}[${index}]`, see);
  } else if (isRecord(value)) {
    see(value, path);
    for (const [key, each] of Object.entries(value)) visit(each, `${path}.${key}`, see);
  }
}
