import type { AlertMessage } from "../../../store/alert-types.ts";

/** The words of a message, as every kind of channel shows them, and how they are made to fit. */

export interface Line {
  readonly title: string;
  readonly detail: string | null;
}

export function headline({ what, severity, title }: AlertMessage): string {
  const mark = what === "RESOLVED" ? "RESOLVED" : what === "TEST" ? "TEST" : severity;
  return `[${mark}] ${title}`;
}

export function linesOf({ alerts, total, rule, what }: AlertMessage): Line[] {
  const [only] = alerts;
  const lines: Line[] =
    alerts.length === 1 && total === 1
      ? only!.detail === null || what === "RESOLVED"
        ? []
        : [{ title: only!.detail, detail: null }]
      : alerts.map(({ title, detail }) => ({ title, detail: what === "RESOLVED" ? null : detail }));
  if (total > alerts.length) lines.push({ title: `… and ${total - alerts.length} more`, detail: null });
  if (rule !== null) lines.push({ title: `Rule: ${rule.name}`, detail: null });
  return lines;
}

export function plainText(message: AlertMessage): string {
  const isList = message.total > 1;
  const lines = linesOf(message).map(({ title, detail }, index) => {
    const bullet = isList && index < message.alerts.length ? "• " : "";
    return detail === null ? `${bullet}${title}` : `${bullet}${title}\n  ${detail}`;
  });
  return [headline(message), ...lines].join("\n");
}

/** For receivers that know a little Markdown: what the words themselves hold of it is made harmless. */
export function markdown(message: AlertMessage, makeHarmless: (text: string) => string): string {
  const isList = message.total > 1;
  const lines = linesOf(message).map(({ title, detail }, index) => {
    const bullet = isList && index < message.alerts.length ? "- " : "";
    return `${bullet}${makeHarmless(title)}${detail === null ? "" : `\n  ${makeHarmless(detail)}`}`;
  });
  return [`**${makeHarmless(headline(message))}**`, ...lines].join("\n\n");
}

/** In UTF-16 units, as most services count. */
export function fitText(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not through the middle of a character.
  const cut = text.slice(0, length - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

export function fitBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes - 3; // "…"
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end--;
  return `${encoded.subarray(0, end).toString("utf8")}…`;
}

const COLORS = { CRITICAL: 0xd92d20, WARNING: 0xf79009, INFO: 0x2e90fa, RESOLVED: 0x12b76a } as const;

export function colorOf({ what, severity }: AlertMessage): number {
  return what === "RESOLVED" ? COLORS.RESOLVED : COLORS[severity];
}
