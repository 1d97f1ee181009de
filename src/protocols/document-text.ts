/** A document of plain text where a format has texts only: its name, if it has one, leads it in. */
export function documentText(name: string | null, text: string): string {
  return name === null ? text : `${name}\n\n${text}`;
}
