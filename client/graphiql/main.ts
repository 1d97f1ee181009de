import { createClient } from "graphql-ws";
import { type Params, readOperation } from "./operation.ts";

interface Options {
  readonly headers?: Readonly<Record<string, string>>;
}

declare global {
  /** What the library's own script, before this one, leaves behind. */
  var YogaGraphiQL: { renderYogaGraphiQL(place: Element, options: object): void };
  var MonacoEnvironment: { getWorkerUrl(module: string, label: string): string };
}

const GRAPHQL_URL = new URL("graphql", document.baseURI).href;
/** Lets this page, in this session, run any document: the console itself runs its own only. */
const grant = document.querySelector<HTMLMetaElement>('meta[name="grant"]')?.content ?? "";
const place = document.querySelector<HTMLElement>("#graphiql")!;
const socket = createClient({ url: GRAPHQL_URL.replace(/^http/, "ws"), connectionParams: { graphiql: grant } });

async function ask(params: Params, headers: Options["headers"]): Promise<unknown> {
  const response = await fetch(GRAPHQL_URL, {
    method: "POST",
    credentials: "same-origin",
    headers: { accept: "application/json", ...headers, "content-type": "application/json", "x-sluice-graphiql": grant },
    body: JSON.stringify(params),
  });
  return response.json();
}

// In an attribute each, since the names of files change with their contents.
globalThis.MonacoEnvironment = {
  getWorkerUrl: (_module, label) => new URL(place.dataset[label.toLowerCase()]!, document.baseURI).href,
};
globalThis.YogaGraphiQL.renderYogaGraphiQL(place, {
  fetcher(given: Params, { headers }: Options = {}) {
    const { params, isSubscription } = readOperation(given);
    return isSubscription ? socket.iterate(params) : ask(params, headers);
  },
  title: "Sluice",
  logo: "",
  query: "{\n  viewer {\n    name\n    scopes\n  }\n}\n",
  // Headers may hold a token and queries may hold a secret: neither is written down or shown in the address.
  shouldPersistHeaders: false,
  onEditQuery: () => {},
});
