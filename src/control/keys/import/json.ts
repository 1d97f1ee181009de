import { type RawRow, readNamed } from "./row.ts";

/** Where exports keep their rows: gpt-load's `keys` and `sub_groups`, one-api's and new-api's `data` and `items`, anybody's `channels`. */
const CONTAINERS = ["keys", "data", "items", "channels", "groups", "sub_groups", "providerKeys"];
const MOST_DEPTH = 6;

/** Strings, or objects that name a secret, anywhere in the usual containers. */
export function readJson(value: unknown, context: Context = { tag: null, address: null }, depth = 0): RawRow[] {
  if (depth > MOST_DEPTH) return [];
  if (typeof value === "string") return splitSecrets(value).map((secret) => toRow(secret, {}, context));
  if (Array.isArray(value)) return value.flatMap((each) => readJson(each, context, depth + 1));
  if (typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  const here = contextOf(object, context);
  const named = readNamed(object);
  if (named !== null) return readChannel(object, named, here);
  return CONTAINERS.filter((name) => object[name] !== undefined).flatMap((name) =>
    readJson(object[name], here, depth + 1),
  );
}

interface Context {
  /** gpt-load's group: its name becomes a tag. */
  readonly tag: string | null;
  readonly address: string | null;
}

/** gpt-load's export is { group: { name, upstreams }, keys: [{ key_value, status }], sub_groups: [the same] }. */
function contextOf(object: Record<string, unknown>, outer: Context): Context {
  const group = object.group;
  if (typeof group !== "object" || group === null) return outer;
  const { name, upstreams } = group as { name?: unknown; upstreams?: unknown };
  const first = Array.isArray(upstreams) ? (upstreams[0] as { url?: unknown } | undefined)?.url : undefined;
  return {
    tag: typeof name === "string" ? name : outer.tag,
    address: typeof first === "string" ? first : outer.address,
  };
}

/** one-api's channel: several keys stand in one field, line by line. */
function readChannel(
  object: Record<string, unknown>,
  { secret, fields }: { secret: string; fields: Record<string, unknown> },
  context: Context,
): RawRow[] {
  const { status, type } = object;
  const isChannel = typeof type === "number";
  const own = { ...fields };
  if (isChannel) {
    delete own.priority; // Theirs is "higher first".
    if (own.weight === 0) delete own.weight; // Their default.
  }
  // one-api: 2 is switched off by a person, 3 by the program; what a program saw is seen again here.
  if (status === 2 || status === "disabled") own.enabled ??= false;
  const address = [object.base_url, object.baseUrl].find((each) => typeof each === "string" && each !== "");
  const known = isChannel ? CHANNEL_ADDRESSES[type] : undefined;
  const place = { ...context, address: (address as string | undefined) ?? known ?? context.address };
  const secrets = splitSecrets(secret);
  return secrets.map((each, index) => {
    const name = secrets.length > 1 && typeof own.name === "string" ? { name: `${own.name} #${index + 1}` } : {};
    return toRow(each, { ...own, ...name }, place);
  });
}

function toRow(secret: string, fields: Record<string, unknown>, { tag, address }: Context): RawRow {
  const tags = Array.isArray(fields.tags) || tag === null ? fields.tags : [tag];
  return { secret, fields: tags === undefined ? fields : { ...fields, tags }, address };
}

function splitSecrets(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter(Boolean);
}

/** Where a channel without an address of its own goes, by its type: those on which one-api and new-api agree. */
const CHANNEL_ADDRESSES: Readonly<Record<number, string>> = {
  1: "https://api.openai.com",
  14: "https://api.anthropic.com",
  20: "https://openrouter.ai",
  24: "https://generativelanguage.googleapis.com",
  25: "https://api.moonshot.cn",
};
