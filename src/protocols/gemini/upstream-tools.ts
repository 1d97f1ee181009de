import type { HostedTool, LlmRequest, Tool, ToolChoice } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { writeHostedTools } from "../hosted-tools.ts";
import type { ToolNames } from "../tool-names.ts";
import { isGemini3 } from "./generation.ts";

/** Keys of Gemini's Tool (SDK typing) that only a Gemini client writes: they go back as they came. */
const OWN = new Set(["googleMaps", "fileSearch", "computerUse", "mcpServers", "retrieval", "enterpriseWebSearch"]);

export interface ToolOptions {
  readonly names: ToolNames;
  readonly report: (path: string) => void;
}

export function encodeTools(
  request: LlmRequest,
  target: UpstreamTarget,
  { names, report }: ToolOptions,
): Record<string, unknown>[] {
  const declarations = request.tools.map((tool) => declarationOf(tool, names));
  // Before Gemini 3 it is a 400 to offer both: the client's own functions are what it cannot do without.
  const isCombinable = declarations.length === 0 || isGemini3(target);
  return [
    ...(declarations.length === 0 ? [] : [{ functionDeclarations: declarations }]),
    ...writeHostedTools(request, (tool) => (isCombinable ? hostedTool(tool) : null), report),
  ];
}

/** JSON Schema goes unreduced (SDK typing `parametersJsonSchema`); only its own version mark is refused. */
function declarationOf({ name, description, parameters }: Tool, names: ToolNames): Record<string, unknown> {
  return {
    name: names.toUpstream(name),
    ...(description === null ? {} : { description }),
    ...(parameters === null ? {} : { parametersJsonSchema: withoutVersion(parameters) }),
  };
}

export function withoutVersion(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { $schema: _, ...rest } = schema;
  return rest;
}

function hostedTool({ kind, type, raw }: HostedTool): Record<string, unknown> | null {
  switch (kind) {
    case "web_search":
      return { googleSearch: {} };
    case "code_execution":
      return { codeExecution: {} };
    case "url_context":
      return { urlContext: {} };
    case null:
      return OWN.has(type) ? { ...raw } : null;
  }
}

/**
 * `toolConfig`. Gemini 3 takes its own tools beside functions only when it is told so, and then knows no AUTO ("Please enable
 * tool_config.include_server_side_tool_invocations", ag2#3145, vercel/ai#13920).
 */
export function encodeToolConfig(
  { tools, toolChoice }: LlmRequest,
  names: ToolNames,
  isCombined: boolean,
): Record<string, unknown> {
  const choice = tools.length === 0 ? null : toolChoice;
  if (choice === null && !isCombined) return {};
  const written = choice === null ? null : encodeToolChoice(choice, names);
  const functionCallingConfig = isCombined && written?.mode === "AUTO" ? { mode: "VALIDATED" } : written;
  return {
    toolConfig: {
      ...(functionCallingConfig === null ? {} : { functionCallingConfig }),
      ...(isCombined ? { includeServerSideToolInvocations: true } : {}),
    },
  };
}

/** `functionCallingConfig`; names that are only allowed, not demanded, need VALIDATED (SDK typing `FunctionCallingConfigMode`). */
function encodeToolChoice(choice: ToolChoice, names: ToolNames): Record<string, unknown> {
  switch (choice.type) {
    case "auto":
      return { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
      return { mode: "ANY", allowedFunctionNames: [names.toUpstream(choice.name)] };
    case "allowed":
      return { mode: choice.required ? "ANY" : "VALIDATED", allowedFunctionNames: choice.names.map(names.toUpstream) };
  }
}
