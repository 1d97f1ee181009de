/** Longest text that is kept of an upstream's words. */
const KEPT_LENGTH = 1000;
/** Longest quotation in a public text. */
const QUOTED_LENGTH = 300;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** One line without control characters (log forging, terminal escapes), at most 1,000 characters; null when nothing is left. */
export function cleanText(text: string | null): string | null {
  if (text === null) return null;
  const line = text
    .slice(0, 4 * KEPT_LENGTH)
    .replace(CONTROL, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  return line === "" ? null : truncate(line, KEPT_LENGTH);
}

/**
 * An upstream's words made fit for any client: no addresses (an upstream's URL is internal), nothing that looks like a
 * credential or an account (`sk-…`, `org-…`, `proj_…`, long tokens), no e-mail address. Null when nothing is left.
 */
export function quote(text: string | null): string | null {
  const clean = cleanText(text);
  if (clean === null) return null;
  const safe = clean
    .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>)]+/gi, "[link]")
    .replace(/\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g, "[account]")
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b/g, "[address]")
    .replace(/\b(?:sk|pk|rk|gsk|xai|hf|key|org|proj|user|acct|Bearer)[-_ ][\w.*…-]{3,}/g, "[hidden]")
    .replace(/\bAIza[\w-]{6,}/g, "[hidden]")
    .replace(/[\w-]{32,}/g, "[hidden]");
  return truncate(safe, QUOTED_LENGTH);
}

function truncate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
