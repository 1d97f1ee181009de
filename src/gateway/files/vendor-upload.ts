import type { ProviderKind } from "../../llm/names.ts";
import { dialects } from "../../providers/index.ts";
import type { KeyEntry } from "../../snapshot.ts";
import type { StoredFile } from "../../stored-file.ts";
import { Abort } from "../abort.ts";
import { readAnswerBody } from "../answer-body.ts";
import { callUpstream, resultOf } from "../call.ts";
import { placeOf, type UpstreamRequest } from "../call-result.ts";
import type { Exchange } from "../exchange.ts";
import type { RouteTarget } from "../route.ts";
import { addressOf, upstreamHeaders } from "../upstream-request.ts";
import type { VendorCopy } from "./copies.ts";
import { anthropicUpload, geminiUpload, openAiUpload, type VendorFiles } from "./vendor-calls.ts";

export interface VendorRefusal {
  readonly kind: "refused";
  /** Null: no answer. */
  readonly status: number | null;
  readonly isKeyFault: boolean;
}

const VENDORS: Readonly<Partial<Record<ProviderKind, VendorFiles>>> = {
  openai: openAiUpload,
  anthropic: anthropicUpload,
  gemini: geminiUpload,
};

/** Null: this kind of upstream takes no files. */
export function vendorFiles(kind: ProviderKind): VendorFiles | null {
  return VENDORS[kind] ?? null;
}

/** A vendor that takes less than this a second is not waited for. */
const SLOWEST_BYTES_PER_MS = 50;
const GRACE_MS = 30_000;
const MOST_ANSWER_BYTES = 65_536;

class Refused extends Error {
  constructor(readonly status: number | null) {
    super("refused");
  }
}

/** With the key that will be asked. Never rejects for what the vendor does. */
export async function uploadToVendor(
  exchange: Exchange,
  vendor: VendorFiles,
  { file, target, key }: { readonly file: StoredFile; readonly target: RouteTarget; readonly key: KeyEntry },
): Promise<{ readonly kind: "ok"; readonly copy: VendorCopy } | VendorRefusal> {
  const { provider } = target;
  const abort = new Abort();
  exchange.abortOnStop(abort);
  const timer = setTimeout(() => abort.abort(), GRACE_MS + file.bytes / SLOWEST_BYTES_PER_MS);
  const auth = dialects[provider.kind].auth(key.secret, { get: () => null });
  try {
    const copy = await vendor.upload({
      file,
      baseUrl: addressOf(exchange, provider).baseUrl,
      content: () => exchange.gateway.files.content(file),
      async send({ method, url, headers, body }) {
        const request: UpstreamRequest = {
          method,
          ...placeOf(url),
          headers: { ...upstreamHeaders(key, auth), ...headers },
          body,
          proxyUrl: key.proxyUrl?.reveal() ?? null,
        };
        const result = await resultOf(callUpstream(exchange, request, abort));
        if (result.kind !== "answer") throw new Refused(null);
        const { status, headers: answered } = result.answer;
        const bytes = await readAnswerBody(result.answer, MOST_ANSWER_BYTES);
        if (status < 200 || status > 299) throw new Refused(status);
        return { header: (name) => answered.get(name), json: parse(bytes) };
      },
    });
    return copy === null ? { kind: "refused", status: 200, isKeyFault: false } : { kind: "ok", copy };
  } catch (error) {
    const status = error instanceof Refused ? error.status : null;
    exchange.gateway.log.warn("a vendor did not take a file", {
      requestId: exchange.id,
      provider: provider.id,
      status,
    });
    return { kind: "refused", status, isKeyFault: status !== null && KEY_FAULTS.has(status) };
  } finally {
    clearTimeout(timer);
  }
}

const KEY_FAULTS: ReadonlySet<number> = new Set([401, 402, 403, 429]);

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
