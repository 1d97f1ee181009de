import type { Quirk } from "../../llm/names.ts";
import { asRecord } from "../usage.ts";

type Fields = Record<string, unknown>;

/** What an upstream's quirks have to find in the text of a chat request before it is worth reading (latin1). */
const SIGNS: Readonly<Partial<Record<Quirk, string>>> = {
  no_stream_options: '"stream_options"',
  no_developer_role: '"developer"',
  max_tokens_only: '"max_completion_tokens"',
  no_parallel_tool_calls: '"parallel_tool_calls"',
  no_json_schema: '"json_schema"',
};

export function needsMending(text: string, quirks: ReadonlySet<Quirk>): boolean {
  for (const quirk of quirks) {
    const sign = SIGNS[quirk];
    if (sign !== undefined && text.includes(sign)) return true;
  }
  return false;
}

/**
 * A client's own chat request for a compatible upstream with quirks: what that one is known to refuse is put in the way it takes.
 * Everything else stays, also what we do not know. A new object.
 */
export function mendChatRequest(
  body: Readonly<Fields>,
  quirks: ReadonlySet<Quirk>,
): { body: Fields; dropped: string[] } {
  const mended: Fields = { ...body };
  const dropped: string[] = [];
  if (quirks.has("no_stream_options")) delete mended.stream_options;
  if (quirks.has("max_tokens_only") && mended.max_completion_tokens !== undefined) {
    mended.max_tokens ??= mended.max_completion_tokens;
    delete mended.max_completion_tokens;
  }
  if (quirks.has("no_parallel_tool_calls") && mended.parallel_tool_calls !== undefined) {
    if (mended.parallel_tool_calls === false) dropped.push("parallel_tool_calls");
    delete mended.parallel_tool_calls;
  }
  if (quirks.has("no_developer_role") && Array.isArray(mended.messages)) {
    mended.messages = mended.messages.map((message: unknown) =>
      asRecord(message)?.role === "developer" ? { ...asRecord(message), role: "system" } : message,
    );
  }
  if (quirks.has("no_json_schema")) withoutSchema(mended, dropped);
  return { body: mended, dropped };
}

/** The schema is no longer enforced: the model is asked for it. */
function withoutSchema(body: Fields, dropped: string[]): void {
  const format = asRecord(body.response_format);
  if (format?.type !== "json_schema") return;
  const schema = JSON.stringify(asRecord(format.json_schema)?.schema ?? {});
  dropped.push("response_format");
  body.response_format = { type: "json_object" };
  const content = `Answer with a JSON object that fits this JSON Schema:\n${schema}`;
  body.messages = [{ role: "system", content }, ...(Array.isArray(body.messages) ? body.messages : [])];
}
