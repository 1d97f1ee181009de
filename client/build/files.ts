import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export const ENCODINGS = { br: "br", gzip: "gz" } as const;
export type Encoding = keyof typeof ENCODINGS;

export interface BuiltFile {
  readonly type: string;
  readonly bytes: number;
  readonly etag: string;
  /** True when the name holds the content's hash: it never changes. */
  readonly immutable: boolean;
  readonly encodings: Readonly<Partial<Record<Encoding, { readonly bytes: number }>>>;
  /** Kept in gzip only. */
  readonly isPacked?: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Writes only the compressed twin: for what is large and rarely asked for. */
export async function writePacked(root: string, path: string, content: Uint8Array<ArrayBuffer>): Promise<BuiltFile> {
  await Bun.write(join(root, `${path}.${ENCODINGS.gzip}`), Bun.gzipSync(content, { level: 9 }));
  return { ...describeContent(path, content), encodings: {}, isPacked: true };
}

/** Writes the file and beside it, where that saves something, its compressed twins (`name.br`, `name.gz`). */
export async function writeFile(root: string, path: string, content: Uint8Array<ArrayBuffer>): Promise<BuiltFile> {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  await Bun.write(join(root, path), content);
  const encodings: Partial<Record<Encoding, { readonly bytes: number }>> = {};
  // index.html is rewritten for the path the console is mounted at, so its compressed twin could not be used.
  if (extension !== "html" && content.length > 512) {
    for (const [encoding, packed] of [
      ["br", await promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })],
      ["gzip", await promisify(gzip)(content, { level: 9 })],
    ] as const) {
      if (packed.length >= content.length * 0.9) continue;
      await Bun.write(join(root, `${path}.${ENCODINGS[encoding]}`), new Uint8Array(packed));
      encodings[encoding] = { bytes: packed.length };
    }
  }
  return { ...describeContent(path, content), encodings };
}

function describeContent(path: string, content: Uint8Array): Omit<BuiltFile, "encodings"> {
  return {
    type: TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    bytes: content.length,
    etag: `"${Bun.hash(content).toString(36)}"`,
    immutable: path.startsWith("assets/"),
  };
}
