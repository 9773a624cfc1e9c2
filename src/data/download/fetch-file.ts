/** One file from the web to disk: checked, continued where it was broken off, never half there under its own name. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { SteepestError } from "../../tensor/error.js";
import type { RemoteFile } from "./sources.js";

export interface FetchOptions {
  /** Folders on the web, each ending in a slash, tried in this order. */
  readonly addresses: readonly string[];
  /** How often each is tried while it fails in a way that may pass. Default 3. */
  readonly tries?: number;
  /** Milliseconds before the second try; each further one waits twice as long. Default 1000. */
  readonly pause?: number;
  /** Milliseconds without a byte after which a connection is given up. Default 30,000. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

/** A failure that another try at the same address cannot mend. */
class Final extends Error {}

/**
 * Fetches a file. What arrives goes to `PATH.part`; a later call continues there, where the server can. The file gets its name when its
 * checksum is right.
 *
 * @throws SteepestError that says for each address what was wrong
 */
export async function fetchFile(file: RemoteFile, path: string, options: FetchOptions): Promise<void> {
  const { addresses, tries = 3, pause = 1000, signal } = options;
  await mkdir(dirname(path), { recursive: true });
  const failures: string[] = [];
  for (const address of addresses) {
    const url = `${address}${file.name}`;
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await after(pause * 2 ** (attempt - 1), undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted) throw stopped(url);
      try {
        await attemptOf(url, file, path, options);
        return;
      } catch (error) {
        if (signal?.aborted) throw stopped(url);
        failures.push(`${url}: ${reasonOf(error)}`);
        if (error instanceof Final) break;
      }
    }
  }
  throw new SteepestError({
    problem: `${file.name} cannot be downloaded`,
    expected: `${file.bytes} bytes with SHA-256 ${file.sha256.slice(0, 16)}…`,
    received: [...new Set(failures)].map((failure) => `\n    ${failure}`).join(""),
    fix: "Try again later, or fetch the file elsewhere and give its folder with --from DIR",
  });
}

const stopped = (where: string): SteepestError =>
  new SteepestError({ problem: "The download was stopped", where, fix: "The same command continues it" });

/** One request; ends well only with the whole, checked file in its place. */
async function attemptOf(url: string, file: RemoteFile, path: string, options: FetchOptions): Promise<void> {
  const part = `${path}.part`;
  const held = await stat(part).then(
    ({ size }) => size,
    () => 0,
  );
  if (held >= file.bytes && (await finish(part, path, file))) return;
  const from = held < file.bytes ? held : 0;
  const { patience = 30_000, signal, onProgress } = options;
  // Given up when nothing arrives for a while: a connection may stay open and silent for ever.
  const silence = new AbortController();
  const wait = () => setTimeout(() => silence.abort(new Error(`nothing came for ${patience / 1000} seconds`)), patience);
  let timer = wait();
  const heard = () => {
    clearTimeout(timer);
    timer = wait();
  };
  try {
    const response = await fetch(url, {
      // Packed for transport, the bytes counted would not be those of the file.
      headers: { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
    heard();
    const start = await startOf(response, from, file);
    if (response.body === null) throw new Error("the answer is empty");
    const handle = await open(part, start > 0 ? "r+" : "w");
    let at = start;
    try {
      onProgress?.(at);
      for await (const chunk of response.body) {
        heard();
        if (at + chunk.length > file.bytes) throw new Error(`more than the ${file.bytes} bytes of the file came`);
        await handle.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        onProgress?.(at);
      }
    } finally {
      await handle.close();
    }
    if (at < file.bytes) throw new Error(`the connection ended after ${at} of ${file.bytes} bytes`);
  } finally {
    clearTimeout(timer);
  }
  if (!(await finish(part, path, file))) throw new Error("the file has another checksum: it was changed or damaged");
}

/** Where in the file the answer begins. */
async function startOf(response: Response, from: number, file: RemoteFile): Promise<number> {
  const { status } = response;
  if (status === 200) return 0;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    if (range !== null && Number(range[1]) === from && (range[2] === "*" || Number(range[2]) === file.bytes)) return from;
    await response.body?.cancel();
    throw new Error(`the server sent another part than bytes ${from} and on`);
  }
  await response.body?.cancel();
  const text = `the server answered ${status}${response.statusText === "" ? "" : ` ${response.statusText}`}`;
  // Too many requests, time-outs and faults of the server may pass; a file that is not there will not come.
  if (status >= 500 || status === 408 || status === 429) throw new Error(text);
  throw new Final(text);
}

/** Gives a part its name when it is the file; else removes it. */
async function finish(part: string, path: string, file: RemoteFile): Promise<boolean> {
  if (!(await matches(part, file))) {
    await rm(part, { force: true });
    return false;
  }
  await rename(part, path);
  return true;
}

/** Whether a file on disk is the one meant. */
export async function matches(path: string, { bytes, sha256 }: RemoteFile): Promise<boolean> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    () => -1,
  );
  if (size !== bytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex") === sha256;
}

/** In words; of a failed connection the cause, since `fetch` itself says no more than that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the name is not known: is this machine offline?";
  if (code === "ECONNREFUSED") return "the connection was refused";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "the connection broke off";
  return cause instanceof Error && cause.message !== "" ? `${error.message} (${cause.message})` : error.message;
}
