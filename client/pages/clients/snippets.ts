export const SNIPPETS = ["curl", "openai", "anthropic", "gemini", "claude-code", "codex"] as const;
export type SnippetId = (typeof SNIPPETS)[number];

/** Products' names are names in every language. */
export const SNIPPET_NAMES: Readonly<Record<SnippetId, string>> = {
  curl: "curl",
  openai: "OpenAI SDK",
  anthropic: "Anthropic SDK",
  gemini: "Gemini SDK",
  "claude-code": "Claude Code",
  codex: "Codex",
};

interface Access {
  /** e.g. "https://gateway.example" */
  readonly origin: string;
  readonly secret: string;
  readonly model: string;
}

/** Ready to paste: how each client is pointed at this gateway with this key. */
export function renderSnippet(id: SnippetId, { origin, secret, model }: Access): string {
  switch (id) {
    case "curl":
      return `curl ${origin}/v1/chat/completions \\
  -H "authorization: Bearer ${secret}" \\
  -H "content-type: application/json" \\
  -d '{"model":"${model}","messages":[{"role":"user","content":"Say hello"}]}'`;
    case "openai":
      return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${origin}/v1",
  apiKey: "${secret}",
});
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Say hello" }],
});
console.log(answer.choices[0].message.content);`;
    case "anthropic":
      return `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  baseURL: "${origin}",
  apiKey: "${secret}",
});
const answer = await client.messages.create({
  model: "${model}",
  max_tokens: 1024,
  messages: [{ role: "user", content: "Say hello" }],
});
console.log(answer.content);`;
    case "gemini":
      return `import { GoogleGenAI } from "@google/genai";

const client = new GoogleGenAI({
  apiKey: "${secret}",
  httpOptions: { baseUrl: "${origin}" },
});
const answer = await client.models.generateContent({
  model: "${model}",
  contents: "Say hello",
});
console.log(answer.text);`;
    case "claude-code":
      return `export ANTHROPIC_BASE_URL="${origin}"
export ANTHROPIC_AUTH_TOKEN="${secret}"
export ANTHROPIC_MODEL="${model}"
claude`;
    case "codex":
      // Codex speaks the Responses format only, and reads the key from a variable.
      return `# ~/.codex/config.toml
model = "${model}"
model_provider = "sluice"

[model_providers.sluice]
name = "Sluice"
base_url = "${origin}/v1"
wire_api = "responses"
env_key = "SLUICE_API_KEY"

# then, in the shell:
# export SLUICE_API_KEY="${secret}"`;
  }
}
