/** onnxruntime-web, if it is installed: 150 MB that nothing else needs, so that it is no dependency. */

export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

export interface RuntimeSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly object[];
  run(inputs: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

/** What the tests use of it. */
export interface Runtime {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly InferenceSession: { create(file: Uint8Array): Promise<RuntimeSession> };
  readonly Tensor: new (type: string, data: Float32Array | Uint8Array, dims: readonly number[]) => RuntimeTensor;
}

export async function loadRuntime(): Promise<Runtime | undefined> {
  const name = "onnxruntime-web";
  try {
    const runtime: Runtime = await import(name);
    runtime.env.wasm.numThreads = 1;
    return runtime;
  } catch {
    return undefined;
  }
}
