import { z } from "zod";
import { Secret } from "../../../lib/secret.ts";
import type { ProviderKeyRow, ProviderRow } from "../../../store/types.ts";
import {
  memoField,
  nameField,
  priorityField,
  secretField,
  tagsField,
  userAgentField,
  weightField,
} from "../../fields.ts";
import { ok, readInput } from "../../user-errors.ts";
import { NO_FIELDS, type RawRow } from "./row.ts";

export const DUPLICATE_POLICIES = ["SKIP", "UPDATE", "RESTORE"] as const;
export type DuplicatePolicy = (typeof DUPLICATE_POLICIES)[number];

/** What becomes of a key that its vendor refuses. */
export const REFUSED_KEY_POLICIES = ["DISABLE", "LEAVE_OUT"] as const;

const rowFields = z.strictObject({
  name: nameField.optional(),
  memo: memoField.optional(),
  tags: tagsField.optional(),
  weight: weightField.optional(),
  priority: priorityField.optional(),
  enabled: z.boolean().optional(),
  userAgent: userAgentField.optional(),
  proxyUrl: z.string().max(500, "A proxy URL is at most 500 long.").optional(),
});
export type RowFields = z.output<typeof rowFields>;

export const IMPORT_ACTIONS = ["create", "update", "restore", "keep", "repeat", "refuse"] as const;

/** What is to be done with a row. `secret` stays inside; `preview` may be shown. */
export type PlannedRow = { readonly index: number; readonly preview: string } & (
  | { readonly action: "create"; readonly secret: Secret; readonly fingerprint: string; readonly fields: RowFields }
  | { readonly action: "update" | "restore"; readonly id: string; readonly secret: Secret; readonly fields: RowFields }
  | { readonly action: "keep"; readonly id: string }
  | { readonly action: "repeat"; readonly of: number }
  | { readonly action: "refuse"; readonly reason: string }
);

export interface PlanContext {
  readonly provider: ProviderRow;
  readonly onDuplicate: DuplicatePolicy;
  /** The provider's keys by fingerprint. */
  readonly existing: ReadonlyMap<string, Pick<ProviderKeyRow, "id">>;
  /** Those that were deleted and can still be brought back, by fingerprint. */
  readonly retired: ReadonlyMap<string, Pick<ProviderKeyRow, "id">>;
  fingerprint(secret: Secret): string;
  /** Null: it may be used. */
  refuseProxy(url: string): string | null;
}

/** Decides about each row, which come in their order: the first of two equal ones counts. */
export function planRows(context: PlanContext): (row: RawRow, index: number) => PlannedRow {
  const seen = new Map<string, number>();
  return (row, index) => {
    const secret = new Secret(row.secret);
    const place = { index, preview: secret.preview() };
    const fields = row.fields === NO_FIELDS ? ok(NO_FIELDS) : readInput(rowFields, row.fields);
    const reason = refusal(row, context) ?? (fields.ok ? null : fields.errors[0]!.message);
    if (reason !== null || !fields.ok) return { ...place, action: "refuse", reason: reason ?? "" };
    const fingerprint = context.fingerprint(secret);
    const first = seen.get(fingerprint);
    if (first !== undefined) return { ...place, action: "repeat", of: first };
    seen.set(fingerprint, index);
    const known = context.existing.get(fingerprint);
    const retired = context.onDuplicate === "RESTORE" ? context.retired.get(fingerprint) : undefined;
    if (known === undefined && retired !== undefined) {
      return { ...place, action: "restore", id: retired.id, secret, fields: fields.value };
    }
    if (known === undefined) return { ...place, action: "create", secret, fingerprint, fields: fields.value };
    if (context.onDuplicate !== "UPDATE") return { ...place, action: "keep", id: known.id };
    return { ...place, action: "update", id: known.id, secret, fields: fields.value };
  };
}

const SHORTEST_KEY = 8;

/** What is plainly no key of this provider. Words that never repeat it. */
function refusal({ secret, fields, address }: RawRow, context: PlanContext): string | null {
  if (secret === "") return "There is no key in this row.";
  const checked = secretField.safeParse(secret);
  if (!checked.success) return checked.error.issues[0]!.message;
  if (secret.length < SHORTEST_KEY) return "This is too short to be a key.";
  if (/^https?:\/\//i.test(secret)) return "This is an address, not a key.";
  if (/^[^@]+@[^@]+\.[^@]+$/.test(secret) || secret.includes("----")) return "This is an account, not a key.";
  const vendor = VENDOR_SHAPES.find(({ begins }) => secret.startsWith(begins));
  if (vendor !== undefined && context.provider.kind in HOMES && !isOfVendor(context.provider, vendor.host)) {
    return `This is a key of ${vendor.name}.`;
  }
  if (address !== null && hostOf(address) !== hostOf(context.provider.baseUrl)) {
    return "It was used at another address than this provider's.";
  }
  const proxyUrl = fields.proxyUrl;
  return typeof proxyUrl === "string" ? context.refuseProxy(proxyUrl) : null;
}

/** Kinds whose vendor's own address says whose keys they take. */
const HOMES = { openai: "api.openai.com", anthropic: "api.anthropic.com", gemini: "generativelanguage.googleapis.com" };

/** Beginnings that only one vendor uses. */
const VENDOR_SHAPES = [
  { begins: "sk-ant-", host: HOMES.anthropic, name: "Anthropic" },
  { begins: "sk-or-", host: "openrouter.ai", name: "OpenRouter" },
  { begins: "sk-proj-", host: HOMES.openai, name: "OpenAI" },
  { begins: "AIza", host: HOMES.gemini, name: "Google" },
] as const;

/** A provider at another address than its vendor's is a relay: it may hand out keys of any shape. */
function isOfVendor({ baseUrl }: ProviderRow, vendorHost: string): boolean {
  const host = hostOf(baseUrl);
  return host === vendorHost || !Object.values(HOMES).includes(host ?? "");
}

function hostOf(address: string): string | null {
  return URL.parse(address)?.host ?? null;
}
