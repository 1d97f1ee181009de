import type { KeyBinding } from "./bound-ids.ts";
import type { Exchange } from "./exchange.ts";
import { type JsonBody, readIdField } from "./json-body.ts";

/** Top-level fields that name something which only the key that made it can use (wire.md 2.0). */
const ID_FIELDS = ["previous_response_id", "conversation", "container", "thread", "cachedContent", "cached_content"];

const FILE_ID = /"file_id":\s*"([^"\\]+)"/g;

/** The key this request is bound to, or null. Two ids of two keys: the first one found wins, the upstream will say the rest. */
export function findBinding(exchange: Exchange, body: JsonBody): KeyBinding | null {
  const { boundIds } = exchange.gateway;
  if (boundIds.size === 0) return null;
  for (const name of ID_FIELDS) {
    if (!body.json.has(name)) continue;
    const id = readIdField(body, name);
    const binding = id === null ? null : boundIds.find(id);
    if (binding !== null) return binding;
  }
  if (!body.json.includes('"file_id"')) return null;
  for (const match of body.json.text.matchAll(FILE_ID)) {
    const binding = boundIds.find(match[1]!);
    if (binding !== null) return binding;
  }
  return null;
}

const SESSION_HEADERS = ["x-session-id", "session-id", "x-session-affinity", "x-claude-code-session-id"];
const SESSION_FIELDS = ["prompt_cache_key", "user"];

/** What sticky routing hashes: the session, else the user, else the client key. */
export function stickyId(exchange: Exchange, body: JsonBody | null): string | null {
  const { headers } = exchange.incoming.request;
  for (const name of SESSION_HEADERS) {
    const value = headers.get(name);
    if (value !== null && value !== "") return value;
  }
  if (body !== null) {
    for (const name of SESSION_FIELDS) {
      const value = readIdField(body, name);
      if (value !== null && value !== "") return value;
    }
  }
  return exchange.client?.id ?? null;
}
