// Makes the peers ready that the benchmarks compare with: node bench/set-up-peers.mjs [hand] [jax] [tfjs] [torch].
// Without a name, all of them. The workloads of the peers come from the folder `perf` of the shared material (STEEPEST_SHARED, or
// ../shared beside the checkout); they are copied to .cache/perf, and their packages are installed there. None of them is a
// dependency of this package.

import { copyPeers, installPackages, installTorch, isReady, packages, source } from "./peers/folder.mjs";

const names = process.argv.slice(2);
const known = [...Object.keys(packages), "torch"];
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) {
  console.error(`There is no peer ${unknown}: ${known.join(", ")}.`);
  process.exit(2);
}
if (!copyPeers()) {
  console.error(`The peers' folder is not there: ${source}. Set STEEPEST_SHARED to the shared folder.`);
  process.exit(1);
}
const peers = names.length > 0 ? names : known;
installPackages(peers);
if (peers.includes("torch") && !isReady("torch") && !installTorch())
  console.error("python3-torch could not be installed: PyTorch will be left out.");
for (const peer of peers) console.log(`${peer.padEnd(6)} ${isReady(peer) ? "ready" : "not ready"}`);
if (!peers.every(isReady)) process.exitCode = 1;
