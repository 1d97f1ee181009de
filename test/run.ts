// Runs the suite, counts coverage honestly and closes with "N passed, N failed". `npm test` ends here; arguments go to `bun test`.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { countUnloaded, type FileCoverage, parseLcov, percent } from "./support/coverage.ts";

const LEAST_PERCENT = 90;
const DEADLINE_MS = 30 * 60_000;
/** Processes that share the files: much of a test is waiting. Modules stay loaded from file to file, which is half of the time. */
const SHARES = Math.min(4, Math.max(2, availableParallelism()));

const root = join(import.meta.dir, "..");
const out = await mkdtemp(join(tmpdir(), "sluice-test-"));
const args = process.argv.slice(2);
const isWholeSuite = args.length === 0;
const coverage = isWholeSuite ? ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${out}`] : [];

const tests = Bun.spawn(
  [
    process.execPath,
    "test",
    "--timeout=60000", // only a failing test takes as long
    `--parallel=${SHARES}`,
    "--no-isolate",
    ...coverage,
    "--reporter=junit",
    `--reporter-outfile=${join(out, "junit.xml")}`,
    ...args,
  ],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"], timeout: DEADLINE_MS },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => tests.kill(signal));
const exitCode = await tests.exited;

const counts = await readCounts();
let failed = counts.failed;
// A file that does not load or an error between tests counts nowhere, but fails the run.
if (exitCode !== 0 && failed === 0) failed = 1;
if (isWholeSuite && exitCode === 0 && !(await isCovered())) failed += 1;
await rm(out, { recursive: true, force: true });

const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
console.log(`${counts.passed} passed, ${failed} failed${skipped}`);
process.exit(failed > 0 ? exitCode || 1 : 0);

async function readCounts() {
  const report = Bun.file(join(out, "junit.xml"));
  const head = (await report.exists()) ? (/<testsuites [^>]*>/.exec(await report.text())?.[0] ?? "") : "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return { passed: count("tests") - failed - count("skipped"), failed, skipped: count("skipped") };
}

/** Every file of src and schema counts, also one that no test ever loads. */
async function isCovered(): Promise<boolean> {
  const loaded = parseLcov(await Bun.file(join(out, "lcov.info")).text());
  const files: FileCoverage[] = [];
  for (const path of new Bun.Glob("{src,schema}/**/*.ts").scanSync({ cwd: root })) {
    files.push(loaded.get(path) ?? countUnloaded(path, await Bun.file(join(root, path)).text()));
  }
  const reached = percent(files);
  for (const each of files.filter((file) => percent([file]) < LEAST_PERCENT).sort((a, b) => missing(b) - missing(a))) {
    console.log(`${percent([each]).toFixed(1).padStart(5)} %  ${each.path} (${missing(each)} lines missing)`);
  }
  console.log(`coverage of src and schema: ${reached.toFixed(1)} % of lines, at least ${LEAST_PERCENT} % wanted`);
  return reached >= LEAST_PERCENT;
}

function missing({ lines, hit }: FileCoverage): number {
  return lines - hit;
}
