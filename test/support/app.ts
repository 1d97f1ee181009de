import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, startApp as startRealApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { type ConsoleSource, readConsole } from "../../src/http/console.ts";
import { createLogger } from "../../src/lib/log.ts";
import type { RequestRecord } from "../../src/record.ts";
import { watchForSecrets } from "./canary.ts";

export const ADMIN_TOKEN = "adm_test-token-0123456789";
export const CLIENT_KEY = "sk-test-client-0123456789";

export interface TestApp {
  readonly url: string;
  readonly app: App;
  readonly dataDir: string;
  readonly logLines: string[];
  /** Every settled request, in order. */
  readonly records: RequestRecord[];
  /** Resolves with the record that comes as number `count` (1 is the first). */
  record(count?: number): Promise<RequestRecord>;
  /** POST with the client key; `body` is sent as JSON, or as it is when it is a string. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  graphql(query: string, variables?: object): Promise<{ data: Record<string, never>; errors?: { message: string }[] }>;
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** The configuration file's document; a client key "test" (CLIENT_KEY) is added when it names none. */
  readonly config?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  /** Given: kept after `close`, for a test that starts twice. */
  readonly dataDir?: string;
  /** The built console; without it the pages are not served. */
  readonly withConsole?: boolean;
}

const NO_CONSOLE: ConsoleSource = {
  routes: [],
  documents: null,
  graphiql: "",
  files: {
    "index.html": {
      path: join(import.meta.dir, "no-console.html"),
      type: "text/html",
      etag: '"0"',
      immutable: false,
      encodings: {},
    },
  },
};

/** The real program on port 0 with a temporary data directory. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "sluice-app-")));
  const document = { clientKeys: [{ name: "test", secret: CLIENT_KEY }], ...options.config };
  const configFile = join(dataDir, "config-of-test.json");
  await Bun.write(configFile, JSON.stringify(document));
  const env = { PORT: "0", DATA_DIR: dataDir, CONFIG_FILE: configFile, ADMIN_TOKEN, ...options.env };
  const logLines: string[] = [];
  const log = createLogger({ level: "debug", format: "json", write: (line) => logLines.push(line) });
  const source = options.withConsole === true ? readConsole(join(import.meta.dir, "../../dist/console")) : NO_CONSOLE;
  const app = await startRealApp(
    readConfig(env, [], () => ""),
    log,
    source,
  );
  const searchForSecrets = watchForSecrets({ origin: app.url, dataDir, logLines });
  const records: RequestRecord[] = [];
  let waiting: { count: number; resolve: (record: RequestRecord) => void }[] = [];
  app.gateway.events.on("requestSettled", (record) => {
    records.push(record);
    waiting = waiting.filter(({ count, resolve }) => records.length < count || resolve(record));
  });
  return {
    url: app.url,
    app,
    dataDir,
    logLines,
    records,
    record: (count = 1) =>
      new Promise((resolve) => {
        const known = records[count - 1];
        if (known !== undefined) resolve(known);
        else waiting.push({ count, resolve });
      }),
    post: (path, body, headers = {}) =>
      fetch(`${app.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    graphql: async (query, variables = {}) => {
      const response = await fetch(`${app.url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as { data: Record<string, never>; errors?: { message: string }[] };
    },
    close: async () => {
      await app.close(0);
      searchForSecrets();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
