import { expect, test } from "bun:test";
import { addClientKey, addKey, addProvider } from "../support/admin-fixtures.ts";
import { startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

test("usage of what has been deleted keeps the name it had, and has no node", async () => {
  const server = await startAdminServer();
  const client = await addClientKey(server, { name: "left us" });
  const provider = await addProvider(server, { name: "gone vendor" });
  const key = await addKey(server, provider.id, { name: "gone key" });
  const whose = { clientKeyId: client.id, providerId: provider.id, keyId: key.id };
  server.store.record(makeRecord(whose));
  server.store.record(makeRecord({ ...whose, clientKeyId: "cky_never_known" }));
  await server.store.flush();
  const labels = async (groupBy: string) => {
    const { data } = await server.ask(
      `{ usage(range: { from: "now-1d" }, groupBy: [${groupBy}]) { series { group { values { label node { id } } } } } }`,
    );
    const series: { group: { values: { label: string; node: unknown }[] } }[] = data.usage.series;
    return series.map(({ group }) => [group.values[0]!.label, group.values[0]!.node]).sort();
  };
  expect(await labels("CLIENT_KEY")).toEqual([
    ["cky_never_known", null],
    ["left us", { id: client.id }],
  ]);
  await server.ask(`mutation { deleteClientKeys(input: { ids: ["${client.id}"] }) { deletedIds } }`);
  await server.ask(`mutation { deleteProviderKeys(input: { selection: { ids: ["${key.id}"] } }) { deletedIds } }`);
  expect(await labels("CLIENT_KEY")).toEqual([
    ["cky_never_known", null],
    ["left us", null],
  ]);
  expect(await labels("PROVIDER_KEY")).toEqual([["gone vendor/gone key", null]]);
  await server.stop();
});
