import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/stream-reader.ts";
import { storedClientKeys } from "./admin-load.ts";
import { ask, chat, loggedIds, serveGateway } from "./gateway.ts";
import { makeScratch, type Scratch, type Serving } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(120_000);
let scratch: Scratch;
let upstream: Upstream;

beforeEach(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
});
afterEach(async () => {
  await scratch.clean();
  await upstream.stop();
});

/** A way to take a running process's disk away, and to give it back. */
interface Shortage {
  readonly words: RegExp;
  /** Runs `work` with a gateway on such a disk. */
  on(work: (start: () => Promise<Serving>, disk: Disk) => Promise<void>): Promise<void>;
}
interface Disk {
  fill(gateway: Serving): Promise<void>;
  clear(gateway: Serving): Promise<void>;
}

/** No file may grow: every write of the real process fails (EFBIG), since what would end it is ignored. */
const sizeLimit: Shortage = {
  words: /the disk (?:is full|reports an error)/,
  on: (work) =>
    work(() => serveGateway(scratch, upstream.url, {}, ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"]), {
      fill: (gateway) => limitFiles(gateway, "1"),
      clear: (gateway) => limitFiles(gateway, "unlimited"),
    }),
};

async function limitFiles({ pid }: Serving, bytes: string): Promise<void> {
  const limiting = Bun.spawn(["prlimit", `--pid=${pid}`, `--fsize=${bytes}:unlimited`], { stderr: "inherit" });
  expect(await limiting.exited).toBe(0);
}

/** A file system of 16 MB in which a file takes what is left. */
const fullFileSystem: Shortage = {
  words: /the disk is full/,
  async on(work) {
    const place = join(scratch.path, "small");
    await mkdir(place);
    expect(mount(place)).toBe(true);
    const ballast = join(place, "ballast");
    try {
      await work(() => serveGateway(scratch, upstream.url, { DATA_DIR: join(place, "data") }), {
        async fill() {
          const file = await open(ballast, "w");
          const block = new Uint8Array(4096);
          try {
            for (;;) writeSync(file.fd, block);
          } catch (error) {
            expect(error).toMatchObject({ code: "ENOSPC" });
          }
          await file.close();
        },
        clear: async () => rmSync(ballast),
      });
    } finally {
      await scratch.stop();
      unmount(place);
    }
  },
};

function mount(place: string): boolean {
  return Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", place]).success;
}

function unmount(place: string): void {
  Bun.spawnSync(["umount", place]);
}

/** Only who may mount has one, and few may. */
function mayMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const place = mkdtempSync(join(tmpdir(), "sluice-mount-"));
  const isMounted = mount(place);
  if (isMounted) unmount(place);
  rmdirSync(place);
  return isMounted;
}

const shortages: [what: string, shortage: Shortage][] = [];
if (Bun.which("prlimit") !== null) shortages.push(["no file may grow", sizeLimit]);
if (mayMount()) shortages.push(["the file system is full", fullFileSystem]);

const CREATE = `mutation ($name: String!) { createClientKey(input: { name: $name, memo: "${"m".repeat(1000)}" }) { userErrors { code } } }`;

describe("a full disk", () => {
  test.each(shortages)(
    "(%s) is told to whoever changes something, clients are served, and it heals",
    async (_, shortage) => {
      await shortage.on(async (start, disk) => {
        const gateway = await start();
        let asked = 0;
        const made: string[] = [];
        const create = async () => {
          const name = `key-${++asked}`;
          await ask(gateway.url, CREATE, { name });
          made.push(name);
        };
        const answered: string[] = [];
        const serve = async () => {
          const response = await chat(gateway.url, "now");
          expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 200 });
          answered.push(response.headers.get("x-request-id") ?? "");
        };
        await create();
        await serve();

        await disk.fill(gateway);
        // What the journal has room for is still written, and its audit entry may be what there is no room for.
        let refusal = "";
        while (!shortage.words.test(refusal)) {
          refusal = await create().then(
            () => "",
            (error: Error) => error.message,
          );
          if (refusal !== "")
            expect(JSON.parse(refusal)).toMatchObject([{ extensions: { code: "STORE_UNAVAILABLE" } }]);
        }
        for (let count = 0; count < 50; count++) await serve();
        expect((await storedClientKeys(gateway.url)).size).toBeGreaterThanOrEqual(made.length); // what is there can be read
        expect((await fetch(`${gateway.url}/health`)).status).toBe(200);

        await disk.clear(gateway);
        await create();
        await eventually(async () => {
          const logged = await loggedIds(gateway.url);
          return answered.every((id) => logged.has(id));
        });
        gateway.signal("SIGTERM");
        expect(await gateway.exited).toBe(0);

        const again = await start();
        const stored = await storedClientKeys(again.url);
        expect(made.filter((name) => !stored.has(name))).toEqual([]);
        again.signal("SIGTERM");
        expect(await again.exited).toBe(0);
      });
    },
  );
});
