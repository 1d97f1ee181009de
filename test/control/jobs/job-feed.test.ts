import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { watchJobs } from "../../../src/control/jobs/job-feed.ts";
import { getJob, listJobItems, listJobs } from "../../../src/control/jobs/job-list.ts";
import { importKeysJob } from "../../../src/control/keys/import/job.ts";
import type { Principal, Scope } from "../../../src/control/people/principal.ts";
import { addProvider } from "../../support/admin-fixtures.ts";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../../support/admin-server.ts";
import { connectLive, type LiveClient, readEvents } from "../../support/live.ts";
import { addPerson } from "../../support/people.ts";
import { tokenPrincipal } from "../../support/principals.ts";

let server: AdminServer;
let live: LiveClient;
let providerId: string;
beforeAll(async () => {
  server = await startAdminServer();
  live = connectLive(server);
  providerId = (await addProvider(server)).id;
});
afterAll(async () => {
  await live.close();
  await server.stop();
});

const withScopes = (...scopes: Scope[]): Principal => ({ ...tokenPrincipal(), scopes: new Set(scopes) });
const SUBSCRIPTION = `subscription ($jobId: ID, $after: String) {
  jobProgress(jobId: $jobId, after: $after) {
    __typename
    ... on StreamEvent { cursor }
    ... on ResyncEvent { reason }
    ... on JobProgress { job { id state done total } recentItems { index outcome } }
  }
}`;

async function importKeys(text: string): Promise<Answer> {
  const query = `mutation ($input: ImportProviderKeysInput!) { importProviderKeys(input: $input) { job { id } } }`;
  return (await server.ask(query, { input: { providerId, text } })).data.importProviderKeys.job;
}

describe("jobProgress", () => {
  test("of a job that has ended tells how it ended, and is over", async () => {
    const { id } = await importKeys("sk-feed-0000001 sk-feed-0000002");
    const response = await fetch(server.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        accept: "text/event-stream",
        "content-type": "application/json",
      },
      body: JSON.stringify({ query: SUBSCRIPTION, variables: { jobId: id } }),
    });
    const frames: Answer[] = [];
    for await (const event of readEvents(response)) if (!event.ping) frames.push(event.data.jobProgress);
    expect(frames).toMatchObject([{ job: { id, state: "SUCCEEDED", done: 2, total: 2 } }]);
  });

  test("resumed with a cursor misses no item and repeats none, or says that it must begin anew", async () => {
    const all = live.watch(SUBSCRIPTION);
    expect(await all.next()).toMatchObject({ __typename: "ResyncEvent", reason: "STARTED" });
    const ids: string[] = [];
    const first = await importKeys("sk-resume-000001 sk-resume-000002");
    ids.push(first.id);
    const seen: Answer[] = [];
    let cursor = "";
    while (seen.at(-1)?.job.state !== "SUCCEEDED") {
      const frame = await all.next();
      cursor = frame.cursor;
      seen.push(frame);
    }
    await all.stop();
    expect(seen.flatMap(({ recentItems }) => recentItems.map(({ index }: Answer) => index))).toEqual([0, 1]);

    const second = await importKeys("sk-resume-000003 sk-resume-000004 sk-resume-000005");
    const resumed = live.watch(SUBSCRIPTION, { after: cursor });
    const frame = await resumed.next();
    expect(frame.job).toMatchObject({ id: second.id, state: "SUCCEEDED", done: 3 });
    expect(frame.recentItems.map(({ index }: Answer) => index)).toEqual([0, 1, 2]);
    await resumed.stop();

    const lost = live.watch(SUBSCRIPTION, { after: "elsewhere.7", jobId: second.id });
    expect(await lost.next()).toMatchObject({ __typename: "ResyncEvent", reason: "RESTARTED" });
    expect(await lost.next()).toMatchObject({ job: { id: second.id, state: "SUCCEEDED" } });
  });

  test("of no job at all is refused", async () => {
    const nothing = live.watch(SUBSCRIPTION, { jobId: "job_0" });
    expect(await nothing.next().catch((errors) => errors[0].extensions.code)).toBe("BAD_USER_INPUT");
  });

  test("shows nobody the jobs of kinds whose scope he lacks", async () => {
    const { id } = await importKeys("sk-scope-0000001");
    const other = withScopes("MODELS_READ", "MODELS_WRITE");
    expect(await getJob(server.control, other, id)).toBeNull();
    expect((await listJobs(server.control, other, {}, {})).totalCount).toBe(0);
    expect((await listJobs(server.control, withScopes("KEYS_WRITE"), {}, {})).totalCount).toBeGreaterThan(0);
    await expect(watchJobs(server.control, other, id, null).next()).rejects.toThrow("no such job");
  });
});

