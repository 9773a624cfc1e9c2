/** A page without the headers of cross-origin isolation: the common case on simple hosting. */

export const isolated = false;

export const tests: Record<string, () => Promise<void>> = {
  "shared memory is absent": async () => {
    if (globalThis.crossOriginIsolated) throw new Error("crossOriginIsolated is true: the page was served with the headers");
    if ("SharedArrayBuffer" in globalThis) throw new Error("SharedArrayBuffer exists");
  },
};
