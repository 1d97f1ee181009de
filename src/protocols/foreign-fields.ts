import type { LlmRequest } from "../llm/request.ts";
import { isRecord } from "./fields.ts";
import { unsupported } from "./unsupported.ts";

/**
 * Fields that name what is kept at one vendor alone (a conversation, a prompt, a container, a cache, servers with their credentials)
 * or ask for another kind of answer (background, audio): without them the answer would be to another question.
 */
const REFUSED: ReadonlySet<string> = new Set([
  "previous_response_id",
  "conversation",
  "prompt",
  "background",
  "thread",
  "container",
  "mcp_servers",
  "cachedContent",
  "cached_content",
  "audio",
]);

/** Say how the answer travels, or what happens anyway: nobody misses them. */
const TRANSPORT: ReadonlySet<string> = new Set(["stream", "stream_options"]);

/**
 * The client's fields without a neutral name: `carry` takes those that this upstream has; the names of the others are given back, to
 * be reported as dropped. Throws GatewayError 400 for what must not be left out, but for the names in `spared`.
 */
export function leaveOutFields(
  { extra }: LlmRequest,
  carry: (name: string, value: unknown) => boolean = () => false,
  spared: readonly string[] = [],
): string[] {
  const left: string[] = [];
  for (const [name, value] of Object.entries(extra)) {
    if (saysNothing(name, value) || carry(name, value)) continue;
    if (REFUSED.has(name) && !spared.includes(name)) {
      throw unsupported(name, "this cannot be carried to this model: send the whole request in its own words.");
    }
    left.push(name);
  }
  return left;
}

function saysNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null || TRANSPORT.has(name)) return true;
  if (name === "store") return value === false;
  if (!REFUSED.has(name)) return false;
  // A thread that is only begun holds nothing yet.
  const isFresh = name === "thread" && isRecord(value) && value.type === "create";
  return value === false || isFresh || (Array.isArray(value) && value.length === 0);
}
