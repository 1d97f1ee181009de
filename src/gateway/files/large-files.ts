import { GatewayError } from "../../errors.ts";
import { utf8 } from "../../lib/bytes.ts";
import { referToCopies } from "../../protocols/file-parts.ts";
import type { KeyEntry } from "../../snapshot.ts";
import type { Admitted } from "../admit.ts";
import type { Exchange } from "../exchange.ts";
import { parseBodyExactly, readJsonBody } from "../json-body.ts";
import type { RouteTarget } from "../route.ts";
import { type PlacedFiles, placedFiles, refusalOfLarge, unplacedFiles } from "./copies.ts";
import { uploadToVendor, type VendorRefusal, vendorFiles } from "./vendor-upload.ts";

export type Placed =
  | { readonly kind: "ok"; readonly files: PlacedFiles }
  /** This target cannot be sent the request, whichever key is asked. */
  | { readonly kind: "never"; readonly error: GatewayError }
  /** This key cannot; another may. */
  | { readonly kind: "another_key"; readonly error: GatewayError };

/**
 * The files that are too large for a request, handed to the vendor of the key that will be asked: uploaded with this very key, unless
 * it has done so before. `canName`: whether the request can be written with names in their places; it is asked before anything is
 * uploaded, since not every part can name a file.
 */
export async function placeLargeFiles(
  exchange: Exchange,
  { target, key }: { readonly target: RouteTarget; readonly key: KeyEntry },
  canName: (files: PlacedFiles) => boolean,
): Promise<Placed> {
  const files = exchange.largeFiles!;
  const vendor = vendorFiles(target.provider.kind);
  if (vendor === null || !canName(unplacedFiles(files))) return { kind: "never", error: refusalOfLarge(files) };
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
  return { kind: "ok", files: placedFiles(files, vendor.beta, (id) => references.get(id)!) };
}

/** The request in the client's own format, with the vendor's names in it. Throws GatewayError where a part can name none. */
export function namingFiles(exchange: Exchange, admitted: Admitted, { copies, beta }: PlacedFiles): Admitted {
  const { body } = admitted;
  const refuse = (): never => {
    throw refusalOfLarge(exchange.largeFiles!);
  };
  if (body.kind !== "json") return refuse();
  const named = referToCopies(exchange.protocol.id, parseBodyExactly(body), (id) => copies.get(id)!, refuse);
  const ready = readJsonBody(utf8(JSON.stringify(named)), exchange.snapshot.settings.maxJsonDepth);
  return { ...admitted, body: ready, ...(beta !== null && { beta }) };
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
