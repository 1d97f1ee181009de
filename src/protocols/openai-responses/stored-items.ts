import { isRecord, type JsonRecord, wrongField } from "../fields.ts";

/** `input` as a list, for requests that go on from what is kept. Throws GatewayError 400. */
export function inputItems(input: unknown): readonly unknown[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input)) throw wrongField("input", "a string or an array");
  return input;
}

/** The items as a listing shows them (typing ResponseItem): short forms written out, each with an id; `idSuffix` as of the response. */
export function storedItems(items: readonly unknown[], idSuffix: string): readonly unknown[] {
  return items.map((item, index) => {
    if (!isRecord(item)) return item;
    const type = typeof item.type === "string" ? item.type : "message";
    const id = typeof item.id === "string" ? item.id : `${PREFIXES[type] ?? "item"}_${idSuffix}_in${index}`;
    if (type !== "message") return { ...item, id, ...(STATED.has(type) ? { status: item.status ?? "completed" } : {}) };
    return { ...item, id, type, status: item.status ?? "completed", content: contentOf(item) };
  });
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg",
  reasoning: "rs",
  function_call: "fc",
  function_call_output: "fco",
  custom_tool_call: "ctc",
  custom_tool_call_output: "ctco",
  image_generation_call: "ig",
};

/** Items that a listing shows with a status. */
const STATED: ReadonlySet<string> = new Set(["function_call", "function_call_output"]);

function contentOf({ role, content }: JsonRecord): unknown {
  if (typeof content !== "string") return content;
  return role === "assistant"
    ? [{ type: "output_text", text: content, annotations: [], logprobs: [] }]
    : [{ type: "input_text", text: content }];
}

/** The id of the response that an item of ours belongs to, by the item's id; null when it is not of that form. */
export function responseOfItem(itemId: string): string | null {
  const suffix = /^[a-z]+_([0-9a-f-]{36})_(?:in)?\d+$/.exec(itemId)?.[1];
  return suffix === undefined ? null : `resp_${suffix}`;
}

/** The id that an item only refers to; null for an item that says something itself. */
export function referenceOf(item: unknown): string | null {
  if (!isRecord(item) || typeof item.id !== "string") return null;
  const isReference = item.type === "item_reference" || (item.type == null && item.role === undefined);
  return isReference ? item.id : null;
}

/** An item as the next request says it: ids are names in our store, which no upstream knows. OpenAI's own thoughts keep theirs. */
export function asInput(item: unknown): unknown {
  if (!isRecord(item) || item.type === "reasoning") return item;
  const { id: _id, ...rest } = item;
  return rest;
}

/** One page of a listing (spec listInputItems). Throws GatewayError 400 for a query that makes no sense. */
export function pageOfItems(items: readonly unknown[], query: string): unknown {
  const parameters = new URLSearchParams(query);
  const limit = Number(parameters.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw wrongField("limit", "a whole number from 1 to 100");
  const order = parameters.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw wrongField("order", 'one of "asc", "desc"');
  const sorted = order === "asc" ? items : items.toReversed();
  const after = parameters.get("after");
  const last = after === null || after === "" ? -1 : sorted.findIndex((item) => idOf(item) === after);
  if (after !== null && after !== "" && last < 0) throw wrongField("after", "the id of an item in this list");
  const data = sorted.slice(last + 1, last + 1 + limit);
  return {
    object: "list",
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: last + 1 + limit < sorted.length,
  };
}

function idOf(item: unknown): string | null {
  return isRecord(item) && typeof item.id === "string" ? item.id : null;
}
