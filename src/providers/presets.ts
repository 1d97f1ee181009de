import type { ProviderKind, Quirk } from "../llm/names.ts";

/** A vendor ready to be chosen, in the console or by `preset` in the configuration file: a key is all that is missing. */
export interface Preset {
  readonly id: string;
  readonly name: string;
  readonly kind: ProviderKind;
  /** As `baseUrl` of a provider, up to and including the version; null: the kind's own address, or a person's (Azure). */
  readonly baseUrl: string | null;
  /** Where a key is made; null for programs on one's own machine, which need none. */
  readonly keyUrl: string | null;
  /** How keys that only this vendor gives out begin, to recognise a pasted one. */
  readonly keyPrefixes: readonly string[];
  /** A cheap model to try it with, where one is known to stay for a while. */
  readonly model: string | null;
  /** Habits known before the first call; others are learned. */
  readonly quirks: readonly Quirk[];
  /** GET /models lists what the key may use; false where no page says so. */
  readonly modelsListing: boolean;
}

/**
 * Gathered on 2026-11-20 from vendors' pages and from public threads with the vendors' own error messages; nobody was called. A
 * missing quirk means that nothing is known, not that the vendor does everything. Not found in any source, and so to be looked at
 * once: the key pages of the five kinds of their own, OpenRouter, Fireworks and Moonshot, and that Together, Fireworks, DashScope,
 * SiliconFlow and the three local programs list their models as OpenAI does.
 */
