/** The command line as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

export const program = fileURLToPath(new URL("../../bin/steepest", import.meta.url));
export const environment = { ...process.env, NO_COLOR: "1" };

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (text) => (out += text));
  child.stderr?.on("data", (text) => (err += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

export const steepest = (...argv: string[]) => ended(spawn(process.execPath, [program, ...argv], { env: environment }));

/** What a command with --json gave: one object in one line, and nothing else on its output. */
export async function json(
  ...argv: string[]
): Promise<{ readonly code: number | null; readonly result: Record<string, unknown>; readonly err: string }> {
  const { code, out, err } = await steepest(...argv, "--json");
  expect(out.trim().split("\n"), err).toHaveLength(1);
  return { code, result: JSON.parse(out), err };
}
