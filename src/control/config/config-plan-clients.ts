import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import { Secret } from "../../lib/secret.ts";
import type { ClientKeyRow, ClientKeyValues } from "../../store/types.ts";
import { clientEntry } from "./config-entries.ts";
import { type ClientStep, type ConfigWorld, type Entry, type PlanOptions, removal, stepTo } from "./config-step.ts";

type GivenClient = ConfigDocument["clientKeys"][number];

/** A key that is to be made without a secret gets one when it is made. */
export function planClients(
  world: ConfigWorld,
  document: ConfigDocument,
  { prune, clientKeyHash }: PlanOptions,
  errors: DocumentError[],
): ClientStep[] {
  const known = new Map(world.clients.map((row) => [row.name, row]));
  const named = new Set<string>();
  const taken = new Set<string>();
  const steps = document.clientKeys.flatMap((given, index): ClientStep[] => {
    const path = ["clientKeys", index];
    if (named.has(given.name)) errors.push({ path: [...path, "name"], message: "is taken already" });
    named.add(given.name);
    const row = known.get(given.name);
    const hash = given.secret === undefined ? null : clientKeyHash(given.secret);
    if (hash !== null) checkSecret(world, row, hash, taken, [...path, "secret"], errors);
    const values = fieldsOf(given, row);
    const isNewSecret = hash !== null && row?.hash !== hash;
    const before = row === undefined ? null : { ...clientEntry(row), ...secretOf(row) };
    const after = { ...clientEntry(values), ...(row === undefined ? {} : secretOf(row)) };
    return stepTo<ClientStep["values"]>({
      noun: "clientKey",
      name: given.name,
      path,
      id: row?.id ?? null,
      values: isNewSecret ? { ...values, secret: new Secret(given.secret!) } : values,
      before,
      after: isNewSecret ? { ...after, secret: `${new Secret(given.secret!).preview()}${row ? " (new)" : ""}` } : after,
    });
  });
  if (!prune) return steps;
  const gone = world.clients.filter((row) => !named.has(row.name) && row.builtin !== "anonymous");
  return [
    ...steps,
    ...gone.map((row) => removal("clientKey", row.name, row.id, { ...clientEntry(row), ...secretOf(row) })),
  ];
}

/** Older documents know of no tags: they stay. */
function fieldsOf(given: GivenClient, row: ClientKeyRow | undefined): ClientKeyValues {
  return {
    name: given.name,
    enabled: given.enabled,
    expiresAt: given.expiresAt === undefined ? null : Date.parse(given.expiresAt),
    allowedModels: given.allowedModels,
    requestContent: given.requestContent ?? null,
    strictParameters: given.strictParameters,
    tags: given.tags ?? row?.tags ?? [],
    memo: given.memo ?? null,
  };
}

function secretOf({ secretPreview }: ClientKeyRow): Entry {
  return secretPreview === "" ? {} : { secret: secretPreview };
}

function checkSecret(
  world: ConfigWorld,
  row: ClientKeyRow | undefined,
  hash: string,
  taken: Set<string>,
  path: readonly PropertyKey[],
  errors: DocumentError[],
): void {
  if (row?.builtin === "anonymous") errors.push({ path, message: "the anonymous client has none" });
  const isTaken = taken.has(hash) || world.clients.some((other) => other.hash === hash && other.id !== row?.id);
  if (isTaken) errors.push({ path, message: "is taken already" });
  taken.add(hash);
}
