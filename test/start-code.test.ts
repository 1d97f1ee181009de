import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { codeRanges } from "../src/start-code.ts";

const facts = (changedKb: number) => `Size: 4 kB
Private_Dirty:       120 kB
Anonymous:           ${changedKb} kB
VmFlags: rd ex mr mw me
`;
const smaps = (
  path: string,
  changedKb = 0,
) => `00200000-01a39000 r--p 00000000 fe:00 5177419                            ${path}
${facts(0)}01a40000-0684a000 r-xp 01838000 fe:00 5177419                            ${path}
${facts(changedKb)}0684a000-0685f000 rw-p 06641000 fe:00 5177419                            ${path}
${facts(8)}0685f000-06867000 r--p 06656000 fe:00 5177419                            ${path}
${facts(0)}08000000-08001000 rwxp 00000000 fe:00 5177419                            ${path}
${facts(0)}7fce8b000000-7fce8b001000 r-xp 00000000 00:00 0
${facts(0)}7fce8b72f000-7fce8b885000 r-xp 00026000 fe:00 326269                     /usr/lib/x86_64-linux-gnu/libc.so.6
${facts(0)}`;

test("only the program's own code is given back, nothing that can be or was written", () => {
  expect(codeRanges(smaps("/opt/sluice"), "/opt/sluice")).toEqual([
    { start: 0x01a40000, bytes: 0x0684a000 - 0x01a40000 },
  ]);
});

test("code that somebody has changed in memory is left alone", () => {
  expect(codeRanges(smaps("/opt/sluice", 4), "/opt/sluice")).toEqual([]);
});

test("a binary that was replaced while it runs is left alone", () => {
  expect(codeRanges(smaps("/opt/sluice (deleted)"), "/opt/sluice")).toEqual([]);
});

test.skipIf(process.platform !== "linux")("this very program's code is found", () => {
  expect(codeRanges(readFileSync("/proc/self/smaps", "latin1"), process.execPath).length).toBeGreaterThan(0);
});
