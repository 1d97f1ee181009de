import { afterAll, beforeAll, expect, test } from "bun:test";
import { never, streamThen } from "../support/fake-vendor.ts";
import { CHAT_FRAMES } from "../support/samples.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    models: [{ name: "gpt", targets: [{ provider: "openai", model: "gpt" }] }],
  });
});
afterAll(() => gateway.close());

const STREAMS = 20;

/** How many objects there are of each class, when all garbage is gone. */
function alive(): (name: string) => number {
  const { nodes, nodeClassNames } = Bun.generateHeapSnapshot();
  const counts = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += 4) {
    const name = nodeClassNames[nodes[at + 2]!]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (name) => counts.get(name) ?? 0;
}

test("a stream that runs does not hold its prompt", async () => {
  gateway.restart(streamThen(CHAT_FRAMES.slice(0, 2), never));
  const before = alive();
  const readers: StreamReader[] = [];
  for (let index = 0; index < STREAMS; index++) {
    const body = { model: "gpt", stream: true, messages: [{ role: "user", content: `prompt ${index}` }] };
    const reader = new StreamReader(await gateway.post("/v1/chat/completions", body));
    await reader.until("Grüße");
    readers.push(reader);
  }
  const after = alive();
  expect(after("StreamRelay") - before("StreamRelay")).toBeGreaterThanOrEqual(STREAMS);
  // A last one may still lie on the stack.
  expect(after("JsonObject") - before("JsonObject")).toBeLessThan(STREAMS / 4);
  expect(after("Claim") - before("Claim")).toBeLessThan(STREAMS / 4);
  for (const reader of readers) await reader.leave();
});
