import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { TLSSocket, TlsOptions } from "node:tls";
import { AUTHORITY, EXPIRED, FUTURE, GOOD, KEY, SELF_SIGNED, UNKNOWN } from "./certificates.ts";
import { Bench, code, failure, OK, send, text } from "./fixture.ts";
import { RawServer } from "./raw-server.ts";

const NAME = "api.sluice.test";

async function serve(bench: Bench, cert: string, tlsName = NAME, options: TlsOptions = {}): Promise<RawServer> {
  return bench.keep(await RawServer.startTls(tlsName, { key: KEY, cert, ...options }));
}

describe("TLS", () => {
  test.each([NAME, "any.wild.sluice.test", "127.0.0.1", "::1"])(
    "a proper certificate for %s is accepted",
    async (name) => {
      await using bench = new Bench();
      const server = await serve(bench, GOOD, name);
      const call = send(bench.client({ ca: AUTHORITY }), server.peer);
      const connection = await server.connection(1);
      await connection.answer(OK);
      expect(await text(call)).toBe("ok");
      expect((connection.socket as TLSSocket).servername).toBe(name);
    },
  );

  test("TLS 1.2 and several authorities will do, and the connection is used again", async () => {
    await using bench = new Bench();
    const server = await serve(bench, GOOD, NAME, { maxVersion: "TLSv1.2", ALPNProtocols: ["h2", "http/1.1"] });
    const client = bench.client({ ca: [SELF_SIGNED, AUTHORITY] });
    for (const count of [1, 2]) {
      const call = send(client, server.peer);
      await (await server.connection(1)).answer(OK, count);
      expect(await text(call)).toBe("ok");
      expect(call.reused).toBe(count === 2);
    }
  });

  const refused: [what: string, cert: string, name: string, ca: string | undefined, reason: string][] = [
    ["for another name", GOOD, "other.sluice.test", AUTHORITY, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["for one label less", GOOD, "a.b.wild.sluice.test", AUTHORITY, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["for another address", GOOD, "127.0.0.2", AUTHORITY, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["that has expired", EXPIRED, NAME, AUTHORITY, "CERT_HAS_EXPIRED"],
    ["that is not valid yet", FUTURE, NAME, AUTHORITY, "CERT_NOT_YET_VALID"],
    ["that signed itself", SELF_SIGNED, NAME, AUTHORITY, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["of an unknown authority", UNKNOWN, NAME, AUTHORITY, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["of an authority that the world does not know", GOOD, NAME, undefined, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ];
  test.each(refused)(
    "a certificate %s is refused before a byte of the request",
    async (_what, cert, name, ca, reason) => {
      for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
        await using bench = new Bench();
        const server = await serve(bench, cert, name, { maxVersion });
        const client = bench.client(ca === undefined ? {} : { ca });
        const error = await failure(
          send(client, server.peer, { headers: { host: name, authorization: "secret" } }).answer,
        );
        expect([error.code, (error.cause as { code: string }).code]).toEqual(["tls", reason]);
        // In TLS 1.3 the server is through with the handshake before the client has looked at the certificate.
        for (const connection of server.connections) {
          await connection.closed;
          expect(connection.text).toBe("");
        }
      }
    },
  );

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 does not open it, NODE_EXTRA_CA_CERTS counts", async () => {
    await using bench = new Bench();
    const [good, unknown] = [await serve(bench, GOOD), await serve(bench, UNKNOWN)];
    await Bun.write(`${Bun.env.TMPDIR ?? "/tmp"}/sluice-test-authority-${process.pid}.pem`, AUTHORITY);
    const authority = Bun.file(`${Bun.env.TMPDIR ?? "/tmp"}/sluice-test-authority-${process.pid}.pem`);
    const child = Bun.spawn(
      [process.execPath, `${import.meta.dir}/tls-child.ts`, JSON.stringify([good.peer, unknown.peer])],
      {
        env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: authority.name! },
        stdout: "pipe",
        stderr: "ignore",
      },
    );
    await (await good.connection(1)).answer(OK);
    expect(await new Response(child.stdout).text()).toBe("200 tls");
    expect(await child.exited).toBe(0);
    await authority.delete();
  });

  test.each([
    ["that hangs up", (server: RawServer) => server.connection(1).then((each) => each.end())],
    ["that resets", (server: RawServer) => server.connection(1).then((each) => each.reset())],
    ["that speaks no TLS", (server: RawServer) => server.connection(1).then((each) => each.write(OK))],
  ])("a server %s during the handshake is no TLS", async (_what, act) => {
    await using bench = new Bench();
    const server = await bench.server();
    const answer = code(send(bench.client(), { ...server.peer, tlsName: NAME }).answer);
    await act(server);
    expect(await answer).toBe("tls");
  });

  test("the connect timeout counts the handshake too", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), { ...server.peer, tlsName: NAME }, {}, { connectTimeoutMs: 20 });
    expect(await code(call.answer)).toBe("connect_timeout");
    await (await server.connection(1)).closed;
  });

  test("a call can be given up during the handshake", async () => {
    await using bench = new Bench();
    const server = await bench.server();
    const call = send(bench.client(), { ...server.peer, tlsName: NAME });
    const connection = await server.connection(1);
    await connection.until((hello) => hello.length > 0);
    call.abort();
    expect(await code(call.answer)).toBe("aborted");
    await connection.closed;
  });

  test("a connection that is tampered with ends the call, and nothing of it is taken", async () => {
    await using bench = new Bench();
    const [server, between] = [await serve(bench, GOOD), await bench.server()];
    const call = send(bench.client({ ca: AUTHORITY }), { ...between.peer, tlsName: NAME });
    const [near, far] = [(await between.connection(1)).socket, connect(server.peer.port, server.peer.address)];
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => near.write(bytes));
    const connection = await server.connection(1);
    await connection.answer("HTTP/1.1 200 OK\r\n\r\nhello");
    const { body } = await call.answer;
    await body.read();
    const next = body.read();
    near.write(Buffer.from("1703030010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "hex"));
    expect(await code(next)).toBe("truncated");
    far.destroy();
  });
});
