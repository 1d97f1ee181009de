import { expect, test } from "bun:test";
import { addClientKey, addKey, addProvider } from "../support/admin-fixtures.ts";
import { startAdminServer } from "../support/admin-server.ts";
import { makeAttempt, makeRecord } from "../support/request-record.ts";

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

test("a request names what has been deleted since, and says that it has been; so does its export", async () => {
  const server = await startAdminServer();
  const provider = await addProvider(server, { name: "vendor" });
  const key = await addKey(server, provider.id, { name: "gone key" });
  const client = await addClientKey(server, { name: "left us" });
  const attempts = [makeAttempt({ providerId: provider.id, keyId: key.id })];
  const record = makeRecord({ clientKeyId: client.id, providerId: provider.id, keyId: key.id, attempts });
  server.store.record(record);
  server.store.record(makeRecord({ clientKeyId: "cky_never_known" }));
  await server.store.flush();
  await server.ask(`mutation { deleteClientKeys(input: { ids: ["${client.id}"] }) { deletedIds } }`);
  await server.ask(`mutation { deleteProviderKeys(input: { selection: { ids: ["${key.id}"] } }) { deletedIds } }`);
  const label = "{ id name deleted }";
  const { data } = await server.ask(
    `{ requestLogs { nodes { clientKey { id } clientKeyLabel ${label} providerLabel ${label} providerKeyLabel ${label} } }
       requestLog(id: "${record.id}") { attempts { providerLabel ${label} providerKeyLabel ${label} } } }`,
  );
  const [unknown, known] = data.requestLogs.nodes;
  const goneKey = { id: key.id, name: "vendor/gone key", deleted: true };
  expect(known).toEqual({
    clientKey: null,
    clientKeyLabel: { id: client.id, name: "left us", deleted: true },
    providerLabel: { id: provider.id, name: "vendor", deleted: false },
    providerKeyLabel: goneKey,
  });
  expect(unknown).toMatchObject({
    clientKeyLabel: { id: "cky_never_known", name: "cky_never_known", deleted: true },
    providerLabel: null,
  });
  expect(data.requestLog.attempts).toEqual([{ providerLabel: known.providerLabel, providerKeyLabel: goneKey }]);
  const { job } = (await server.ask("mutation { exportRequestLogs(input: { format: JSONL }) { job { id } } }")).data
    .exportRequestLogs;
  await server.control.jobs.settled(job.id, 60_000);
  const lines = (await Bun.file(server.control.jobs.filePath(job.id)).text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).client_key)).toEqual([null, "left us"]);
  await server.stop();
});
