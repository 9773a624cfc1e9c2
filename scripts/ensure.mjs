// Makes a clone ready to run: installs the development dependencies when they are missing or not those of the lock file,
// and bundles dist/ when it is not made from the present sources. Says nothing and takes a moment when all is in place.
// Everything it prints goes to the error stream: the standard output belongs to the program that runs next.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { distIsFresh, root } from "./sources.mjs";

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** A reason to stop that is explained to the user in full: no stack trace is wanted with it. */
export class SetUpError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = "SetUpError";
    this.exitCode = exitCode;
  }
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds exactly what package-lock.json names. npm writes its own record of it last, so an interrupted install fails this. */
function installIsFresh() {
  const wanted = lockedPackages("package-lock.json");
  const installed = lockedPackages("node_modules/.package-lock.json");
  if (wanted === undefined || installed === undefined) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    if (found === undefined ? !(entry.optional || entry.devOptional) : found.version !== entry.version) return false;
  }
  return true;
}

function install() {
  say("Installing the development dependencies (npm ci) …");
  const script = process.env.npm_execpath;
  const options = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm is a script of its own on every platform when it started us; otherwise it is found on the path, on Windows by the shell.
  const viaNode = script !== undefined && /npm-cli\.[cm]?js$/.test(script);
  const result = viaNode
    ? spawnSync(process.execPath, [script, ...options], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", options, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (result.signal === "SIGINT" || result.status === 130) throw new SetUpError("Interrupted while installing.", 130);
  if (result.status === 0) return;
  const why = result.error ? `npm could not be started: ${result.error.message}` : "npm ci failed; its own message is above";
  throw new SetUpError(
    `Steepest could not set up this clone: ${why}.
A clone needs its development dependencies to bundle src/; the published package needs none.
Without network, connect once, or copy node_modules/ from a machine with the same package-lock.json, then repeat the command.`,
  );
}

/**
 * Does what is missing, nothing else.
 *
 * @throws {SetUpError} when the Node version, the network or the sources prevent it
 */
export async function ensure() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetUpError(`Steepest needs Node 20.19 or newer; this is Node ${process.versions.node}.`);
  }
  if (!installIsFresh()) install();
  if (distIsFresh()) return;
  const started = performance.now();
  const { bundle } = await import("./build.mjs");
  try {
    await bundle();
  } catch (error) {
    throw new SetUpError(`Bundling src/ failed.\n${error instanceof Error ? error.message : error}`);
  }
  say(`Built dist/ in ${Math.round(performance.now() - started)} ms.`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensure();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(error.message);
    process.exitCode = error.exitCode;
  }
}
