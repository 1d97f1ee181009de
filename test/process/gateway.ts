import { ADMIN_TOKEN, CLIENT_KEY, type Scratch, type Serving } from "./sluice.ts";

/** Starts a gateway in front of `upstream`, with the client key CLIENT_KEY and the admin token ADMIN_TOKEN. */
export async function serveGateway(
  scratch: Scratch,
  upstream: string,
  env: Record<string, string | undefined> = {},
  under: readonly string[] = [],
): Promise<Serving> {
  const keys = [{ name: "key", secret: "sk-upstream-0123456789" }];
  const CONFIG_FILE = await scratch.write("sluice.json", {
    providers: [{ name: "main", kind: "openai", baseUrl: `${upstream}/v1`, keys }],
    clientKeys: [{ name: "test", secret: CLIENT_KEY }],
  });
  return scratch.serve({ CONFIG_FILE, ADMIN_TOKEN, ...env }, [], under);
}

/** A chat request; `content` tells the upstream what to do (upstream.ts). */
export function chat(url: string, content: string, stream = false): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
    body: chatBody(content, stream),
  });
}

export function chatBody(content: string, stream = false): string {
  return JSON.stringify({ model: "gpt-4.1", stream, messages: [{ role: "user", content }] });
}

/** A GraphQL operation as the operator; throws when it has errors or there is no answer. */
export async function ask<Data>(url: string, query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

interface Page {
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The ids of all rows of requestLogs, page by page. Throws when a row comes twice. */
export async function loggedIds(url: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let after: string | null = null; ; ) {
    const { requestLogs }: { requestLogs: Page } = await ask(
      url,
      "query ($after: String) { requestLogs(first: 200, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }",
      { after },
    );
    for (const { id } of requestLogs.nodes) {
      if (ids.has(id)) throw new Error(`${id} is there twice`);
      ids.add(id);
    }
    if (!requestLogs.pageInfo.hasNextPage) return ids;
    after = requestLogs.pageInfo.endCursor;
  }
}

/** Requests in the roll-ups, which are kept apart from the rows. */
export async function countedRequests(url: string): Promise<number> {
  const { usage } = await ask<{ usage: { totals: { requests: number } } }>(
    url,
    '{ usage(range: { from: "now-1d" }) { totals { requests } } }',
  );
  return usage.totals.requests;
}
