import { GatewayError } from "../../errors.ts";
import { utf8 } from "../../lib/bytes.ts";
import { referToCopies } from "../../protocols/file-parts.ts";
import type { KeyEntry } from "../../snapshot.ts";
import type { Admitted } from "../admit.ts";
import type { Exchange } from "../exchange.ts";
import { parseBodyExactly, readJsonBody } from "../json-body.ts";
import type { RouteTarget } from "../route.ts";
import { uploadToVendor, type VendorRefusal, vendorFiles } from "./vendor-upload.ts";

export type Placed =
  | { readonly kind: "ok"; readonly admitted: Admitted }
  /** This target cannot be sent the request, whichever key is asked. */
  | { readonly kind: "never"; readonly error: GatewayError }
  /** This key cannot; another may. */
  | { readonly kind: "another_key"; readonly error: GatewayError };

/**
 * The request for one key, with the files that are too large for a request named as that key's vendor knows them: uploaded with this
 * very key, unless it has done so before. The vendor is of the client's own format.
 */
export async function withLargeFiles(
  exchange: Exchange,
  admitted: Admitted,
  target: RouteTarget,
  key: KeyEntry,
): Promise<Placed> {
  const files = exchange.largeFiles!;
  const [first] = files.values();
  const { maxJsonDepth } = exchange.snapshot.settings;
  const vendor = vendorFiles(target.provider.kind);
  const { body } = admitted;
  if (vendor === null || body.kind !== "json") return { kind: "never", error: first!.refusal };
  const parsed = parseBodyExactly(body);
  const refuse = (): never => {
    throw first!.refusal;
  };
  const named = (referenceOf: (id: string) => string) =>
    referToCopies(
      exchange.protocol.id,
      parsed,
      (id) => ({ reference: referenceOf(id), mediaType: files.get(id)!.file.mediaType }),
      refuse,
    );
  try {
    named((id) => id); // before anything is uploaded: not every part can name a file
  } catch (error) {
    if (error instanceof GatewayError) return { kind: "never", error };
    throw error;
  }
  const { fileCopies } = exchange.gateway;
  const references = new Map<string, string>();
  for (const { file } of files.values()) {
    let copy = fileCopies.find(file.id, key.id, Date.now());
    if (copy === null) {
      const uploaded = await uploadToVendor(exchange, vendor, { file, target, key });
      if (uploaded.kind === "refused") return refusedBy(uploaded);
      copy = uploaded.copy;
      fileCopies.remember(file.id, key.id, copy);
    }
    references.set(file.id, copy.reference);
  }
  const ready = readJsonBody(utf8(JSON.stringify(named((id) => references.get(id)!))), maxJsonDepth);
  return { kind: "ok", admitted: { ...admitted, body: ready, ...(vendor.beta !== null && { beta: vendor.beta }) } };
}

function refusedBy({ status, isKeyFault }: VendorRefusal): Placed {
  const error = new GatewayError(
    "upstream_error",
    502,
    "A file of this request could not be handed to the model's vendor.",
    {
      code: "file_upload_failed",
      cause: new Error(`the vendor answered ${status ?? "nothing"}`),
    },
  );
  return { kind: isKeyFault ? "another_key" : "never", error };
}
