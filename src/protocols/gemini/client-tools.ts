import type { HostedTool, Tool, ToolChoice } from "../../llm/request.ts";
import { optionalString, readRecord, readString } from "../fields.ts";
import { toJsonSchema } from "./schema.ts";
import { type Fields, keepRest, listOf, readFields } from "./spelling.ts";

export interface ClientTools {
  readonly tools: readonly Tool[];
  readonly hostedTools: readonly HostedTool[];
}

/** What other vendors run too. Every other key of a Tool (googleMaps, fileSearch, computerUse …) only Gemini can take. */
const HOSTED = new Map<string, HostedTool["kind"]>([
  ["googleSearch", "web_search"],
  ["googleSearchRetrieval", "web_search"],
  ["codeExecution", "code_execution"],
  ["urlContext", "url_context"],
]);

export function readTools(value: unknown, path: string, extra: Record<string, unknown>): ClientTools {
  const tools: Tool[] = [];
  const hostedTools: HostedTool[] = [];
  listOf(value).forEach((each, index) => {
    const at = Array.isArray(value) ? `${path}[${index}]` : path;
    const fields = readFields(each, at);
    const declarations = fields.get("functionDeclarations");
    listOf(declarations).forEach((declaration, number) => {
      const place = fields.path("functionDeclarations");
      tools.push(readDeclaration(declaration, Array.isArray(declarations) ? `${place}[${number}]` : place, extra));
    });
    for (const [name, kind] of HOSTED) {
      const tool = fields.get(name);
      if (tool !== undefined) hostedTools.push({ kind, type: name, raw: { [name]: tool }, path: fields.path(name) });
    }
    for (const [place, tool] of fields.rest()) {
      const type = place.slice(at.length + 1);
      hostedTools.push({ kind: null, type, raw: { [type]: tool }, path: place });
    }
  });
  return { tools, hostedTools };
}

function readDeclaration(value: unknown, path: string, extra: Record<string, unknown>): Tool {
  const fields = readFields(value, path);
  const tool: Tool = {
    name: readString(fields.get("name"), fields.path("name")),
    description: optionalString(fields.get("description"), fields.path("description")),
    parameters: readParameters(fields),
    strict: null,
  };
  keepRest(fields, extra);
  return tool;
}

function readParameters(fields: Fields): Tool["parameters"] {
  const jsonSchema = fields.get("parametersJsonSchema");
  const schema = fields.get("parameters");
  if (jsonSchema !== undefined) return readRecord(jsonSchema, fields.path("parametersJsonSchema"));
  return schema === undefined ? null : toJsonSchema(readRecord(schema, fields.path("parameters")));
}

export function readToolChoice(value: unknown, path: string, extra: Record<string, unknown>): ToolChoice | null {
  if (value === undefined) return null;
  const outer = readFields(value, path);
  const config = outer.get("functionCallingConfig");
  keepRest(outer, extra);
  if (config === undefined) return null;
  const fields = readFields(config, outer.path("functionCallingConfig"));
  const given = optionalString(fields.get("mode"), fields.path("mode"));
  const names = listOf(fields.get("allowedFunctionNames")).map((name, index) =>
    readString(name, `${fields.path("allowedFunctionNames")}[${index}]`),
  );
  const modePath = fields.path("mode");
  keepRest(fields, extra);
  // Google's REST examples write the mode in lower case too.
  switch (given?.toUpperCase() ?? "MODE_UNSPECIFIED") {
    case "ANY":
      return anyOf(names);
    case "NONE":
      return { type: "none" };
    case "AUTO":
    case "VALIDATED":
      return names.length === 0 ? { type: "auto" } : { type: "allowed", names, required: false };
    case "MODE_UNSPECIFIED":
      return null;
    default:
      extra[modePath] = given;
      return null;
  }
}

function anyOf(names: readonly string[]): ToolChoice {
  const [only] = names;
  if (only === undefined) return { type: "required" };
  return names.length === 1 ? { type: "tool", name: only } : { type: "allowed", names, required: true };
}
