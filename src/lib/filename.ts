const LONGEST = 255;

/** A name without a path, without signs that end a header or a line. */
export function plainFilename(filename: string | null): string {
  const last = filename?.split(/[/\\]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a name
  const plain = last.replace(/[\u0000-\u001f\u007f]/g, "").trim();
  return plain === "" || !plain.isWellFormed() ? "file" : plain.slice(0, LONGEST).toWellFormed();
}
