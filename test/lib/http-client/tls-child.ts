import { HttpClient } from "../../../src/lib/http-client/client.ts";
import type { Peer } from "../../../src/lib/http-client/types.ts";
import { code, send } from "./fixture.ts";

/** Run with an environment of its own: the first peer is trusted through it, the second must not be. */
const [good, unknown] = JSON.parse(process.argv[2]!) as [Peer, Peer];
const client = new HttpClient();
const { status, body } = await send(client, good).answer;
await body.readAll(100);
process.stdout.write(`${status} ${await code(send(client, unknown).answer)}`);
client.close();
