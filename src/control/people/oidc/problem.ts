/** Why the provider's word does not count. `detail` is for the operator's log: it holds no secret and no claim. */
export class OidcError extends Error {
  override readonly name = "OidcError";
  constructor(
    readonly problem: "unavailable" | "declined" | "not_valid",
    readonly detail: string,
  ) {
    super(detail);
  }
}
