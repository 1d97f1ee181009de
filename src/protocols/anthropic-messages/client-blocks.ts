import { type JsonRecord, readList, readRecord } from "../fields.ts";

/** Where decoders note, by path, what has no neutral place. */
export type Extra = Record<string, unknown>;

export interface Block {
  readonly block: JsonRecord;
  readonly at: string;
}

export function readBlocks(content: unknown, path: string): Block[] {
  return readList(content, path).map((item, index) => {
    const at = `${path}[${index}]`;
    return { block: readRecord(item, at), at };
  });
}

/**
 * What Anthropic's own tools did in earlier turns (searches, code) cannot be told to another vendor: left out and noted once, since
 * the text that came of it is there, and refusing would end every conversation that changes its model.
 */
export function skipsServerBlock({ block, at }: Block, extra: Extra): boolean {
  const type = typeof block.type === "string" ? block.type : "";
  const isServers =
    type.endsWith("_tool_result") || ["server_tool_use", "mcp_tool_use", "mcp_tool_listing", "fallback"].includes(type);
  if (isServers) noteSkipped(at, extra);
  return isServers;
}

export function noteSkipped(at: string, extra: Extra): void {
  if (!Object.values(extra).includes(SKIPPED)) extra[at] = SKIPPED;
}

const SKIPPED = "server tool blocks";
