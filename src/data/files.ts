/** Where readers find files: a folder in Node, or whatever a page makes available. */
import { SteepestError } from "../tensor/error.js";

/** A place with named files. In a browser one writes it in three lines around `fetch` or a file picker. */
export interface FileSource {
  /** What to call the place in messages, a path for example. */
  readonly name: string;
  /** The content of a file, or undefined when there is none of that name. */
  read(file: string): Promise<Uint8Array | undefined>;
  /** The names of its files, for sets whose files may be named in several ways. Without it only the usual names are tried. */
  list?(): Promise<readonly string[]>;
  /** The paths of all files in it and in its folders, with slashes, in any order: for sets that lie in folders. `read` takes them. */
  tree?(): Promise<readonly string[]>;
}

/**
 * A folder on disk, in Node.
 *
 * @throws SteepestError, on the first read, when the folder is missing or cannot be read, or where there is no file system
 */
export function folder(path: string): FileSource {
  return {
    name: path,
    async read(file) {
      const { readFile, stat } = await fileSystem(path);
      const kind = await stat(path).catch((error: unknown) => {
        throw cannotRead(path, "folder", error);
      });
      if (!kind.isDirectory())
        throw new SteepestError({
          problem: "A folder is needed",
          expected: "a folder that holds the data files",
          received: "a file",
          where: path,
        });
      try {
        return await readFile(`${path}/${file}`);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw cannotRead(`${path}/${file}`, "file", error);
      }
    },
    async tree() {
      const { readdir } = await fileSystem(path);
      const below = async (inner: string): Promise<string[]> => {
        const entries = await readdir(`${path}/${inner}`, { withFileTypes: true }).catch((error: unknown) => {
          throw cannotRead(inner === "" ? path : `${path}/${inner}`, "folder", error);
        });
        const found: string[] = [];
        for (const entry of entries) {
          if (entry.isDirectory()) found.push(...(await below(`${inner}${entry.name}/`)));
          else found.push(`${inner}${entry.name}`);
        }
        return found;
      };
      return below("");
    },
    async list() {
      const { readdir } = await fileSystem(path);
      const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
        throw cannotRead(path, "folder", error);
      });
      return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
    },
  };
}

/** Files that are on their way while one is looked at. */
const AHEAD = 8;

/**
 * Reads files in turn, the next ones already on their way.
 *
 * @returns for each file what gives its content, or throws what its reader threw
 */
export async function* readAhead(
  place: FileSource,
  files: readonly string[],
): AsyncGenerator<() => Uint8Array | undefined, void, undefined> {
  const read = (file: string): Promise<() => Uint8Array | undefined> =>
    place.read(file).then(
      (content) => () => content,
      (error: unknown) => () => {
        throw error;
      },
    );
  const underWay = files.slice(0, AHEAD).map(read);
  for (let i = 0; i < files.length; i++) {
    const next = underWay.shift();
    if (i + AHEAD < files.length) underWay.push(read(files[i + AHEAD]));
    if (next !== undefined) yield await next;
  }
}

/**
 * A folder on disk, or a single file as a folder that holds nothing else.
 *
 * @throws SteepestError when there is nothing of that name, or where there is no file system
 */
export async function folderOrFile(path: string): Promise<FileSource> {
  const { readFile, stat } = await fileSystem(path);
  const kind = await stat(path).catch((error: unknown) => {
    throw cannotRead(path, "file or folder", error);
  });
  if (kind.isDirectory()) return folder(path);
  const { basename, dirname } = await import("node:path");
  return {
    name: dirname(path),
    read: async (file) =>
      file === basename(path)
        ? readFile(path).catch((error: unknown) => {
            throw cannotRead(path, "file", error);
          })
        : undefined,
    list: async () => [basename(path)],
  };
}

async function fileSystem(path: string) {
  try {
    return await import("node:fs/promises");
  } catch {
    throw new SteepestError({
      problem: "There is no file system here",
      expected: "Node, or a FileSource instead of a path",
      received: path,
      fix: "Pass { name, read } where read(file) resolves to a Uint8Array",
    });
  }
}

function cannotRead(path: string, kind: "folder" | "file" | "file or folder", error: unknown): SteepestError {
  const code = codeOf(error);
  return new SteepestError({
    problem: code === "ENOENT" ? `There is no ${kind} of that name` : `The ${kind} cannot be read`,
    received: code === "ENOENT" ? undefined : error instanceof Error ? error.message : String(error),
    where: path,
    fix: code === "ENOENT" ? "Check the path: a relative one starts from the folder in which the program was started" : undefined,
  });
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
