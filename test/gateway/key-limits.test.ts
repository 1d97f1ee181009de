import { afterAll, beforeAll, expect, test } from "bun:test";
import { json } from "../support/fake-vendor.ts";
import { type Answer, type Gateway, provider, startGateway } from "./fixture.ts";

const REPLY = json({
  id: "c1",
  object: "chat.completion",
  model: "gpt",
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 60, completion_tokens: 50, total_tokens: 110 },
});

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-limited-0001", "sk-limited-0002"])],
    models: [{ name: "gpt", targets: [{ provider: "openai", model: "gpt" }] }],
    reply: REPLY,
  });
});
afterAll(() => gateway.close());

const ask = () => gateway.send("/v1/chat/completions", { model: "gpt", messages: [{ role: "user", content: "hi" }] });
const keyIds = async (): Promise<string[]> =>
  ((await gateway.graphql("{ providerKeys { nodes { id } } }")) as Answer).data.providerKeys.nodes.map(
    ({ id }: Answer) => id,
  );
const limit = async (id: string, limits: object | null) => {
  const query = `mutation ($id: ID!, $limits: KeyLimitsInput) {
    updateProviderKey(input: { id: $id, limits: $limits }) { providerKey { limits { rpm tpm } } userErrors { message } }
  }`;
  const { data } = (await gateway.graphql(query, { id, limits })) as Answer;
  expect(data.updateProviderKey.userErrors).toEqual([]);
};

test("a key at its limit is passed over, and when all are the client is told when to come again", async () => {
  const [first, second] = await keyIds();
  await limit(first!, { rpm: 1 });
  for (let count = 0; count < 4; count++) expect((await ask()).status).toBe(200);
  expect(gateway.vendor.calls.filter(({ headers }) => headers.authorization?.endsWith("0001"))).toHaveLength(1);

  await limit(second!, { tpm: 100 });
  expect((await ask()).status).toBe(200); // Below the limit when it begins.
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(62);
  expect(refused.calls).toEqual([]);

  const used = (await gateway.graphql(
    "{ providerKeys { nodes { limits { rpm rpmUsed tpm tpmUsed inFlight } } } }",
  )) as Answer;
  expect(used.data.providerKeys.nodes.map(({ limits }: Answer) => limits)).toEqual([
    { rpm: 1, rpmUsed: 1, tpm: null, tpmUsed: 110, inFlight: 0 },
    { rpm: null, rpmUsed: 1, tpm: 100, tpmUsed: 110, inFlight: 0 },
  ]);

  await limit(second!, null);
  expect((await ask()).status).toBe(200);
});
