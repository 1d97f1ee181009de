// A process that records requests until it is killed: `bun child-writer.ts <data directory> <requests a second>`. Prints a line per
// turn of a hundredth of a second: the number of requests handed over so far, and the id of the last one.
import { Vault } from "../../src/lib/secret.ts";
import { openStore } from "../../src/store/open.ts";
import { MASTER_KEY, makeFailure, makeRecord } from "./records.ts";

const [dataDir = "", rate = "0"] = process.argv.slice(2);
const store = await openStore({ dataDir, vault: new Vault(MASTER_KEY) });
process.stdout.write("0 open\n");
let handed = 0;
setInterval(() => {
  let last = "";
  for (let index = 0; index < Number(rate) / 100; index++) {
    const atMs = Date.now();
    const record = handed % 7 === 0 ? makeFailure(atMs) : makeRecord(atMs, { keyId: `pky_${handed % 5}` });
    store.record(record);
    handed++;
    last = record.id;
  }
  if (last !== "") process.stdout.write(`${handed} ${last} ${Date.now()}\n`);
}, 10);
