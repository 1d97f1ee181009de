import type { Secret } from "../../lib/secret.ts";
import type { Control } from "../control.ts";
import { notFound, ok, type Result, refuse } from "../user-errors.ts";

export interface RevealedSecret {
  readonly secret: Secret;
}

/** The one way in which a stored secret leaves again. */
export async function revealProviderKeySecret(control: Control, id: string): Promise<Result<RevealedSecret>> {
  const key = await control.store.providerKeys.open(id);
  return key === null ? refuse(notFound("id", "provider key", id)) : ok({ secret: key.secret });
}
