import { decodeLatin1 } from "../../lib/bytes.ts";

const CONTAINER = /"container":\s*\{\s*"id":\s*"([^"\\]+)"/g;
const FILE = /"file_id":\s*"([^"\\]+)"/g;
const THREAD = /"thread":\s*\{[^{}]*"id":\s*"([^"\\]+)"/g;

/** Containers, files and threads belong to the workspace of the key that made them. Looked for only where a hint stands. */
export function findBoundIds(text: string): readonly string[] {
  const ids: string[] = [];
  if (text.includes('"container"')) collect(text, CONTAINER, ids);
  if (text.includes('"file_id"')) collect(text, FILE, ids);
  if (text.includes('"thread"')) collect(text, THREAD, ids);
  return ids;
}

function collect(text: string, pattern: RegExp, into: string[]): void {
  for (const match of text.matchAll(pattern)) into.push(decodeLatin1(match[1]!));
}
