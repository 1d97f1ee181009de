import { expect } from "bun:test";
import type { AdminServer, Answer } from "./admin-server.ts";

/** Makes things through the API itself, as the console does. */
export async function addProvider(server: AdminServer, input: object = {}): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($input: CreateProviderInput!) {
      createProvider(input: $input) { provider { id version } userErrors { message } }
    }`,
    { input: { name: "main", kind: "OPENAI", ...input } },
  );
  expect(data.createProvider.userErrors).toEqual([]);
  return data.createProvider.provider;
}

export async function addKey(server: AdminServer, providerId: string, input: object = {}): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($input: CreateProviderKeyInput!) {
      createProviderKey(input: $input) { providerKey { id version name } userErrors { message } }
    }`,
    { input: { providerId, secret: `sk-${crypto.randomUUID()}`, ...input } },
  );
  expect(data.createProviderKey.userErrors).toEqual([]);
  return data.createProviderKey.providerKey;
}

export async function addModel(server: AdminServer, providerId: string, input: object = {}): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($input: CreateModelInput!) {
      createModel(input: $input) { model { id version name } userErrors { message } }
    }`,
    { input: { name: "gpt-4.1", targets: [{ providerId, upstreamModel: "gpt-4.1" }], ...input } },
  );
  expect(data.createModel.userErrors).toEqual([]);
  return data.createModel.model;
}

export async function addClientKey(server: AdminServer, input: object = {}): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($input: CreateClientKeyInput!) {
      createClientKey(input: $input) { clientKey { id version } secret userErrors { message } }
    }`,
    { input: { name: "dev", ...input } },
  );
  expect(data.createClientKey.userErrors).toEqual([]);
  return { ...data.createClientKey.clientKey, secret: data.createClientKey.secret };
}

/** Everything that is stored, as one value to compare. */
export async function readEverything({ store }: AdminServer): Promise<unknown> {
  const [providers, providerKeys, models, clientKeys, settings] = await Promise.all([
    store.providers.list(),
    store.providerKeys.list(),
    store.models.list(),
    store.clientKeys.list(),
    store.settings.all(),
  ]);
  return { providers, providerKeys, models, clientKeys, settings };
}

/** Runs `refused` and proves that it changed nothing and told nobody. */
export async function expectNothingWritten<T>(server: AdminServer, refused: () => Promise<T>): Promise<T> {
  const before = await readEverything(server);
  const snapshot = server.snapshots.current;
  let changes = 0;
  const stop = server.events.on("config", () => {
    changes++;
  });
  const answer = await refused();
  stop();
  expect(await readEverything(server)).toEqual(before);
  expect(server.snapshots.current).toBe(snapshot);
  expect(changes).toBe(0);
  return answer;
}
