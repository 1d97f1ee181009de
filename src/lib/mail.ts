/** A plain text e-mail as RFC 5322 and MIME want it: seven bits, short lines, nothing that could begin a header of its own. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Without the angle brackets. */
  readonly messageId: string;
  readonly atMs: number;
}

const MAX_SUBJECT_LENGTH = 200;
const BASE64_LINE = 76;

export function writeMail({ from, to, subject, text, messageId, atMs }: Mail): string {
  const headers = [
    `From: Sluice <${clean(from)}>`,
    `To: ${to.map((address) => `<${clean(address)}>`).join(",\r\n ")}`,
    `Subject: ${encodeWords(clean(subject).slice(0, MAX_SUBJECT_LENGTH))}`,
    `Date: ${new Date(atMs).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${clean(messageId)}>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
  ];
  const body = Buffer.from(text.replace(/\r?\n/g, "\r\n")).toString("base64");
  const lines = body.match(new RegExp(`.{1,${BASE64_LINE}}`, "g")) ?? [];
  return `${headers.join("\r\n")}\r\n\r\n${lines.join("\r\n")}\r\n`;
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ");
}

/** RFC 2047: words of at most 75 characters, none of which parts a character. */
function encodeWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= 60) return text;
  const words: string[] = [];
  let part = "";
  for (const character of text) {
    if (Buffer.byteLength(part + character) > 39) {
      words.push(part);
      part = "";
    }
    part += character;
  }
  if (part !== "") words.push(part);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`).join("\r\n ");
}
