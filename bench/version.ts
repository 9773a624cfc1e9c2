/** Another version of this project, to measure this one against. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/sources.mjs";

export interface Version {
  /** As it stands in tables. */
  readonly name: string;
  /** A checkout whose dist/ is built from its sources. */
  readonly folder: string;
}

/** A checkout that lies elsewhere, or a revision that git knows, which is laid out below .cache/. What is not built is built. */
export async function openVersion(given: string): Promise<Version> {
  // By its real path: a script that is run through a link does not know itself as the one that was started.
  const folder = realpathSync(existsSync(join(given, "bench", "cell.ts")) ? given : layOut(given));
  const { distIsFresh }: { distIsFresh(): boolean } = await import(pathToFileURL(join(folder, "scripts", "sources.mjs")).href);
  if (!distIsFresh()) run("node", [join(folder, "scripts", "build.mjs")]);
  return { name: basename(given), folder };
}

function layOut(revision: string): string {
  const commit = run(
    "git",
    ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`],
    `${revision} is neither a checkout nor a revision`,
  );
  const folder = join(root, ".cache", "versions", commit);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const archive = `${unfinished}.tar`;
  run("git", ["archive", "--output", archive, commit]);
  run("tar", ["-xf", archive, "-C", unfinished]);
  rmSync(archive);
  symlinkSync(join(root, "node_modules"), join(unfinished, "node_modules"));
  renameSync(unfinished, folder);
  return folder;
}

function run(command: string, args: readonly string[], problem = `${command} ${args.join(" ")} failed`): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error([problem, stderr.trim()].filter((part) => part !== "").join(": "));
  return stdout.trim();
}
