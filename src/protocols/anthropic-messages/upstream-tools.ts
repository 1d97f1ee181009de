import type { HostedTool, LlmRequest, Tool, ToolChoice } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { isRecord } from "../fields.ts";
import { writeHostedTools } from "../hosted-tools.ts";
import { ANTHROPIC_TOOL_TYPE } from "./client-tools.ts";
import { compilableSchema } from "./schema.ts";
import { type Block, cacheMark } from "./upstream-content.ts";

export interface EncodedTools {
  readonly tools?: readonly Block[];
  readonly tool_choice?: Block;
}

export interface ToolOptions {
  /** The upstream's name of a client's tool. */
  readonly toolName: (name: string) => string;
  readonly report: (path: string) => void;
}

/** `tools` and `tool_choice`. Strictness is left out for models that have no structured output. */
export function encodeTools(
  request: LlmRequest,
  target: UpstreamTarget,
  { toolName, report }: ToolOptions,
): EncodedTools {
  const { toolChoice, parallelToolCalls } = request;
  const allowed = toolChoice?.type === "allowed" ? new Set(toolChoice.names) : null;
  const functions = request.tools.filter(({ name }) => allowed === null || allowed.has(name));
  const tools = [
    ...functions.map((tool) => encodeTool(tool, toolName(tool.name), target.traits.structuredOutput)),
    ...writeHostedTools(request, encodeHosted, report),
  ];
  if (tools.length === 0) return toolsOfHistory(request, toolName);
  const choice = encodeChoice(toolChoice, toolName);
  if (parallelToolCalls !== false || choice?.type === "none") return { tools, ...(choice && { tool_choice: choice }) };
  return { tools, tool_choice: { ...(choice ?? { type: "auto" }), disable_parallel_tool_use: true } };
}

function encodeTool(tool: Tool, name: string, isStrictPossible: boolean): Block {
  const strict = isStrictPossible ? tool.strict : null;
  return {
    name,
    ...(tool.description === null || tool.description === "" ? {} : { description: tool.description }),
    input_schema: inputSchema(tool.parameters, strict === true),
    ...(strict === null ? {} : { strict }),
    ...cacheMark(tool.cacheControl),
  };
}

/** The typing wants an object schema at the root. */
function inputSchema(parameters: Tool["parameters"], isStrict: boolean): Block {
  if (parameters === null) return { type: "object", properties: {} };
  const { $schema: _dialect, ...schema } = parameters;
  const object = { ...schema, type: "object", ...(schema.properties === undefined ? { properties: {} } : {}) };
  return isStrict ? compilableSchema(object) : object;
}

function encodeChoice(choice: ToolChoice | null, toolName: (name: string) => string): Block | null {
  switch (choice?.type) {
    case undefined:
      return null;
    case "tool":
      return { type: "tool", name: toolName(choice.name) };
    case "required":
      return { type: "any" };
    case "allowed":
      return { type: choice.required ? "any" : "auto" };
    case "auto":
    case "none":
      return { type: choice.type };
  }
}

/** A choice that leaves the model none but to call: Anthropic refuses it together with thinking. */
export function isForced(choice: ToolChoice | null): boolean {
  return choice?.type === "required" || choice?.type === "tool" || (choice?.type === "allowed" && choice.required);
}

/** Former calls need their tools declared, even when a client offers none any more: then they are named, and not to be called. */
function toolsOfHistory({ messages }: LlmRequest, toolName: (name: string) => string): EncodedTools {
  const names = new Set<string>();
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) if (part.type === "tool_call") names.add(toolName(part.name));
  }
  if (names.size === 0) return {};
  const tools = [...names].map((name) => ({ name, input_schema: { type: "object", properties: {} } }));
  return { tools, tool_choice: { type: "none" } };
}

/** The first dated types: every model that has the tool takes them (typing ToolUnion has newer ones with more settings). */
function encodeHosted({ kind, type, raw }: HostedTool): Block | null {
  if (ANTHROPIC_TOOL_TYPE.test(type)) return { ...raw };
  switch (kind) {
    case "web_search":
      return { type: "web_search_20250305", name: "web_search", ...searchSettings(raw) };
    case "code_execution":
      return { type: "code_execution_20250825", name: "code_execution" };
    case "url_context":
      return { type: "web_fetch_20250910", name: "web_fetch" };
    case null:
      return null;
  }
}

/** What the tools have in common: OpenAI's domain filters, and its location, which chat completions nest once more. */
function searchSettings(raw: HostedTool["raw"]): Block {
  const filters = isRecord(raw.filters) ? raw.filters : {};
  const location = isRecord(raw.user_location) ? raw.user_location : null;
  const place = isRecord(location?.approximate) ? location.approximate : location;
  const fields = Object.entries(place ?? {}).filter(([name, value]) => LOCATION.has(name) && typeof value === "string");
  return {
    ...domains("allowed_domains", filters.allowed_domains),
    ...domains("blocked_domains", filters.blocked_domains),
    ...(fields.length === 0 ? {} : { user_location: { type: "approximate", ...Object.fromEntries(fields) } }),
  };
}

const LOCATION = new Set(["city", "region", "country", "timezone"]);

function domains(name: string, value: unknown): Block {
  return Array.isArray(value) && value.length > 0 ? { [name]: value } : {};
}
