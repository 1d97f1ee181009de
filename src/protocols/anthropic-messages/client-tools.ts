import type { HostedTool, Tool, ToolChoice } from "../../llm/request.ts";
import { readCacheControl } from "../cache-mark.ts";
import {
  type JsonRecord,
  oneOf,
  optionalBoolean,
  optionalList,
  optionalRecord,
  optionalString,
  readRecord,
  readString,
} from "../fields.ts";
import type { Extra } from "./client-blocks.ts";

/** Anthropic dates the types of its own tools: `web_search_20260209`. */
export const ANTHROPIC_TOOL_TYPE = /_20\d{6}$/;

export function readTools(
  value: unknown,
  extra: Extra,
): { readonly tools: readonly Tool[]; readonly hostedTools: readonly HostedTool[] } {
  const tools: Tool[] = [];
  const hostedTools: HostedTool[] = [];
  optionalList(value, "tools").forEach((item, index) => {
    const path = `tools[${index}]`;
    const tool = readRecord(item, path);
    const type = optionalString(tool.type, `${path}.type`);
    if (type === null || type === "custom") tools.push(readTool(tool, path, extra));
    else hostedTools.push({ kind: hostedKind(type), type, raw: tool, path });
  });
  return { tools, hostedTools };
}

/**
 * `defer_loading` and `eager_input_streaming` only steer how Anthropic serves the tool: without them it is there from the start,
 * which is right everywhere else.
 */
function readTool(tool: JsonRecord, path: string, extra: Extra): Tool {
  for (const name of ["input_examples", "allowed_callers"]) {
    if (tool[name] !== undefined && tool[name] !== null) extra[`${path}.${name}`] = tool[name];
  }
  return {
    name: readString(tool.name, `${path}.name`),
    description: optionalString(tool.description, `${path}.description`),
    parameters: optionalRecord(tool.input_schema, `${path}.input_schema`),
    strict: optionalBoolean(tool.strict, `${path}.strict`),
    ...readCacheControl(tool, path),
  };
}

function hostedKind(type: string): HostedTool["kind"] {
  if (type.startsWith("web_search_")) return "web_search";
  if (type.startsWith("code_execution_")) return "code_execution";
  return type.startsWith("web_fetch_") ? "url_context" : null;
}

export function readToolChoice(value: unknown): {
  readonly toolChoice: ToolChoice | null;
  readonly parallelToolCalls: boolean | null;
} {
  const choice = optionalRecord(value, "tool_choice");
  if (choice === null) return { toolChoice: null, parallelToolCalls: null };
  const path = "tool_choice.disable_parallel_tool_use";
  return {
    toolChoice: choiceOf(choice),
    parallelToolCalls: optionalBoolean(choice.disable_parallel_tool_use, path) === true ? false : null,
  };
}

function choiceOf(choice: JsonRecord): ToolChoice {
  const type = oneOf(choice.type, ["auto", "any", "tool", "none"], "tool_choice.type");
  if (type === "tool") return { type, name: readString(choice.name, "tool_choice.name") };
  return { type: type === "any" ? "required" : type };
}
