import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { GraphQLError } from "graphql";

/** The documents that the console was built with, by the SHA-256 of their text. Read with the first question. */
export class ConsoleDocuments {
  readonly #path: string;
  #texts: ReadonlyMap<string, string> = new Map();
  #modifiedMs = -1;

  constructor(path: string) {
    this.#path = path;
  }

  textOf(hash: string): string | undefined {
    const text = this.#texts.get(hash);
    // From source the console may have been built again since.
    return text === undefined && this.#read() ? this.#texts.get(hash) : text;
  }

  /** False when there is nothing new. */
  #read(): boolean {
    const { mtimeMs } = statSync(this.#path);
    if (mtimeMs === this.#modifiedMs) return false;
    this.#modifiedMs = mtimeMs;
    this.#texts = new Map(Object.entries(JSON.parse(readFileSync(this.#path, "utf8"))));
    return true;
  }
}

/** The part of a request that names its document. */
export interface AskedDocument {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/**
 * The text to run: a hash (`extensions.persistedQuery` as Apollo's clients send it, or `documentId`) is replaced by the console's
 * document of that hash. Whoever may not run any document gets these only, named or written out. Throws a GraphQLError.
 */
export function chooseDocument(asked: AskedDocument, documents: ConsoleDocuments | null, mayRunAny: boolean): unknown {
  const hash = hashIn(asked);
  const text = typeof asked.query === "string" && asked.query !== "" ? asked.query : null;
  if (hash === null && text === null) return asked.query;
  const actual = text === null ? null : sha256(text);
  if (hash !== null && actual !== null && hash !== actual) {
    throw refused("PERSISTED_QUERY_MISMATCH", "The hash is not the SHA-256 of the document.", 400);
  }
  const known = documents?.textOf(hash ?? actual ?? "");
  if (known !== undefined) return known;
  if (text === null) throw refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", 404);
  if (mayRunAny || documents === null) return text;
  const message =
    "With a session's cookie the console's own documents run; any other runs in GraphiQL, or with an admin token.";
  throw refused("PERSISTED_QUERY_ONLY", message, 403);
}

function hashIn({ documentId, extensions }: AskedDocument): string | null {
  if (typeof documentId === "string") return documentId.replace(/^sha256:/, "");
  const persisted = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)?.persistedQuery;
  return typeof persisted?.sha256Hash === "string" ? persisted.sha256Hash : null;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function refused(code: string, message: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, spec: false } } });
}
