import { ask } from "./gateway.ts";

/** The names and memos of the client keys that GraphQL has acknowledged so far. */
export interface AdminLoad {
  readonly acknowledged: ReadonlyMap<string, string | null>;
  /** Deletions that were acknowledged. */
  readonly deleted: ReadonlySet<string>;
  /** What was asked last and not answered: it may or may not have happened. */
  readonly pending: string | null;
  /** Resolves when `count` mutations have been acknowledged. */
  reached(count: number): Promise<void>;
  stop(): Promise<void>;
}

interface Payload {
  readonly change: { readonly clientKey?: { readonly id: string }; readonly userErrors: readonly unknown[] };
}

/** Creates client keys without end, changes every second one and deletes every third, until the connection fails. */
export function startAdminLoad(url: string, prefix: string): AdminLoad {
  const acknowledged = new Map<string, string | null>();
  const deleted = new Set<string>();
  let pending: string | null = null;
  let mutations = 0;
  let watchers: { count: number; resolve: () => void }[] = [];
  let stopping = false;

  const mutate = async (name: string, query: string, input: object) => {
    pending = name;
    const { change } = await ask<Payload>(url, query, { input });
    if (change.userErrors.length > 0) throw new Error(JSON.stringify(change.userErrors));
    pending = null;
    mutations++;
    watchers = watchers.filter(({ count, resolve }) => mutations < count || resolve());
    return change.clientKey?.id ?? "";
  };
  const run = async () => {
    for (let number = 1; !stopping; number++) {
      const name = `${prefix}-${number}`;
      try {
        const id = await mutate(name, CREATE, { name });
        acknowledged.set(name, null);
        if (number % 2 === 0) {
          await mutate(name, UPDATE, { id, memo: `changed ${number}` });
          acknowledged.set(name, `changed ${number}`);
        }
        if (number % 3 === 0) {
          await mutate(name, DELETE, { ids: [id] });
          acknowledged.delete(name);
          deleted.add(name);
        }
      } catch {
        return;
      }
    }
  };
  const running = run();
  return {
    acknowledged,
    deleted,
    get pending() {
      return pending;
    },
    reached: (count) =>
      new Promise((resolve) => {
        if (mutations >= count) resolve();
        else watchers.push({ count, resolve });
      }),
    async stop() {
      stopping = true;
      await running;
    },
  };
}

const errors = "userErrors { message }";
const CREATE = `mutation ($input: CreateClientKeyInput!) { change: createClientKey(input: $input) { clientKey { id } ${errors} } }`;
const UPDATE = `mutation ($input: UpdateClientKeyInput!) { change: updateClientKey(input: $input) { clientKey { id } ${errors} } }`;
const DELETE = `mutation ($input: DeleteInput!) { change: deleteClientKeys(input: $input) { ${errors} } }`;

interface Page {
  readonly nodes: readonly { readonly name: string; readonly memo: string | null }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** All client keys by name, with their memos. */
export async function storedClientKeys(url: string): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (let after: string | null = null; ; ) {
    const { clientKeys }: { clientKeys: Page } = await ask(
      url,
      "query ($after: String) { clientKeys(first: 200, after: $after) { nodes { name memo } pageInfo { hasNextPage endCursor } } }",
      { after },
    );
    for (const { name, memo } of clientKeys.nodes) found.set(name, memo);
    if (!clientKeys.pageInfo.hasNextPage) return found;
    after = clientKeys.pageInfo.endCursor;
  }
}
