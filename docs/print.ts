import { ACCESS } from "../schema/access.ts";
import { SCOPES } from "../src/control/people/principal.ts";
import { ROLE_SCOPES, ROLES } from "../src/control/people/roles.ts";
import { ROUTE_ACCESS } from "../src/http/route-access.ts";
import { ENDPOINTS, PROVIDER_KINDS, QUIRKS, type Quirk, type Wire } from "../src/llm/names.ts";
import { dialects } from "../src/providers/index.ts";
import { PRESETS } from "../src/providers/presets.ts";
import { type Service, serviceOf } from "../src/providers/wires.ts";

/** What each quirk changes on the way to an upstream. */
const QUIRK_MEANING: Readonly<Record<Quirk, string>> = {
  no_stream_options: "streams are not asked for their usage; tokens are estimated",
  no_developer_role: "developer messages go up as system messages",
  max_tokens_only: "the token limit goes up as `max_tokens` instead of `max_completion_tokens`",
  reasoning_field: "thoughts stand in `reasoning` instead of `reasoning_content`",
  echo_reasoning: "turns with tool calls go up with the thoughts that came before the calls",
  no_parallel_tool_calls: "`parallel_tool_calls` is left out",
  no_json_schema: "a JSON schema for the answer becomes JSON mode and an instruction",
};

const code = (text: string) => `\`${text}\``;

function presetTable(): string {
  const rows = PRESETS.map((preset) => {
    const baseUrl = preset.baseUrl ?? dialects[preset.kind].defaultBaseUrl;
    return [
      code(preset.id),
      preset.name,
      preset.kind,
      baseUrl === null ? "your own" : code(baseUrl),
      preset.keyUrl === null ? "not needed" : `<${preset.keyUrl}>`,
      preset.quirks.map(code).join(" "),
    ];
  });
  return table(["preset", "vendor", "kind", "base URL", "keys", "quirks"], rows);
}

function quirkTable(): string {
  return table(
    ["quirk", "what Sluice does"],
    QUIRKS.map((quirk) => [code(quirk), QUIRK_MEANING[quirk]]),
  );
}

/** What the formats are called where they are asked for. */
const WIRE_ENDPOINT: Readonly<Record<Wire, string>> = {
  "openai-chat": code("chat.completions"),
  "openai-responses": code("responses"),
  "anthropic-messages": code("messages"),
  gemini: code("gemini.generateContent"),
  coze: "Coze's v3 chat",
};

function endpointTable(): string {
  const rows = ENDPOINTS.map((endpoint) => [
    code(endpoint),
    ...PROVIDER_KINDS.map((kind) => serviceCell(serviceOf(endpoint, kind))),
  ]);
  return table(["endpoint", ...PROVIDER_KINDS], rows);
}

function serviceCell(service: Service): string {
  switch (service.how) {
    case "native":
      return `native${bridgeCell(service.bridge)}`;
    case "translated":
      return `→ ${WIRE_ENDPOINT[service.wire]}${bridgeCell(service.bridge)}`;
    case "operation":
      return service.asks.map((asked) => `→ ${code(asked)}`).join(" or ");
    case "estimated":
      return "estimated here";
    case "kept":
      return "kept here";
    case "refused":
      return `refused: ${service.why}`;
  }
}

function bridgeCell(bridge: Wire | null): string {
  return bridge === null ? "" : `, some models → ${WIRE_ENDPOINT[bridge]}`;
}

function roleTable(): string {
  const rows = SCOPES.map((scope) => [
    code(scope),
    ...ROLES.map((role) => (ROLE_SCOPES[role].has(scope) ? "yes" : "")),
  ]);
  return table(["scope", ...ROLES], rows);
}

function operationTable(): string {
  const byScope = new Map<string, string[]>();
  for (const [name, access] of Object.entries(ACCESS)) {
    const field = /^(?:Query|Mutation|Subscription)\.(.+)$/.exec(name)?.[1];
    if (field === undefined) continue;
    const fresh = typeof access === "object" && "fresh" in access;
    const scope = fresh ? access.scope : access;
    const who = typeof scope === "string" ? scope : scope.join(" and ");
    byScope.set(who, [...(byScope.get(who) ?? []), `${code(field)}${fresh ? "*" : ""}`]);
  }
  const order = ["anyone", "signed-in", ...SCOPES];
  const rows = [...byScope]
    .toSorted(([left], [right]) => order.indexOf(left.split(" ")[0]!) - order.indexOf(right.split(" ")[0]!))
    .map(([who, operations]) => [who, operations.join(" ")]);
  return table(["who", "operations"], rows);
}

function routeTable(): string {
  return table(
    ["path", "who"],
    Object.entries(ROUTE_ACCESS).map(([route, who]) => [code(route), who]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const TABLES: readonly { readonly page: string; readonly name: string; readonly print: () => string }[] = [
  { page: "vendors.md", name: "presets", print: presetTable },
  { page: "vendors.md", name: "quirks", print: quirkTable },
  { page: "formats.md", name: "endpoints", print: endpointTable },
  { page: "access.md", name: "roles", print: roleTable },
  { page: "access.md", name: "operations", print: operationTable },
  { page: "access.md", name: "routes", print: routeTable },
];

/** The pages that hold tables made from the code, as they should be. Throws for a page that has lost the place of one. */
export async function printPages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const { page, name, print } of TABLES) {
    const path = new URL(page, import.meta.url).pathname;
    const text = pages.get(path) ?? (await Bun.file(path).text());
    const begin = `<!-- ${name}: made by bun docs/print.ts -->`;
    const start = text.indexOf(begin);
    const end = text.indexOf("<!-- end -->", start);
    if (start < 0 || end < 0) throw new Error(`docs/${page} has no place for the table ${name}`);
    pages.set(path, `${text.slice(0, start)}${begin}\n${print()}\n${text.slice(end)}`);
  }
  return pages;
}

if (import.meta.main) {
  for (const [path, text] of await printPages()) {
    await Bun.write(path, text);
    console.log(`wrote ${path}`);
  }
}
