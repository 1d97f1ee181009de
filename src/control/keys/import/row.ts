/** A row of an import as it was read, before anybody has looked whether it can be meant. */
export interface RawRow {
  readonly secret: string;
  /** Fields by the names that providers' keys have here; unread. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Where the other gateway sent it; null when the input does not say. */
  readonly address: string | null;
}

/** Of a row that is a secret and nothing else: most rows of most imports. There is nothing to be read in them. */
export const NO_FIELDS = {};

/** Words under which other programs write a key's secret. */
const SECRET_NAMES = ["secret", "key", "api_key", "apikey", "api-key", "key_value", "token", "value"];
/** Theirs → ours. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  name: "name",
  memo: "memo",
  note: "memo",
  notes: "memo",
  remark: "memo",
  tag: "tags",
  tags: "tags",
  weight: "weight",
  priority: "priority",
  enabled: "enabled",
  useragent: "userAgent",
  user_agent: "userAgent",
  proxy: "proxyUrl",
  proxyurl: "proxyUrl",
  proxy_url: "proxyUrl",
};

export function isSecretName(name: string): boolean {
  return SECRET_NAMES.includes(name.trim().toLowerCase());
}

/** A named row's secret and fields. Null when it names no secret. Empty values are as if they were not there. */
export function readNamed(
  row: Readonly<Record<string, unknown>>,
): { secret: string; fields: Record<string, unknown> } | null {
  const byName = new Map(Object.entries(row).map(([name, value]) => [name.trim().toLowerCase(), value]));
  const secret = SECRET_NAMES.map((name) => byName.get(name)).find(
    (value) => typeof value === "string" && value !== "",
  );
  if (typeof secret !== "string") return null;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of byName) {
    const ours = FIELD_NAMES[name];
    if (ours !== undefined && value != null && value !== "") fields[ours] = readField(ours, value);
  }
  return { secret, fields };
}

/** Tables know only text. What cannot be read stays as it is, and is refused with its row. */
function readField(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  switch (name) {
    case "tags":
      return value
        .split(/[,;|]/)
        .map((tag) => tag.trim())
        .filter(Boolean);
    case "weight":
    case "priority":
      return /^\d+$/.test(value.trim()) ? Number(value) : value;
    case "enabled":
      return /^(true|1|yes|on)$/i.test(value.trim()) ? true : /^(false|0|no|off)$/i.test(value.trim()) ? false : value;
    default:
      return value.trim();
  }
}
