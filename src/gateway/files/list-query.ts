import type { FileQuery } from "../../stored-file.ts";
import { invalidRequest } from "../refusals.ts";

const OPENAI_LIMITS = { standard: 1000, most: 10_000 };
const ANTHROPIC_LIMITS = { standard: 20, most: 1000 };

/** What a client asks of a list, in OpenAI's words or Anthropic's. Throws GatewayError 400. */
export function readListQuery(query: string, isAnthropic: boolean): Omit<FileQuery, "clientKeyId"> {
  const asked = new URLSearchParams(query);
  const { standard, most } = isAnthropic ? ANTHROPIC_LIMITS : OPENAI_LIMITS;
  const limit = asked.has("limit") ? Number(asked.get("limit")) : standard;
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw invalidRequest(`A list has 1 to ${most} files.`, "limit");
  }
  if (isAnthropic) {
    const after = asked.get("page") ?? asked.get("after_id");
    const ids = [...asked.getAll("ids"), ...asked.getAll("ids[]")].slice(0, most);
    return { limit, ...(after !== null && { after }), ...(ids.length > 0 && { ids }) };
  }
  const order = asked.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw invalidRequest("The order must be `asc` or `desc`.", "order");
  const [after, purpose] = [asked.get("after"), asked.get("purpose")];
  return {
    limit,
    ascending: order === "asc",
    ...(after !== null && { after }),
    ...(purpose !== null && { purpose }),
  };
}
