import { type Accessor, createSignal } from "solid-js";
import { t } from "../i18n/index.ts";
import { execute } from "./client.ts";
import type { Document } from "./graphql.ts";
import { askForProof } from "./proof.ts";
import { noteWrite } from "./writes.ts";

export interface UserErrorLike {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

export type Outcome<Payload> =
  | { readonly ok: true; readonly payload: Payload }
  | { readonly ok: false; readonly errors: readonly UserErrorLike[] };

export interface Mutation<Variables, Payload> {
  run(variables: Variables): Promise<Outcome<Payload>>;
  readonly busy: Accessor<boolean>;
}

/**
 * A mutation and whether it is under way. `pick` names the payload; its `userErrors`, and failures of the operation itself,
 * come back as one list, so that a form has one place to look.
 */
export function createMutation<Data, Variables, Payload extends { readonly userErrors: readonly UserErrorLike[] }>(
  document: Document<Data, Variables>,
  pick: (data: Data) => Payload,
): Mutation<Variables, Payload> {
  const [busy, setBusy] = createSignal(false);
  return {
    busy,
    async run(variables) {
      setBusy(true);
      let answer = await execute(document, variables);
      if (!answer.ok && answer.error.kind === "unproved" && (await askForProof())) {
        answer = await execute(document, variables);
      }
      setBusy(false);
      if (!answer.ok) {
        const message = answer.error.kind === "unreachable" ? t().errors.unreachable : answer.error.message;
        return { ok: false, errors: [{ code: answer.error.kind, message, field: null }] };
      }
      const payload = pick(answer.data);
      if (payload.userErrors.length > 0) return { ok: false, errors: payload.userErrors };
      noteWrite();
      return { ok: true, payload };
    },
  };
}

/** What to say to a person: our own words for the common codes, the server's for the rest. */
export function describeError(error: UserErrorLike): string {
  const words: Partial<Record<string, string>> = t().errors.codes;
  return words[error.code] ?? error.message;
}

/** Fields that no form shows: what is wrong with them concerns the whole of it. */
const UNSHOWN: readonly string[] = ["id", "expectedVersion"];

/** The errors of one field of the input, e.g. "name" or "targets.0.providerId"; null: those of the form as a whole. */
export function errorOf(errors: readonly UserErrorLike[], field: string | null): string | undefined {
  const nameOf = ({ field: path }: UserErrorLike) => {
    const name = path?.join(".") ?? null;
    return name !== null && UNSHOWN.includes(name) ? null : name;
  };
  const found = errors.find((each) => nameOf(each) === field);
  return found && describeError(found);
}
