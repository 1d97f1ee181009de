import type { InlineFile } from "../llm/inline-file.ts";
import type { ProtocolId } from "../llm/names.ts";
import { anthropicFileParts } from "./anthropic-messages/file-parts.ts";
import { isRecord, type JsonRecord } from "./fields.ts";
import { geminiFileParts } from "./gemini/file-parts.ts";
import { chatFileParts } from "./openai-chat/file-parts.ts";
import { responsesFileParts } from "./openai-responses/file-parts.ts";
import type { FileParts } from "./own-file.ts";

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
}

export function findFileReferences(protocol: ProtocolId, body: JsonRecord): FileReference[] {
  const { roots, find } = fileParts[protocol];
  const found: FileReference[] = [];
  for (const root of roots) {
    visit(body[root], root, (part, path) => {
      const named = find(part);
      if (named !== null) found.push({ id: named.id, path: `${path}.${named.field}` });
    });
  }
  return found;
}

/** A new body with every file in the place of its name; `refuse` throws for a part that cannot carry it. */
export function inlineFiles(
  protocol: ProtocolId,
  body: JsonRecord,
  fileOf: (id: string) => InlineFile,
  refuse: (path: string, file: InlineFile) => never,
): JsonRecord {
  const { roots, find, inline } = fileParts[protocol];
  const replace = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((each, index) => replace(each, `${path}[${index}]`));
    if (!isRecord(value)) return value;
    const named = find(value);
    if (named !== null) return inline(value, fileOf(named.id)) ?? refuse(`${path}.${named.field}`, fileOf(named.id));
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replace(each, `${path}.${key}`)]));
  };
  const replaced = Object.fromEntries(
    roots.filter((root) => root in body).map((root) => [root, replace(body[root], root)]),
  );
  return { ...body, ...replaced };
}

function visit(value: unknown, path: string, see: (part: JsonRecord, path: string) => void): void {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) visit(each, `${path}[${index}]`, see);
  } else if (isRecord(value)) {
    see(value, path);
    for (const [key, each] of Object.entries(value)) visit(each, `${path}.${key}`, see);
  }
}
