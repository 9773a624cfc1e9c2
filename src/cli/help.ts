/** Help texts, from the same tables that the parser reads. */
import type { Command } from "./command.js";
import { everywhere } from "./command.js";
import type { Terminal } from "./terminal.js";
import { columnsOf } from "./terminal.js";

/** The list of commands. */
export function mainHelp(commands: readonly Command[], version: string, out: Terminal): string {
  const list = columnsOf(commands.map(({ name, summary }) => [`  ${name}`, summary]));
  return [
    `${out.bold("steepest")} ${version}: gradient descent on formulas, curves and networks`,
    "",
    out.bold("Usage"),
    "  steepest COMMAND [options]",
    "",
    out.bold("Commands"),
    ...list,
    "",
    out.bold("Examples"),
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).map((example) => `  ${example}`),
    "",
    "steepest COMMAND --help explains one; --version prints the version.",
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.",
  ].join("\n");
}

/** All about one command. */
export function commandHelp({ name, about, positionals, options, examples }: Command, out: Terminal): string {
  const usage = positionals
    .map((positional) => `${positional.optional ? `[${positional.name}]` : positional.name}${positional.many ? "…" : ""}`)
    .join(" ");
  const rows = [...options, ...everywhere].map((option) => [
    `  --${option.name}${option.placeholder === undefined ? "" : ` ${option.placeholder}`}`,
    `${option.help}${option.defaultText === undefined ? "" : ` (default ${option.defaultText})`}`,
  ]);
  const left = Math.min(30, Math.max(...rows.map(([option]) => option.length)));
  return [
    `${out.bold(`steepest ${name}`)}${usage === "" ? "" : ` ${usage}`} [options]`,
    "",
    ...wrapped(about, "", out.columns),
    ...(positionals.length === 0
      ? []
      : ["", out.bold("Arguments"), ...columnsOf(positionals.map((positional) => [`  ${positional.name}`, positional.help]))]),
    "",
    out.bold("Options"),
    ...rows.flatMap(([option, text]) => {
      const lines = wrapped(text, " ".repeat(left + 2), out.columns);
      // An option too long for its column stands on a line of its own.
      return option.length > left ? [option, ...lines] : [`${option.padEnd(left + 2)}${lines[0].trimStart()}`, ...lines.slice(1)];
    }),
    "",
    out.bold(examples.length === 1 ? "Example" : "Examples"),
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

function wrapped(text: string, indent: string, columns: number): string[] {
  const width = Math.max(20, Math.min(columns, 100) - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
