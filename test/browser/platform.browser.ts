/** What Steepest needs of a page that allows shared memory. */

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** A module of one function that adds two vectors of four float32: refused by an engine without SIMD. */
const simdModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123], // type: () → v128
  ...[3, 2, 1, 0], // function 0 is of type 0
  ...[10, 21, 1, 19, 0], // code: 21 bytes, one body of 19, no locals
  ...[67, 0, 0, 128, 63, 253, 19], // f32.const 1, f32x4.splat
  ...[67, 0, 0, 0, 64, 253, 19], // f32.const 2, f32x4.splat
  ...[253, 228, 1, 11], // f32x4.add, end
);

export const tests: Record<string, () => Promise<void>> = {
  "the page is isolated and has shared memory": async () => {
    expect(globalThis.crossOriginIsolated, "crossOriginIsolated is false");
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    expect(memory.buffer instanceof SharedArrayBuffer, "the memory is not shared");
  },

  "WebAssembly has SIMD": async () => {
    expect(WebAssembly.validate(simdModule), "a module with f32x4.add is refused");
  },

  "two threads count in one memory": async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const source = "onmessage = ({ data }) => { for (let i = 0; i < 1000; i++) Atomics.add(data, 0, 1); postMessage(0); };";
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const count = () =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(url);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = () => {
          worker.terminate();
          resolve();
        };
        worker.postMessage(counter);
      });
    await Promise.all([count(), count()]);
    expect(Atomics.load(counter, 0) === 2000, `the counter stands at ${counter[0]}, not at 2000`);
  },
};
