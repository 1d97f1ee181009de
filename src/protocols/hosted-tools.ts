import type { HostedTool, LlmRequest } from "../llm/request.ts";
import { unsupported } from "./unsupported.ts";

/**
 * The tools that the vendor runs itself, in the upstream's words; `write` gives null for what has no counterpart there. That is
 * refused, by the tool's name, when it must be called or is all there is; beside others it is left out and `report`ed by its path:
 * Codex sends web_search with every request (clients.md) and must work on models that cannot search.
 */
export function writeHostedTools<T>(
  request: LlmRequest,
  write: (tool: HostedTool) => T | null,
  report: (path: string) => void,
): T[] {
  const written: T[] = [];
  const missing: HostedTool[] = [];
  for (const tool of request.hostedTools) {
    const words = write(tool);
    if (words === null) missing.push(tool);
    else written.push(words);
  }
  const isAll = request.tools.length === 0 && written.length === 0;
  for (const tool of missing) {
    const isNeeded = request.toolChoice?.type !== "none" && (isAll || mustBeCalled(tool, request));
    if (isNeeded) throw unsupported(tool.path, `the tool "${tool.type}" cannot be run by this model.`);
    report(tool.path);
  }
  return written;
}

/** By its name, which is its type in formats where it has none; or as one of several of which none is a function. */
export function mustBeCalled({ type, raw }: HostedTool, { toolChoice: choice, tools }: LlmRequest): boolean {
  if (choice?.type === "allowed") return choice.required && choice.names.length === 0;
  if (choice?.type !== "tool" || tools.some(({ name }) => name === choice.name)) return false;
  return choice.name === (typeof raw.name === "string" ? raw.name : type);
}
