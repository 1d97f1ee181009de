// Run after `npm install` against a registry that does not carry every platform's packages: npm then leaves these optional
// packages out of package-lock.json, and `npm ci` refuses the file everywhere. Adds them by version, with the platform that their
// name tells; they have no integrity until npm has seen them.
import { readFileSync, writeFileSync } from "node:fs";

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm64", "x64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "arm"];

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const packages = { ...lock.packages };
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const entry = `node_modules/${name}`;
    if (packages[entry] || packages[`${path}/${entry}`]) continue;
    const os = SYSTEMS.find((each) => name.includes(each));
    const cpu = PROCESSORS.find((each) => name.includes(`-${each}`));
    if (!os || !cpu) continue;
    const libc = os === "linux" && /musl|gnu/.exec(name)?.[0].replace("gnu", "glibc");
    packages[entry] = {
      version,
      cpu: [cpu],
      ...(dev && { dev }),
      ...(libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
    console.log(`added ${name}@${version} (${os}, ${cpu})`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
