/** An instant as <input type="datetime-local"> wants it: local time without a zone. */
export function toLocalInput(instant: string): string {
  const date = new Date(instant);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The zone in which this browser's days begin. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
