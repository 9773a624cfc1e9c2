/** Folders that are made, and taken away again. */
import { mkdir, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * Makes a folder and those around it that are missing; gives the ones it made, outermost first. One by one, since Node's own `recursive`
 * tries forever where a system says that a folder is missing but does not let it be made (`/proc`).
 */
export async function makeFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = resolve(folder); at !== dirname(at) && (await stat(at).catch(() => undefined)) === undefined; at = dirname(at))
    missing.unshift(at);
  const made: string[] = [];
  for (const path of missing) {
    try {
      await mkdir(path);
      made.push(path);
    } catch (error) {
      const present = await stat(path).catch(() => undefined);
      if (present === undefined || !present.isDirectory()) {
        await removeEmpty(made);
        throw error;
      }
    }
  }
  return made;
}

/** Removes folders that were just made, innermost first, as far as nobody has put anything into them since. */
export async function removeEmpty(made: readonly string[]): Promise<void> {
  for (const path of [...made].reverse()) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

/**
 * Makes a folder of that name in another one, which is made where it is missing; where the name is taken, `NAME-2`, `NAME-3`, …
 *
 * @returns its path
 */
export async function makeNewFolder(parent: string, name: string): Promise<string> {
  await makeFolders(parent);
  for (let count = 1; ; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      // Whoever made it first has it; anything else that is in the way is an error.
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}
