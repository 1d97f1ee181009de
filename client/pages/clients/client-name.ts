import { t } from "../../i18n/index.ts";
import type { Client } from "./documents.ts";

/** The two that come with Sluice are called in the reader's language. */
export function clientName(client: Pick<Client, "name" | "builtin">): string {
  return client.builtin === "ANONYMOUS" ? t().clients.anonymous : client.name;
}
