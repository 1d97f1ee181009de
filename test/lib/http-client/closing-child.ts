import { HttpClient } from "../../../src/lib/http-client/client.ts";
import { code, OK, send, text } from "./fixture.ts";
import { RawServer } from "./raw-server.ts";

/** Leaves an idle connection, a call without an answer and an attempt to connect behind, and ends by itself only if they do. */
const server = await RawServer.start();
const client = new HttpClient();
const first = send(client, server.peer);
await (await server.connection(1)).answer(OK);
process.stdout.write(`${await text(first)} `);
const second = send(client, server.peer);
const third = send(client, server.peer, {}, { fresh: true });
client.close();
process.stdout.write(await code(second.answer));
await code(third.answer);
await server.close();
