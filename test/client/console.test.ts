import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type BuiltConsole, buildConsole } from "../../client/build.ts";
import { ROUTES } from "../../client/routes.ts";
import { createConsole, readConsole } from "../../src/http/console.ts";
import { SLOW_MS } from "./fixture.ts";

let directory: string;
let built: BuiltConsole;
let answer: (request: Request) => Response | null;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-console-"));
  built = await buildConsole(join(directory, "console"));
  answer = createConsole({ source: readConsole(join(directory, "console")) });
}, SLOW_MS);
afterAll(() => rm(directory, { recursive: true, force: true }));

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  answer(new Request(`http://sluice.test${path}`, { headers, method }));
const kilobytes = (paths: readonly string[]) =>
  paths.reduce((sum, path) => sum + (built.files[path]?.encodings.gzip?.bytes ?? built.files[path]?.bytes ?? 0), 0) /
  1000;

describe("the built console", () => {
  test("keeps its budget", () => {
    const styles = Object.keys(built.files).filter((path) => path.endsWith(".css"));
    expect(kilobytes(built.initial)).toBeLessThan(120);
    expect(kilobytes(styles)).toBeLessThan(15);
    for (const [source, path] of Object.entries(built.lazy)) {
      expect([source, kilobytes([path])]).toSatisfy(([, size]) => Number(size) < (source.includes("chart") ? 66 : 30));
    }
    expect(Object.keys(built.lazy).filter((source) => source.startsWith("pages/"))).toHaveLength(ROUTES.length);
  });

  test("carries the chart library in a part of its own", () => {
    expect(built.lazy["components/chart-canvas.tsx"]).toBeDefined();
    expect(built.initial).not.toContain(built.lazy["components/chart-canvas.tsx"]!);
  });

  test("is described for the compiled program too", async () => {
    const { documents, files, graphiql, routes } = await import(join(directory, "console", "embedded.ts"));
    expect(routes).toEqual([...ROUTES]);
    expect(Object.keys(files)).toEqual(Object.keys({ ...built.files, ...built.graphiql }));
    const embedded = createConsole({ source: { documents, files, graphiql, routes } });
    const response = embedded(new Request("http://sluice.test/keys"))!;
    expect(await response.text()).toContain('<div id="app">');
  });
});

describe("a page of the client", () => {
  test.each([...ROUTES])("%s is index.html, never kept without asking", async (path) => {
    const response = get(path)!;
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.text()).toContain("<title>Sluice</title>");
  });

  test("is not sent again to who has it", () => {
    const etag = get("/")!.headers.get("etag")!;
    const response = get("/keys", { "if-none-match": etag })!;
    expect(response.status).toBe(304);
    expect(response.body).toBeNull();
    expect(get("/", { "if-none-match": '"other"' })!.status).toBe(200);
  });

  test("allows no inline script and no frame", async () => {
    const response = get("/")!;
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
    expect(html).not.toMatch(/<style| style=| on\w+=/);
  });

  test("that does not exist is left to the server, and so is every other method", () => {
    for (const path of [
      "/nope",
      "/keys/1",
      "/v1/models",
      "/manifest.json",
      "/embedded.ts",
      "/assets/gone-12345678.js",
    ]) {
      expect(get(path)).toBeNull();
    }
    expect(get("/index.html")).toBeNull();
    expect(get("/", {}, "POST")).toBeNull();
    expect(get("/../../etc/passwd")).toBeNull();
  });

  test("is found below the base path, whether or not a proxy strips it", async () => {
    const mounted = createConsole({ source: readConsole(join(directory, "console")), basePath: "/gateway/" });
    for (const path of ["/gateway", "/gateway/", "/gateway/keys?q=a", "/keys"]) {
      const response = mounted(new Request(`http://sluice.test${path}`))!;
      expect(await response.text()).toContain('<base href="/gateway/" />');
    }
    const asset = built.initial[0]!;
    expect(mounted(new Request(`http://sluice.test/gateway/${asset}`))!.status).toBe(200);
    expect(mounted(new Request("http://sluice.test/gateways"))).toBeNull();
  });
});

describe("an asset", () => {
  test("may be kept for ever", () => {
    for (const path of built.initial) {
      expect(get(`/${path}`)!.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  test("comes as small as the client takes it", async () => {
    const path = `/${built.initial[0]}`;
    const plain = get(path)!;
    const text = await plain.text();
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(plain.headers.get("vary")).toBe("accept-encoding");

    const brotli = get(path, { "accept-encoding": "gzip, deflate, br, zstd" })!;
    expect(brotli.headers.get("content-encoding")).toBe("br");
    expect(brotliDecompressSync(await brotli.bytes()).toString()).toBe(text);

    const gzip = get(path, { "accept-encoding": "GZIP, br;q=0" })!;
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await gzip.bytes()).toString()).toBe(text);

    expect(get(path, { "accept-encoding": "identity" })!.headers.get("content-encoding")).toBeNull();
  });

  test("is not sent again to who has it, in whatever encoding", () => {
    const path = `/${built.initial[0]}`;
    const etag = get(path, { "accept-encoding": "br" })!.headers.get("etag")!;
    expect(get(path, { "if-none-match": `"x", ${etag}` })!.status).toBe(304);
    expect(get(path, { "if-none-match": "*" })!.status).toBe(304);
  });

  test("answers HEAD with the headers of GET", () => {
    const path = `/${built.initial[0]}`;
    const head = get(path, {}, "HEAD")!;
    expect(head.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(head.headers.get("etag")).toBe(get(path)!.headers.get("etag")!);
  });
});

test("a console without its page is not started with", () => {
  expect(() => createConsole({ source: { files: {}, routes: [], documents: null, graphiql: "" } })).toThrow(
    "index.html",
  );
  expect(() => readConsole(join(directory, "nothing"))).toThrow();
});
