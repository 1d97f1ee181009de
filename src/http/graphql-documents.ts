import { type DocumentNode, parse, type Source } from "graphql";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";

/** The console has some fifty documents; a script has one. */
const KEPT = 200;

/**
 * Documents that were parsed and found valid, so that the console's own cost nothing the second time. Only what is true for
 * everybody is kept: never a refusal, since who asks decides those (yoga's own cache would hand one caller's to the next).
 */
export class KnownDocuments {
  readonly #parsed = new Map<string, DocumentNode>();
  readonly #valid = new WeakSet<DocumentNode>();

  parse(source: string | Source): DocumentNode {
    const text = typeof source === "string" ? source : source.body;
    const known = this.#parsed.get(text);
    if (known !== undefined) {
      this.#parsed.delete(text); // Put back at the end: the first is the one that was longest not used.
      this.#parsed.set(text, known);
      return known;
    }
    const document = parse(source, { maxTokens: GRAPHQL_LIMITS.tokens });
    this.#parsed.set(text, document);
    if (this.#parsed.size > KEPT) this.#parsed.delete(this.#parsed.keys().next().value!);
    return document;
  }

  isValid(document: DocumentNode): boolean {
    return this.#valid.has(document);
  }

  noteValid(document: DocumentNode): void {
    this.#valid.add(document);
  }
}
