import type { HostedTool, ToolChoice } from "../../llm/request.ts";
import { oneOf, optionalString, readList, readRecord, readString } from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { neutralName, type Toolbox } from "./client-tools.ts";

/**
 * `tool_choice` in all its forms, and the hosted tools that it leaves: a list of allowed tools can leave out a hosted one, which
 * the neutral choice, that knows functions only, could not say.
 */
export function readToolChoice(
  value: unknown,
  toolbox: Toolbox,
): { readonly choice: ToolChoice | null; readonly hosted: readonly HostedTool[] } {
  const { hosted } = toolbox;
  if (value === undefined || value === null) return { choice: null, hosted };
  if (typeof value === "string") {
    return { choice: { type: oneOf(value, ["auto", "none", "required"], "tool_choice") }, hosted };
  }
  const choice = readRecord(value, "tool_choice");
  const type = readString(choice.type, "tool_choice.type");
  if (type === "function" || type === "custom") {
    return { choice: { type: "tool", name: nameIn(choice, "tool_choice", toolbox) }, hosted };
  }
  if (type === "allowed_tools") return readAllowed(choice, toolbox);
  // A hosted tool by its type: only where it is the sole tool is there a neutral word for it.
  const isOnlyTool = toolbox.tools.length === 0 && hosted.length === 1 && hosted[0]?.type === type;
  if (!isOnlyTool) throw unsupported("tool_choice", `a tool of type "${type}" cannot be demanded from this model.`);
  return { choice: { type: "required" }, hosted };
}

function readAllowed(choice: Readonly<Record<string, unknown>>, toolbox: Toolbox): ReturnType<typeof readToolChoice> {
  const mode = oneOf(choice.mode ?? "auto", ["auto", "required"], "tool_choice.mode");
  const names: string[] = [];
  const types = new Set<string>();
  for (const [index, value] of readList(choice.tools, "tool_choice.tools").entries()) {
    const path = `tool_choice.tools[${index}]`;
    const tool = readRecord(value, path);
    const type = readString(tool.type, `${path}.type`);
    if (type === "function" || type === "custom") names.push(nameIn(tool, path, toolbox));
    else if (type === "namespace") names.push(...namesInside(readString(tool.name, `${path}.name`), toolbox));
    else types.add(type);
  }
  return {
    choice: { type: "allowed", names, required: mode === "required" },
    hosted: toolbox.hosted.filter((tool) => types.has(tool.type)),
  };
}

function nameIn(tool: Readonly<Record<string, unknown>>, path: string, toolbox: Toolbox): string {
  const namespace = optionalString(tool.namespace, `${path}.namespace`);
  return neutralName(toolbox, readString(tool.name, `${path}.name`), namespace);
}

function namesInside(namespace: string, toolbox: Toolbox): string[] {
  return toolbox.tools.filter((each) => each.namespace === namespace).map((each) => each.tool.name);
}
