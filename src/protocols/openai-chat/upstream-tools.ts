import type { HostedTool, LlmRequest, ToolChoice } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { writeHostedTools } from "../hosted-tools.ts";
import { asRecord } from "../usage.ts";

type Fields = Record<string, unknown>;

export interface ToolOptions {
  readonly target: UpstreamTarget;
  readonly toUpstream: (name: string) => string;
  readonly drop: (field: "parallelToolCalls") => void;
}

/** `tools` and what belongs to them; nothing at all without tools, since OpenAI refuses a choice among none. */
export function writeTools(request: LlmRequest, { target, toUpstream, drop }: ToolOptions): Fields {
  const { toolChoice: choice, parallelToolCalls } = request;
  const isAllowedList = choice?.type === "allowed" && target.kind === "openai-compatible";
  // OpenAI's allowed_tools keeps the prompt cache whole; other servers do not know it and get the shorter list.
  const tools = isAllowedList ? request.tools.filter(({ name }) => choice.names.includes(name)) : request.tools;
  if (tools.length === 0) return {};
  const withoutParallel = target.quirks.has("no_parallel_tool_calls");
  if (withoutParallel && parallelToolCalls === false) drop("parallelToolCalls");
  return {
    tools: tools.map(({ name, description, parameters, strict }) => ({
      type: "function",
      function: {
        name: toUpstream(name),
        ...(description === null ? {} : { description }),
        parameters: parameters ?? { type: "object", properties: {} },
        ...(strict === null ? {} : { strict }),
      },
    })),
    ...(choice === null ? {} : { tool_choice: toolChoice(choice, isAllowedList, toUpstream) }),
    ...(parallelToolCalls === null || withoutParallel ? {} : { parallel_tool_calls: parallelToolCalls }),
  };
}

function toolChoice(choice: ToolChoice, isFiltered: boolean, toUpstream: (name: string) => string): unknown {
  const named = (name: string) => ({ type: "function", function: { name: toUpstream(name) } });
  switch (choice.type) {
    case "tool":
      return named(choice.name);
    case "allowed": {
      const mode = choice.required ? "required" : "auto";
      return isFiltered ? mode : { type: "allowed_tools", allowed_tools: { mode, tools: choice.names.map(named) } };
    }
    default:
      return choice.type;
  }
}

/** OpenAI's search models (gpt-…-search-preview, gpt-5-search-api) search by `web_search_options`; no other tool is run over chat. */
export function searchFields(request: LlmRequest, target: UpstreamTarget, report: (path: string) => void): Fields {
  const write = ({ kind, raw }: HostedTool) => (kind === "web_search" && canSearch(target) ? searchOptions(raw) : null);
  const options = writeHostedTools(request, write, report).at(-1);
  return options === undefined ? {} : { web_search_options: options };
}

function canSearch({ kind, model }: UpstreamTarget): boolean {
  return kind === "openai" && /(^|-)search(-|$)/.test(model);
}

/** Null when the client's tool asks for more than the options can say: domains, a number of searches. */
function searchOptions(raw: Readonly<Record<string, unknown>>): Fields | null {
  const { type: _type, name: _name, cache_control: _cache, search_context_size: size, user_location, ...rest } = raw;
  if (Object.values(rest).some((value) => value !== null && value !== undefined)) return null;
  const location = asRecord(user_location);
  // Anthropic's and Responses' locations are flat, chat's is one level deeper.
  const { type: _kind, approximate, ...flat } = location ?? {};
  return {
    ...(typeof size === "string" ? { search_context_size: size } : {}),
    ...(location === null ? {} : { user_location: { type: "approximate", approximate: approximate ?? flat } }),
  };
}
