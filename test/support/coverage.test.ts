import { expect, test } from "bun:test";
import { countUnloaded, parseLcov, percent } from "./coverage.ts";

test("a report is read per file", () => {
  const report = "TN:\nSF:src/a.ts\nDA:1,1\nLF:4\nLH:3\nend_of_record\nTN:\nSF:src/b.ts\nLF:6\nLH:6\nend_of_record\n";
  const files = parseLcov(report);
  expect([...files.keys()]).toEqual(["src/a.ts", "src/b.ts"]);
  expect(files.get("src/a.ts")).toEqual({ path: "src/a.ts", lines: 4, hit: 3 });
  expect(percent([...files.values()])).toBe(90);
});

test("a file that no test loads counts with all its lines, one of types only with none", () => {
  const code = 'import { b } from "./b.ts";\n\nexport function a(): number {\n  return b;\n}\n';
  expect(countUnloaded("src/a.ts", code)).toEqual({ path: "src/a.ts", lines: 3, hit: 0 });
  expect(countUnloaded("src/t.ts", "export interface T {\n  readonly a: string;\n}\n").lines).toBe(0);
  expect(percent([])).toBe(100);
});
