import type { ProviderKind } from "../llm/names.ts";
import type { ProviderAddress } from "./dialect.ts";

/** The header value by which Anthropic's requests may name files, and manage them. */
export const ANTHROPIC_FILES_BETA = "files-api-2025-04-14";

/** Whether this kind of upstream has files that requests may name; those of Azure are of another kind. */
export function takesFiles(kind: ProviderKind): boolean {
  return kind === "openai" || kind === "anthropic" || kind === "gemini";
}

/** How a vendor is asked to delete a file, besides by whom; null: this kind has no such call. */
export function fileDeletionCall(
  { kind, baseUrl }: ProviderAddress,
  reference: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } | null {
  const id = encodeURIComponent(reference);
  switch (kind) {
    case "openai":
      return { url: `${baseUrl}/files/${id}`, headers: {} };
    case "anthropic":
      return { url: `${baseUrl}/v1/files/${id}`, headers: { "anthropic-beta": ANTHROPIC_FILES_BETA } };
    case "gemini": {
      // Requests name it by its address; it is managed by its name, which the address ends with.
      const name = /files\/([^/?#]+)$/.exec(reference)?.[1];
      return name === undefined ? null : { url: `${baseUrl}/v1beta/files/${encodeURIComponent(name)}`, headers: {} };
    }
    default:
      return null;
  }
}
