import type { HostedTool, Tool, ToolChoice } from "../../llm/request.ts";
import { readCacheMark } from "../cache-mark.ts";
import {
  isRecord,
  type JsonRecord,
  oneOf,
  optionalBoolean,
  optionalList,
  optionalRecord,
  optionalString,
  readRecord,
  readString,
} from "../fields.ts";
import { unsupported } from "../unsupported.ts";

export interface ClientTools {
  readonly tools: readonly Tool[];
  readonly hostedTools: readonly HostedTool[];
}

/** `tools`, the older `functions`, and `web_search_options`, which is a tool in every other format. */
export function readTools(fields: JsonRecord): ClientTools {
  const tools: Tool[] = [];
  const hostedTools: HostedTool[] = [];
  for (const [index, value] of optionalList(fields.tools, "tools").entries()) {
    const path = `tools[${index}]`;
    const tool = readRecord(value, path);
    const type = optionalString(tool.type, `${path}.type`) ?? "function";
    if (type === "custom") throw unsupported(path, "custom tools cannot be carried to this model.");
    if (type === "function")
      tools.push({ ...readFunction(tool.function, `${path}.function`), ...readCacheMark(tool, path) });
    else hostedTools.push({ kind: type.startsWith("web_search") ? "web_search" : null, type, raw: tool, path });
  }
  for (const [index, value] of optionalList(fields.functions, "functions").entries()) {
    tools.push(readFunction(value, `functions[${index}]`));
  }
  const search = optionalRecord(fields.web_search_options, "web_search_options");
  if (search !== null) {
    hostedTools.push({ kind: "web_search", type: "web_search", raw: search, path: "web_search_options" });
  }
  return { tools, hostedTools };
}

function readFunction(value: unknown, path: string): Tool {
  const definition = readRecord(value, path);
  return {
    name: readString(definition.name, `${path}.name`),
    description: optionalString(definition.description, `${path}.description`),
    parameters: optionalRecord(definition.parameters, `${path}.parameters`),
    strict: optionalBoolean(definition.strict, `${path}.strict`),
    ...readCacheMark(definition, path),
  };
}

const MODES = ["none", "auto", "required"] as const;

/** `tool_choice`, or the older `function_call`. */
export function readToolChoice(fields: JsonRecord): ToolChoice | null {
  const choice = fields.tool_choice;
  if (choice === undefined || choice === null) return readFunctionCall(fields.function_call);
  if (!isRecord(choice)) {
    // Mistral's word for it, which many clients know.
    return { type: choice === "any" ? "required" : oneOf(choice, MODES, "tool_choice") };
  }
  switch (oneOf(choice.type, ["function", "allowed_tools", "custom", ...MODES], "tool_choice.type")) {
    case "function":
      return { type: "tool", name: readName(choice.function, "tool_choice.function") };
    case "allowed_tools":
      return readAllowed(choice.allowed_tools);
    case "custom":
      throw unsupported("tool_choice", "custom tools cannot be carried to this model.");
    default:
      return { type: choice.type as (typeof MODES)[number] };
  }
}

function readAllowed(value: unknown): ToolChoice {
  const path = "tool_choice.allowed_tools";
  const allowed = readRecord(value, path);
  const mode = oneOf(allowed.mode, ["auto", "required"], `${path}.mode`);
  const names = optionalList(allowed.tools, `${path}.tools`).map((entry, index) => {
    const at = `${path}.tools[${index}]`;
    const tool = readRecord(entry, at);
    if (tool.type === "custom") throw unsupported(at, "custom tools cannot be carried to this model.");
    return readName(tool.function ?? tool, tool.function === undefined ? at : `${at}.function`);
  });
  return { type: "allowed", names, required: mode === "required" };
}

function readFunctionCall(value: unknown): ToolChoice | null {
  if (value === undefined || value === null) return null;
  if (isRecord(value)) return { type: "tool", name: readName(value, "function_call") };
  return { type: oneOf(value, ["none", "auto"], "function_call") };
}

function readName(value: unknown, path: string): string {
  return readString(readRecord(value, path).name, `${path}.name`);
}
