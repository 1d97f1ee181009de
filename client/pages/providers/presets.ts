import type { ProviderKind } from "./documents.ts";

export interface Preset {
  readonly id: string;
  /** The vendor's own name: the same in every language. */
  readonly label: string;
  readonly kind: ProviderKind;
  /** Where the gateway does not know the address by itself. */
  readonly baseUrl?: string;
  /** How the vendor's keys begin, to recognise a pasted one. */
  readonly keyPrefix?: RegExp;
  /** A cheap model to try it with. */
  readonly model?: string;
}

/** Vendors by name. All but the first five speak OpenAI's protocol at an address of their own. */
export const PRESETS: readonly Preset[] = [
  { id: "openai", label: "OpenAI", kind: "OPENAI", keyPrefix: /^sk-(proj-|svcacct-)/, model: "gpt-5.4-nano" },
  { id: "anthropic", label: "Anthropic", kind: "ANTHROPIC", keyPrefix: /^sk-ant-/, model: "claude-haiku-4-5-20251001" },
  { id: "gemini", label: "Google Gemini", kind: "GEMINI", keyPrefix: /^AIza/, model: "gemini-2.5-flash" },
  { id: "azure", label: "Azure OpenAI", kind: "AZURE_OPENAI" },
  { id: "coze", label: "Coze", kind: "COZE", keyPrefix: /^pat_/ },
  compatible("deepseek", "DeepSeek", "https://api.deepseek.com/v1", { model: "deepseek-chat" }),
  compatible("qwen", "Qwen (DashScope)", "https://dashscope.aliyuncs.com/compatible-mode/v1", { model: "qwen-flash" }),
  compatible("moonshot", "Moonshot", "https://api.moonshot.cn/v1"),
  compatible("zhipu", "Zhipu GLM", "https://open.bigmodel.cn/api/paas/v4"),
  compatible("siliconflow", "SiliconFlow", "https://api.siliconflow.cn/v1"),
  compatible("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", { keyPrefix: /^sk-or-/ }),
  compatible("groq", "Groq", "https://api.groq.com/openai/v1", { keyPrefix: /^gsk_/ }),
  compatible("mistral", "Mistral", "https://api.mistral.ai/v1", { model: "mistral-small-latest" }),
  compatible("xai", "xAI", "https://api.x.ai/v1", { keyPrefix: /^xai-/ }),
  compatible("together", "Together AI", "https://api.together.xyz/v1"),
  compatible("ollama", "Ollama", "http://127.0.0.1:11434/v1"),
  compatible("vllm", "vLLM", "http://127.0.0.1:8001/v1"),
  { id: "compatible", label: "OpenAI-compatible", kind: "OPENAI_COMPATIBLE", baseUrl: "" },
];

function compatible(
  id: string,
  label: string,
  baseUrl: string,
  more: Pick<Preset, "keyPrefix" | "model"> = {},
): Preset {
  return { id, label, kind: "OPENAI_COMPATIBLE", baseUrl, ...more };
}

/** The vendor that this key looks like it belongs to. */
export function detectPreset(secret: string): Preset | undefined {
  return PRESETS.find((each) => each.keyPrefix?.test(secret.trim()));
}

/** These have no one public address. */
export function needsBaseUrl(kind: ProviderKind): boolean {
  return kind === "AZURE_OPENAI" || kind === "OPENAI_COMPATIBLE";
}
