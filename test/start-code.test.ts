import { expect, test } from "bun:test";
import { codeRanges } from "../src/start-code.ts";

const MAPS = `00200000-01a39000 r--p 00000000 fe:00 5177419                            /opt/sluice
01a40000-0684a000 r-xp 01838000 fe:00 5177419                            /opt/sluice
0684a000-0685f000 rw-p 06641000 fe:00 5177419                            /opt/sluice
0685f000-06867000 r--p 06656000 fe:00 5177419                            /opt/sluice
08000000-08001000 rwxp 00000000 fe:00 5177419                            /opt/sluice
7fce8b000000-7fce8b001000 r-xp 00000000 00:00 0
7fce8b72f000-7fce8b885000 r-xp 00026000 fe:00 326269                     /usr/lib/x86_64-linux-gnu/libc.so.6
7ffda1bd4000-7ffda1bd6000 r-xp 00000000 00:00 0                          [vdso]
`;

test("only the program's own code is given back, nothing that can be or was written", () => {
  expect(codeRanges(MAPS, "/opt/sluice")).toEqual([{ start: 0x01a40000, bytes: 0x0684a000 - 0x01a40000 }]);
});

test("a binary that was replaced while it runs is left alone", () => {
  expect(codeRanges(MAPS.replaceAll("/opt/sluice", "/opt/sluice (deleted)"), "/opt/sluice")).toEqual([]);
});
