// The folder that the peers are run in: a copy of the shared one, with the packages they need.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "../../scripts/sources.mjs";

/** The shared folder, which is only read. */
export const source = resolve(root, process.env.STEEPEST_SHARED ?? "../shared", "perf");

/** Where the peers are run. */
export const peersFolder = join(root, ".cache", "perf");

/** What each needs of the registry. @type {Record<string, readonly string[]>} */
export const packages = {
  hand: ["wabt"],
  jax: ["@jax-js/jax"],
  tfjs: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-cpu", "@tensorflow/tfjs-backend-wasm"],
};

/** Copies the peers' folder, unless it is not there. */
export function copyPeers() {
  if (!existsSync(source)) return false;
  mkdirSync(peersFolder, { recursive: true });
  for (const name of ["peers", "wasm", "hw", "torch.py"]) cpSync(join(source, name), join(peersFolder, name), { recursive: true });
  return true;
}

/** Whether a peer can run; `torch` is asked of python3. @param {string} peer */
export function isReady(peer) {
  if (!existsSync(join(peersFolder, "torch.py"))) return false;
  if (peer === "torch") return spawnSync("/usr/bin/python3", ["-c", "import torch, numpy"], { stdio: "ignore" }).status === 0;
  return (packages[peer] ?? []).every((name) => existsSync(join(peersFolder, "node_modules", name, "package.json")));
}

/**
 * Installs what some peers need, in the versions that the shared folder locks.
 *
 * @param {readonly string[]} peers
 * @returns {boolean} whether the packages are there
 */
export function installPackages(peers) {
  const wanted = peers.flatMap((peer) => packages[peer] ?? []);
  const missing = wanted.filter((name) => !existsSync(join(peersFolder, "node_modules", name, "package.json")));
  if (missing.length === 0) return true;
  const locked = JSON.parse(readFileSync(join(source, "package-lock.json"), "utf8")).packages;
  const manifest = join(peersFolder, "package.json");
  const held = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).dependencies : {};
  const versions = Object.fromEntries(missing.map((name) => [name, locked[`node_modules/${name}`].version]));
  writeFileSync(manifest, JSON.stringify({ name: "perf-peers", private: true, type: "module", dependencies: { ...held, ...versions } }));
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: peersFolder,
    stdio: ["ignore", 2, 2],
  });
  return status === 0;
}

/** Installs PyTorch by the system's package manager. */
export function installTorch() {
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...rest] = [
    ...asRoot,
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    "python3-torch",
    "python3-numpy",
    "libopenblas0-pthread",
  ];
  return spawnSync(command, rest, { stdio: ["ignore", 2, 2], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }).status === 0;
}
