import type { HostedTool, Tool } from "../../llm/request.ts";
import {
  isRecord,
  type JsonRecord,
  optionalBoolean,
  optionalList,
  optionalRecord,
  optionalString,
  readList,
  readRecord,
  readString,
} from "../fields.ts";

/** A tool as the client declared it, beside the function that stands for it. */
export interface ClientTool {
  readonly kind: "function" | "custom";
  readonly name: string;
  readonly namespace: string | null;
  /** Its `name` is unique in the request. */
  readonly tool: Tool;
}

export interface Toolbox {
  readonly tools: readonly ClientTool[];
  readonly hosted: readonly HostedTool[];
  /** Settings of single tools without a neutral place, by path. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/**
 * All tools of a request body. Codex's namespaces are flattened: a tool keeps its plain name unless another has it already, then it
 * is called `namespace__name`; answers carry name and namespace again (`clientTool`). A custom tool, whose input is free text, stands
 * as a function with one string. `additional_tools` items of the input count as declared from the start.
 */
export function readToolbox(body: JsonRecord): Toolbox {
  const found: Declared[] = [];
  const hosted: HostedTool[] = [];
  const extra: Record<string, unknown> = {};
  const read = (list: readonly unknown[], path: string) => {
    for (const [index, value] of list.entries()) {
      readTool(readRecord(value, `${path}[${index}]`), `${path}[${index}]`, { found, hosted, extra });
    }
  };
  read(optionalList(body.tools, "tools"), "tools");
  if (Array.isArray(body.input)) {
    for (const [index, item] of body.input.entries()) {
      const path = `input[${index}].tools`;
      if (isRecord(item) && item.type === "additional_tools") read(readList(item.tools, path), path);
    }
  }
  return { tools: nameTools(found), hosted, extra };
}

/** The function's name in the request for a call that the client names in its own words. */
export function neutralName(toolbox: Toolbox, name: string, namespace: string | null): string {
  const named = toolbox.tools.filter((tool) => tool.name === name);
  const exact = named.find((tool) => tool.namespace === namespace) ?? (namespace === null ? named[0] : undefined);
  return exact?.tool.name ?? name;
}

/** The client's own words for a function that the model called. */
export function clientTool(toolbox: Toolbox, name: string): Pick<ClientTool, "kind" | "name" | "namespace"> {
  return toolbox.tools.find((each) => each.tool.name === name) ?? { kind: "function", name, namespace: null };
}

/** The argument that stands for a custom tool's free text. */
export const CUSTOM_INPUT = "input";

interface Declared extends ClientTool {
  /** What the namespace says of itself. */
  readonly namespaceDescription: string | null;
}

interface Found {
  readonly found: Declared[];
  readonly hosted: HostedTool[];
  readonly extra: Record<string, unknown>;
}

function readTool(tool: JsonRecord, path: string, into: Found): void {
  const type = readString(tool.type, `${path}.type`);
  if (type === "function" || type === "custom") {
    into.found.push(readDeclared(tool, path, { namespace: null, namespaceDescription: null, extra: into.extra }));
    return;
  }
  if (type !== "namespace") {
    into.hosted.push({ kind: kindOf(type), type, raw: tool, path });
    return;
  }
  const namespace = readString(tool.name, `${path}.name`);
  const namespaceDescription = optionalString(tool.description, `${path}.description`);
  for (const [index, value] of readList(tool.tools, `${path}.tools`).entries()) {
    const at = `${path}.tools[${index}]`;
    into.found.push(readDeclared(readRecord(value, at), at, { namespace, namespaceDescription, extra: into.extra }));
  }
}

function kindOf(type: string): HostedTool["kind"] {
  if (type.startsWith("web_search")) return "web_search";
  return type === "code_interpreter" ? "code_execution" : null;
}

/** Typing FunctionTool, NamespaceTool.Function, CustomTool. */
const KNOWN = new Set(["type", "name", "description", "parameters", "strict", "format"]);

function readDeclared(
  tool: JsonRecord,
  path: string,
  options: Pick<Declared, "namespace" | "namespaceDescription"> & { readonly extra: Record<string, unknown> },
): Declared {
  const { namespace, namespaceDescription, extra } = options;
  for (const [key, value] of Object.entries(tool)) {
    if (!KNOWN.has(key) && value !== null && value !== false) extra[`${path}.${key}`] = value;
  }
  const name = readString(tool.name, `${path}.name`);
  const description = optionalString(tool.description, `${path}.description`);
  if (tool.type === "custom") {
    const text = describeCustom(description, optionalRecord(tool.format, `${path}.format`), `${path}.format`);
    return { kind: "custom", name, namespace, namespaceDescription, tool: customFunction(name, text) };
  }
  const parameters = optionalRecord(tool.parameters, `${path}.parameters`);
  const strict = optionalBoolean(tool.strict, `${path}.strict`);
  return { kind: "function", name, namespace, namespaceDescription, tool: { name, description, parameters, strict } };
}

function customFunction(name: string, description: string | null): Tool {
  const parameters = {
    type: "object",
    properties: { [CUSTOM_INPUT]: { type: "string", description: "The whole input of the tool, as free text." } },
    required: [CUSTOM_INPUT],
    additionalProperties: false,
  };
  return { name, description, parameters, strict: null };
}

/** No other vendor constrains text by a grammar: the model is told it instead. */
function describeCustom(description: string | null, format: JsonRecord | null, path: string): string | null {
  if (format?.type !== "grammar") return description;
  const syntax = readString(format.syntax, `${path}.syntax`);
  const definition = readString(format.definition, `${path}.definition`);
  const rule = `The input must follow this ${syntax} grammar:\n${definition}`;
  return description === null ? rule : `${description}\n\n${rule}`;
}

/** Tools outside of namespaces keep their names, whatever stands before them. A tool that is declared again is the same tool. */
function nameTools(found: readonly Declared[]): ClientTool[] {
  const taken = new Set(found.filter((each) => each.namespace === null).map((each) => each.name));
  const seen = new Set<string>();
  const tools: ClientTool[] = [];
  for (const { kind, name, namespace, namespaceDescription, tool } of found) {
    const key = JSON.stringify([namespace, name]);
    if (seen.has(key)) continue;
    seen.add(key);
    const unique = namespace === null ? name : freeName(taken, name, namespace);
    taken.add(unique);
    const description = tool.description ?? namespaceDescription;
    tools.push({ kind, name, namespace, tool: { ...tool, name: unique, description } });
  }
  return tools;
}

function freeName(taken: ReadonlySet<string>, name: string, namespace: string): string {
  if (!taken.has(name)) return name;
  const qualified = `${namespace}__${name}`;
  let free = qualified;
  for (let number = 2; taken.has(free); number++) free = `${qualified}_${number}`;
  return free;
}