export const PRESETS: readonly Preset[] = [
  {
    id: "openai",
    name: "OpenAI",
    kind: "openai",
    baseUrl: null,
    keyUrl: "https://platform.openai.com/api-keys",
    keyPrefixes: ["sk-proj-", "sk-svcacct-"],
    model: "gpt-5.4-nano",
    quirks: [],
    modelsListing: true,
  },
  {
    id: "anthropic",
    name: "Anthropic",
    kind: "anthropic",
    baseUrl: null,
    keyUrl: "https://console.anthropic.com/settings/keys",
    keyPrefixes: ["sk-ant-"],
    model: "claude-haiku-4-5-20251001",
    quirks: [],
    modelsListing: true,
  },
  {
    id: "gemini",
    name: "Google Gemini",
    kind: "gemini",
    baseUrl: null,
    keyUrl: "https://aistudio.google.com/apikey",
    keyPrefixes: ["AIza"],
    model: "gemini-2.5-flash",
    quirks: [],
    modelsListing: true,
  },
  {
    id: "azure-openai",
    name: "Azure OpenAI",
    kind: "azure-openai",
    baseUrl: null,
    keyUrl: "https://portal.azure.com",
    keyPrefixes: [],
    model: null,
    quirks: [],
    modelsListing: false, // GET /models lists what could be deployed, not what is
  },
  {
    id: "coze",
    name: "Coze",
    kind: "coze",
    baseUrl: null,
    keyUrl: "https://www.coze.com/open/oauth/pats",
    keyPrefixes: ["pat_"],
    model: null,
    quirks: [],
    modelsListing: false,
  },
  {
    id: "deepseek",
    name: "DeepSeek",
    kind: "openai-compatible",
    baseUrl: "https://api.deepseek.com/v1",
    keyUrl: "https://platform.deepseek.com/api_keys",
    keyPrefixes: [],
    model: "deepseek-chat",
    // "unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`" (pi#1048, llmgateway#3462); turns with
    // tool calls must bring their reasoning_content back, else 400 (api-docs.deepseek.com/guides/thinking_mode); "This
    // response_format type is unavailable now" for json_schema in January 2026 (Vane#969).
    quirks: ["no_developer_role", "echo_reasoning", "no_json_schema"],
    modelsListing: true,
  },
  {
    id: "mistral",
    name: "Mistral",
    kind: "openai-compatible",
    baseUrl: "https://api.mistral.ai/v1",
    keyUrl: "https://console.mistral.ai/api-keys",
    keyPrefixes: [],
    model: "mistral-small-latest",
    // 422 "extra_forbidden" for max_completion_tokens (eca#231); developer is not among its roles (pi's detectCompat).
    quirks: ["max_tokens_only", "no_developer_role"],
    modelsListing: true,
  },
  {
    id: "groq",
    name: "Groq",
    kind: "openai-compatible",
    baseUrl: "https://api.groq.com/openai/v1",
    keyUrl: "https://console.groq.com/keys",
    keyPrefixes: ["gsk_"],
    model: null,
    // `message.reasoning`, when reasoning_format is "parsed" (groq-python#185).
    quirks: ["reasoning_field"],
    modelsListing: true,
  },
  {
    id: "xai",
    name: "xAI",
    kind: "openai-compatible",
    baseUrl: "https://api.x.ai/v1",
    keyUrl: "https://console.x.ai",
    keyPrefixes: ["xai-"],
    model: null,
    quirks: ["no_developer_role"], // pi's detectCompat
    modelsListing: true,
  },
  {
    id: "openrouter",
    name: "OpenRouter",
    kind: "openai-compatible",
    baseUrl: "https://openrouter.ai/api/v1",
    keyUrl: "https://openrouter.ai/settings/keys",
    keyPrefixes: ["sk-or-"],
    model: null,
    // `message.reasoning` (its docs as quoted in vllm#27755).
    quirks: ["reasoning_field"],
    modelsListing: true,
  },
  {
    id: "together",
    name: "Together AI",
    kind: "openai-compatible",
    baseUrl: "https://api.together.xyz/v1",
    keyUrl: "https://api.together.ai/settings/api-keys",
    keyPrefixes: [],
    model: null,
    quirks: [],
    modelsListing: true,
  },
  {
    id: "fireworks",
    name: "Fireworks AI",
    kind: "openai-compatible",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    keyUrl: "https://app.fireworks.ai/settings/users/api-keys",
    keyPrefixes: [],
    model: null,
    quirks: [], // reasoning_content (docs.fireworks.ai/guides/reasoning)
    modelsListing: true,
  },
  {
    id: "moonshot",
    name: "Moonshot AI (Kimi)",
    kind: "openai-compatible",
    baseUrl: "https://api.moonshot.ai/v1",
    keyUrl: "https://platform.moonshot.ai/console/api-keys",
    keyPrefixes: [],
    model: null,
    // "thinking is enabled but reasoning_content is missing in assistant tool call message" (LibreChat's page on Moonshot);
    // openclaw switches the developer role off for it.
    quirks: ["no_developer_role", "echo_reasoning"],
    modelsListing: true,
  },
  {
    id: "moonshot-cn",
    name: "Moonshot AI (Kimi, China)",
    kind: "openai-compatible",
    baseUrl: "https://api.moonshot.cn/v1", // another account and other keys than the international one
    keyUrl: "https://platform.moonshot.cn/console/api-keys",
    keyPrefixes: [],
    model: null,
    quirks: ["no_developer_role", "echo_reasoning"], // the same service
    modelsListing: true,
  },
  {
    id: "zhipu",
    name: "Zhipu AI (GLM)",
    kind: "openai-compatible",
    baseUrl: "https://open.bigmodel.cn/api/paas/v4",
    keyUrl: "https://bigmodel.cn/usercenter/apikeys",
    keyPrefixes: [],
    model: null,
    // 1214 "Incorrect role information" for developer (openclaw#23115, PI-Desktop#30).
    quirks: ["no_developer_role"],
    modelsListing: false,
  },
  {
    id: "dashscope",
    name: "Alibaba Cloud (Qwen)",
    kind: "openai-compatible",
    baseUrl: "https://dashscope.aliyuncs.com/compatible-mode/v1",
    keyUrl: "https://bailian.console.aliyun.com/?tab=model#/api-key",
    keyPrefixes: [],
    model: "qwen-flash",
    quirks: ["no_developer_role"], // as oh-my-pi's compat table has it for Alibaba and Qwen
    modelsListing: true,
  },
  {
    id: "siliconflow",
    name: "SiliconFlow",
    kind: "openai-compatible",
    baseUrl: "https://api.siliconflow.cn/v1",
    keyUrl: "https://cloud.siliconflow.cn/account/ak",
    keyPrefixes: [],
    model: null,
    quirks: [],
    modelsListing: true,
  },
  {
    id: "ollama",
    name: "Ollama",
    kind: "openai-compatible",
    baseUrl: "http://127.0.0.1:11434/v1",
    keyUrl: null,
    keyPrefixes: [],
    model: null,
    quirks: ["reasoning_field"], // delta.reasoning (llxprt-code#2491)
    modelsListing: true,
  },
  {
    id: "vllm",
    name: "vLLM",
    kind: "openai-compatible",
    baseUrl: "http://127.0.0.1:8000/v1",
    keyUrl: null,
    keyPrefixes: [],
    model: null,
    // `reasoning` since late 2025, reasoning_content is gone; it also reads only that one (vllm#27752, #33402).
    quirks: ["reasoning_field"],
    modelsListing: true,
  },
  {
    id: "lm-studio",
    name: "LM Studio",
    kind: "openai-compatible",
    baseUrl: "http://127.0.0.1:1234/v1",
    keyUrl: null,
    keyPrefixes: [],
    model: null,
    quirks: [],
    modelsListing: true,
  },
];

/** By its id. */
export function findPreset(id: string): Preset | undefined {
  return PRESETS.find((preset) => preset.id === id);
}
