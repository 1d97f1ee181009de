/** The fenced blocks of a page in one language. */
export function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block!);
}

/** A shell block's commands as a reader would paste them: one each, however many lines it takes, without comments. */
export function commandsOf(block: string): string[] {
  const commands: string[] = [];
  let command = "";
  let quote = "";
  let depth = 0; // of parentheses
  let isComment = false;
  for (let at = 0; at < block.length; at++) {
    const char = block[at]!;
    if (isComment && char !== "\n") continue;
    isComment = false;
    if (char === "\\" && quote !== "'") {
      command += char + block[++at];
      continue;
    }
    if (quote === "" && char === "#" && /(^|\s)$/.test(command)) {
      isComment = true;
      continue;
    }
    if (quote === "" ? char === '"' || char === "'" : char === quote) quote = quote === "" ? char : "";
    if (quote === "" && (char === "(" || char === ")")) depth += char === "(" ? 1 : -1;
    if (char !== "\n" || quote !== "" || depth > 0 || command.trimEnd().endsWith("|")) command += char;
    else {
      if (command.trim() !== "") commands.push(command.trim());
      command = "";
    }
  }
  return commands;
}
