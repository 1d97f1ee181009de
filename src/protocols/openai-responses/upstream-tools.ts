import type { HostedTool, LlmRequest, Tool, ToolChoice } from "../../llm/request.ts";
import { isRecord } from "../fields.ts";
import { mustBeCalled, writeHostedTools } from "../hosted-tools.ts";
import type { ToolNames } from "../tool-names.ts";

/** Functions, flat and with an explicit `strict` (chat's default is false, Responses' true), then the tools that OpenAI runs. */
export function writeTools(request: LlmRequest, names: ToolNames, dropped: Set<string>): unknown[] {
  return [
    ...request.tools.map((tool) => writeFunction(tool, names)),
    ...writeHostedTools(
      request,
      (tool) => writeHosted(tool, dropped),
      (path) => dropped.add(path),
    ),
  ];
}

export function writeToolChoice(choice: ToolChoice, request: LlmRequest, names: ToolNames): unknown {
  switch (choice.type) {
    case "tool": {
      // Another format's name for a tool that OpenAI runs: here it is demanded by its type.
      const hosted = request.hostedTools.find((tool) => mustBeCalled(tool, request));
      const written = hosted === undefined ? null : writeHosted(hosted, new Set());
      if (written !== null) return { type: written.type };
      return { type: "function", name: names.toUpstream(choice.name) };
    }
    case "allowed":
      return {
        type: "allowed_tools",
        mode: choice.required ? "required" : "auto",
        tools: choice.names.map((name) => ({ type: "function", name: names.toUpstream(name) })),
      };
    default:
      return choice.type;
  }
}

function writeFunction({ name, description, parameters, strict }: Tool, names: ToolNames): unknown {
  return {
    type: "function",
    name: names.toUpstream(name),
    ...(description === null ? {} : { description }),
    parameters: parameters ?? { type: "object", properties: {} },
    strict: strict ?? false,
  };
}

/** Typing Tool: what only OpenAI has goes as it came. */
const OWN = new Set([
  ...["file_search", "mcp", "computer", "computer_use_preview", "image_generation", "local_shell", "shell"],
  ...["apply_patch", "tool_search"],
]);

/** Null for what OpenAI has no tool like. */
function writeHosted(tool: HostedTool, dropped: Set<string>): Readonly<Record<string, unknown>> | null {
  if (tool.kind === "web_search") return writeWebSearch(tool, dropped);
  if (tool.kind === "code_execution") {
    return { type: "code_interpreter", container: tool.raw.container ?? { type: "auto" } };
  }
  return tool.kind === null && OWN.has(tool.type) ? tool.raw : null;
}

/** What the others' searches have in common with OpenAI's (typing WebSearchTool); the rest is reported. */
function writeWebSearch({ raw, path }: HostedTool, dropped: Set<string>): Readonly<Record<string, unknown>> {
  const search: Record<string, unknown> = { type: "web_search" };
  for (const [key, value] of Object.entries(raw)) {
    if (value === null || SILENT.has(key)) continue;
    if (key === "user_location") search.user_location = writeLocation(value);
    else if (key === "allowed_domains") search.filters = { allowed_domains: value };
    else if (key === "filters" || key === "search_context_size" || key === "external_web_access") search[key] = value;
    else dropped.add(`${path}.${key}`);
  }
  return search;
}

/** Names of the tool itself, and Anthropic's mark on it. */
const SILENT = new Set(["type", "name", "cache_control", "googleSearch", "google_search"]);

/** Chat puts the place one level deeper: `{ type: "approximate", approximate: { city, … } }`. */
function writeLocation(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return isRecord(value.approximate) ? { type: "approximate", ...value.approximate } : value;
}