test("jobs say who started them, and are found by it", async () => {
  const person = await addPerson(server, "ann@example.com", "ADMIN");
  const { id } = await importKeys("sk-author-000001");
  const mutation = `mutation ($input: ImportProviderKeysInput!) { importProviderKeys(input: $input) { job { id createdBy createdById } } }`;
  const own = await person.ask(mutation, { input: { providerId, text: "sk-author-000002" } });
  const { job } = own.data.importProviderKeys;
  expect(job).toMatchObject({ createdBy: "ann@example.com", createdById: person.id });
  const idsBy = async (createdBy: string[]) => {
    const query = `query ($by: [String!]) { jobs(first: 200, filter: { createdBy: $by }) { nodes { id createdBy createdById } } }`;
    return (await server.ask(query, { by: createdBy })).data.jobs.nodes;
  };
  expect(await idsBy([person.id])).toEqual([job]);
  expect(await idsBy(["ann@example.com"])).toEqual([job]);
  const [newest] = await idsBy(["ADMIN_TOKEN"]);
  expect(newest).toEqual({ id, createdBy: "ADMIN_TOKEN", createdById: null });
  expect(await idsBy(["nobody"])).toEqual([]);
});

describe("a job's items", () => {
  test("come in pages, by outcome, both ways", async () => {
    const { id } = await importKeys("sk-pages-0000001 a b c sk-pages-0000002 d");
    const job = (await server.control.jobs.get(id))!;
    const page = await listJobItems(server.control, job, ["FAILED"], { first: 2 });
    expect(page.edges.map(({ node }) => node.index)).toEqual([1, 2]);
    expect(page).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const next = await listJobItems(server.control, job, ["FAILED"], { first: 2, after: page.pageInfo.endCursor });
    expect(next.edges.map(({ node }) => node.index)).toEqual([3, 5]);
    expect(next.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const last = await listJobItems(server.control, job, null, { last: 2 });
    expect(last.edges.map(({ node }) => node.index)).toEqual([4, 5]);
    await expect(listJobItems(server.control, job, null, { first: 1, after: "x" })).rejects.toThrow("cursor");
  });
});

test("a running job is seen, counted and cancelled through the API", async () => {
  const text = Array.from({ length: 3000 }, (_, index) => `sk-cancelled-${index}`).join(" ");
  const { id } = await server.control.jobs.start(importKeysJob, {
    providerId,
    text,
    tags: [],
    onDuplicate: "SKIP",
    validate: false,
    onRefused: "DISABLE",
  });
  const all = live.watch(SUBSCRIPTION);
  await all.next();
  let frame: Answer;
  do frame = await all.next();
  while (frame.job.total === null); // not counted yet
  expect(frame).toMatchObject({ job: { id, state: "RUNNING", total: 3000 } });
  const cancel = "mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { state } userErrors { code } } }";
  expect((await server.ask(cancel, { id })).data.cancelJob.userErrors).toEqual([]);
  do frame = await all.next();
  while (frame.job.state !== "CANCELLED");
  await all.stop();
  expect(frame.job.done).toBeLessThan(3000);
  const { data } = await server.ask("query ($id: ID!) { node(id: $id) { ... on Job { state done } } }", { id });
  expect(data.node).toEqual({ state: "CANCELLED", done: frame.job.done });
  const made = (await server.store.providerKeys.list()).filter(({ importJobId }) => importJobId === id);
  expect(made).toHaveLength(frame.job.done);
  expect((await server.ask(cancel, { id })).data.cancelJob.userErrors).toEqual([{ code: "CONFLICT" }]);
});
