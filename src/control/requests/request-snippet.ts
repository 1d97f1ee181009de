import { endpoints } from "../../llm/endpoints.ts";
import type { EndpointId } from "../../llm/names.ts";
import type { Control } from "../control.ts";
import { readDetail } from "./request-logs.ts";
import type { RequestView } from "./request-view.ts";

export const SNIPPET_LANGUAGES = ["CURL", "PYTHON", "TYPESCRIPT"] as const;
export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

/** How to make the request again; null when its body was not kept whole, or is no JSON. */
export async function writeSnippet(
  control: Control,
  request: RequestView,
  language: SnippetLanguage,
): Promise<string | null> {
  const detail = request.detail ?? (request.endedAtMs === null ? null : await readDetail(control, request.id));
  const content = detail?.content ?? null;
  if (content === null || content.truncated || content.requestBody === null) return null;
  const body = parseObject(content.requestBody);
  return body === null ? null : snippetOf(language, request.endpoint, request.requestedModel, body);
}

/** A JSON object; null for anything else. */
export function parseObject(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Pure: exported for tests. The key and the gateway's address come from the reader's environment. */
export function snippetOf(
  language: SnippetLanguage,
  endpoint: EndpointId,
  model: string,
  body: Readonly<Record<string, unknown>>,
): string {
  const path = pathOf(endpoint, model);
  switch (language) {
    case "CURL":
      return [
        `curl "$BASE_URL${path}" \\`,
        '  -H "Authorization: Bearer $API_KEY" \\',
        '  -H "Content-Type: application/json" \\',
        `  -d ${quoteForShell(JSON.stringify(body, null, 2))}`,
      ].join("\n");
    case "PYTHON":
      return [
        "import os",
        "from openai import OpenAI",
        "",
        'client = OpenAI(base_url=os.environ["BASE_URL"] + "/v1", api_key=os.environ["API_KEY"])',
        `body = ${pythonLiteral(body, "")}`,
        METHODS[endpoint] === undefined
          ? `response = client.post(${JSON.stringify(aboveVersion(path))}, body=body, cast_to=object)`
          : `response = client.${METHODS[endpoint]}(**body)`,
        body.stream === true ? "for event in response:\n    print(event)" : "print(response)",
      ].join("\n");
    case "TYPESCRIPT":
      return [
        'import OpenAI from "openai";',
        "",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own
        "const client = new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: process.env.API_KEY });",
        METHODS[endpoint] === undefined
          ? `const response = await client.post(${JSON.stringify(aboveVersion(path))}, { body: ${JSON.stringify(body, null, 2)} });`
          : `const response = await client.${METHODS[endpoint]}(${JSON.stringify(body, null, 2)});`,
        body.stream === true ? "for await (const event of response) console.log(event);" : "console.log(response);",
      ].join("\n");
  }
}

/** What the SDK has a method for; the others go through its plain `post`. */
const METHODS: Partial<Record<EndpointId, string>> = {
  "chat.completions": "chat.completions.create",
  completions: "completions.create",
  embeddings: "embeddings.create",
  "images.generations": "images.generate",
  moderations: "moderations.create",
  responses: "responses.create",
};

function pathOf(endpoint: EndpointId, model: string): string {
  if (endpoints[endpoint].protocol !== "gemini") return `/v1/${endpoint.replaceAll(".", "/")}`;
  return `/v1beta/models/${encodeURIComponent(model)}:${endpoint.slice("gemini.".length)}`;
}

/** The SDK's base ends with /v1. */
function aboveVersion(path: string): string {
  return path.startsWith("/v1/") ? path.slice(3) : `/..${path}`;
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pythonLiteral(value: unknown, indent: string): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  const entries = Array.isArray(value)
    ? value.map((item) => `${inner}${pythonLiteral(item, inner)},\n`)
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${pythonLiteral(item, inner)},\n`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return entries.length === 0 ? open + close : `${open}\n${entries.join("")}${indent}${close}`;
}
