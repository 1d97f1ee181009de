import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One built file of the console and its compressed twins, by path on disk or inside the binary. */
export interface ConsoleFile {
  readonly path: string;
  readonly type: string;
  readonly etag: string;
  /** Its name holds the hash of its content. */
  readonly immutable: boolean;
  readonly encodings: { readonly br?: string; readonly gzip?: string };
  /** The file at `path` is in gzip, and there is no other. */
  readonly isPacked?: boolean;
}

/** What client/build.ts made: `dist/console/embedded.ts` exports it, `readConsole` reads it from a directory. */
export interface ConsoleSource {
  /** By path below the console's root, e.g. "assets/main-1a2b3c4d.js". */
  readonly files: Readonly<Record<string, ConsoleFile>>;
  /** The pages of the client: each is answered with index.html. */
  readonly routes: readonly string[];
  /** Path of the file with its documents: an object, by the hash of the text. Null: not built, so nobody is held to it. */
  readonly documents: string | null;
  /** GraphiQL's page. */
  readonly graphiql: string;
}

export interface ConsoleOptions {
  readonly source: ConsoleSource;
  /** Where the console is mounted behind a proxy, e.g. "/gateway". */
  readonly basePath?: string;
}

/** Scripts, styles and connections from this origin only; nothing inline, nobody may frame it. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

export const PAGE_HEADERS = {
  ...SECURITY_HEADERS,
  "content-security-policy": CONTENT_POLICY,
  "x-frame-options": "DENY",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cache-control": "no-cache",
} as const;

/** Reads the manifest that client/build.ts wrote into `directory`; throws when the console has not been built. */
export function readConsole(directory: string): ConsoleSource {
  const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as ConsoleSource;
  const locate = (path: string) => join(directory, path);
  const documents = manifest.documents === null ? null : locate(manifest.documents);
  const files = Object.entries(manifest.files).map(([name, file]) => {
    const encodings = Object.fromEntries(Object.entries(file.encodings).map(([key, path]) => [key, locate(path)]));
    return [name, { ...file, path: locate(file.path), encodings }] as const;
  });
  return { ...manifest, documents, files: Object.fromEntries(files) };
}

/**
 * Answers the console's pages and assets, and whoever visits another path with its "no such page"; null for the rest, so that the server can say 404 in its own words.
 * A missing asset is null too: the page that asks for it is older than this server and says so to its user.
 */
export function createConsole(options: ConsoleOptions): (request: Request) => Response | null {
  const basePath = trimBase(options.basePath ?? "/");
  const { files } = options.source;
  const routes = new Set(options.source.routes);
  const index = readIndex(files, basePath);

  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return null;
    const path = pathBelow(basePath, request.url);
    if (routes.has(path)) return answerIndex(request, index);
    const file = path === "/index.html" ? undefined : files[path.slice(1)];
    if (file) return answerFile(request, file);
    return isVisit(request) ? answerIndex(request, index, 404) : null;
  };
}

/** Somebody who came by the address bar or a link: he gets a page that says so, and programs get our JSON. */
function isVisit(request: Request): boolean {
  const { headers } = request;
  return headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document";
}

/** Works whether or not the proxy in front strips the base path. */
function pathBelow(basePath: string, url: string): string {
  // Not `new URL`: it throws on a hostile Host header.
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.slice(start).search(/[?#]/);
  const path = start < 0 ? "/" : url.slice(start, end < 0 ? undefined : start + end);
  if (path === basePath) return "/";
  return basePath !== "" && path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
}

function trimBase(basePath: string): string {
  return basePath.replace(/\/+$/, "").replace(/^(?!\/|$)/, "/");
}

interface Index {
  readonly body: string;
  readonly etag: string;
}

function readIndex(files: ConsoleSource["files"], basePath: string): Index {
  const file = files["index.html"];
  if (!file) throw new Error("The console was built without index.html");
  const href = Bun.escapeHTML(`${basePath}/`);
  const body = readFileSync(file.path, "utf8").replace('<base href="/" />', `<base href="${href}" />`);
  return { body, etag: `"${Bun.hash(body).toString(36)}"` };
}

function answerIndex(request: Request, index: Index, status = 200): Response {
  const headers = { ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8", etag: index.etag };
  if (status === 200 && isKnown(request, index.etag)) return new Response(null, { status: 304, headers });
  return new Response(index.body, { status, headers });
}

function answerFile(request: Request, file: ConsoleFile): Response {
  const encoding = chooseEncoding(request.headers.get("accept-encoding"), file);
  const path = (encoding && file.encodings[encoding]) || file.path;
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    "content-type": file.type,
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
    // Weak: the compressed twins share it.
    etag: `W/${file.etag}`,
    vary: "accept-encoding",
  };
  if (isKnown(request, file.etag)) return new Response(null, { status: 304, headers });
  if (encoding) headers["content-encoding"] = encoding;
  if (file.isPacked && encoding === null) return new Response(Bun.gunzipSync(readFileSync(path)), { headers });
  return new Response(Bun.file(path), { headers });
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get("if-none-match");
  if (!known) return false;
  return known.split(",").some((each) => each.trim().replace(/^W\//, "") === etag || each.trim() === "*");
}

/** The smallest twin that the client takes; a quality of 0 means that it does not. */
function chooseEncoding(accepted: string | null, file: ConsoleFile): "br" | "gzip" | null {
  if (!accepted) return null;
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(",")
      .map((each) => each.split(";").map((part) => part.trim()))
      .filter(([, ...parameters]) => !parameters.some((each) => /^q=0(\.0*)?$/.test(each)))
      .map(([name]) => name),
  );
  if (file.encodings.br && taken.has("br")) return "br";
  return (file.encodings.gzip || file.isPacked) && taken.has("gzip") ? "gzip" : null;
}
