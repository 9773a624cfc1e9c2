/** Public data sets in a folder of this machine's own. */
import { copyFile, mkdir, rename, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { nearest, SteepestError } from "../../tensor/error.js";
import { type FetchOptions, fetchFile, matches } from "./fetch-file.js";
import { type RemoteSetName, remoteSets } from "./sources.js";

export interface GetDataOptions extends Omit<FetchOptions, "addresses" | "onProgress"> {
  /** The folder that holds a folder for each set. Default: `$XDG_CACHE_HOME/steepest`, or else `~/.cache/steepest`. */
  readonly cache?: string;
  /** A folder that has the files already: they are checked and copied, and nothing is downloaded. */
  readonly from?: string;
  /** A folder on the web to take instead of those that the set is published in. */
  readonly mirror?: string;
  /** Called as bytes arrive: of how many of the whole set. */
  readonly onProgress?: (progress: { readonly file: string; readonly bytes: number; readonly totalBytes: number }) => void;
}

/** What is there now. */
export interface DataFolder {
  readonly name: RemoteSetName;
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** How many files were there before, and right. */
  readonly kept: number;
}

/** Where sets are kept when nothing else is said. */
export function defaultCache(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  // The standard has relative paths ignored.
  const base = environment.XDG_CACHE_HOME;
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "steepest");
}

/**
 * Makes a public data set available on disk: `mnist`, `fashion-mnist`, `cifar10` or `bsd68`. Each file is checked by SHA-256, those that are there and right
 * are kept, and a download that was broken off continues. In Node.
 *
 * @throws SteepestError for an unknown name; where a file cannot be had, with the reason for each address; and where a file of `from` is missing or another
 * @example
 * ```ts no-run
 * import { mnist } from "steepest/data";
 * import { getData } from "steepest/node";
 * const { folder } = await getData("mnist");
 * const data = await mnist(folder);
 * ```
 */
export async function getData(name: RemoteSetName, options: GetDataOptions = {}): Promise<DataFolder> {
  const set = remoteSets[setName(name)];
  const { cache = defaultCache(), from, mirror, onProgress, ...fetching } = options;
  const folder = join(cache, name);
  const totalBytes = set.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const addresses = mirror === undefined ? set.addresses : [mirror.endsWith("/") ? mirror : `${mirror}/`];
  let [done, kept] = [0, 0];
  for (const file of set.files) {
    const path = join(folder, file.name);
    if (await matches(path, file)) kept++;
    else if (from === undefined)
      await fetchFile(file, path, {
        ...fetching,
        addresses,
        onProgress: (bytes) => onProgress?.({ file: file.name, bytes: done + bytes, totalBytes }),
      });
    else {
      const source = join(from, file.name);
      if (!(await matches(source, file))) throw await notThere(source, file);
      await mkdir(folder, { recursive: true });
      await copyFile(source, `${path}.part`);
      await rename(`${path}.part`, path);
    }
    done += file.bytes;
    onProgress?.({ file: file.name, bytes: done, totalBytes });
  }
  return { name, folder, files: set.files.length, bytes: totalBytes, kept };
}

/**
 * The folder of a set that was got before.
 *
 * @throws SteepestError where it is not complete
 */
export async function gottenFolder(name: RemoteSetName, cache: string = defaultCache()): Promise<string> {
  const folder = join(cache, name);
  for (const file of remoteSets[name].files) {
    const size = await stat(join(folder, file.name)).then(
      (found) => found.size,
      () => -1,
    );
    if (size !== file.bytes)
      throw new SteepestError({
        problem: `${remoteSets[name].title} is not on this machine`,
        expected: `${file.name} of ${file.bytes} bytes`,
        received: size < 0 ? "no such file" : `${size} bytes`,
        where: folder,
        fix: `steepest data get ${name}, or name the folder that holds its files`,
      });
  }
  return folder;
}

function setName(name: string): RemoteSetName {
  for (const known of Object.keys(remoteSets)) if (known === name && isSet(known)) return known;
  const meant = nearest(name, Object.keys(remoteSets));
  throw new SteepestError({
    problem: `There is no data set "${name}" to get`,
    expected: Object.keys(remoteSets).join(", "),
    fix: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

const isSet = (name: string): name is RemoteSetName => name in remoteSets;

async function notThere(path: string, { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }): Promise<SteepestError> {
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  return new SteepestError({
    problem: size === undefined ? "A file of the set is missing" : "A file is not the one that was published",
    expected: `${bytes} bytes with SHA-256 ${sha256.slice(0, 16)}…`,
    received: size === undefined ? undefined : size === bytes ? "other content" : `${size} bytes`,
    where: path,
  });
}
