/** Workers of the two worlds, Node and browsers, behind one face. */
import { SteepestError } from "../../../tensor/error.js";
import type { WorkerReply, WorkerRequest } from "./protocol.js";
import { workerSource } from "./worker-source.js";

export interface WorkerEvents {
  message(reply: WorkerReply): void;
  /** The worker is gone, or could not start. */
  failed(reason: string): void;
}

export interface WorkerHandle {
  post(request: WorkerRequest, transfer?: readonly ArrayBuffer[]): void;
  /** Whether the worker keeps the process alive; of no effect in browsers. */
  hold(held: boolean): void;
  terminate(): Promise<void>;
}

/** Milliseconds that a browser may take to end a worker's thread. */
const LAST_STEPS = 50;

/** Node's own modules, without an `import` that a bundler for browsers would stumble over. */
const node =
  typeof process === "object" && typeof process.getBuiltinModule === "function" && !("importScripts" in globalThis) ? process : undefined;

/** Threads that the machine runs at once. */
export function availableCores(): number {
  const os = node?.getBuiltinModule("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Whether threads can share memory here: always in Node; in a page only when it is cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer === "function" && (node !== undefined || globalThis.crossOriginIsolated === true);
}

/** Sets a flag of the engine for the whole process. False where there is no Node. */
export function setEngineFlag(flag: string): boolean {
  const v8 = node?.getBuiltinModule("node:v8");
  v8?.setFlagsFromString(flag);
  return v8 !== undefined;
}

export function startWorker(workerUrl: string | undefined, events: WorkerEvents): WorkerHandle {
  const threads = node?.getBuiltinModule("node:worker_threads");
  if (threads !== undefined) return startInNode(threads, workerUrl, events);
  if (typeof Worker !== "function")
    throw new SteepestError({
      problem: "asynchronous programs run in workers, and there are none here",
      fix: "call synchronous functions, such as minimize, or run in Node or in a page",
    });
  return startInBrowser(workerUrl, events);
}

type WorkerThreads = NonNullable<ReturnType<typeof process.getBuiltinModule<"node:worker_threads">>>;

function startInNode(threads: WorkerThreads, workerUrl: string | undefined, events: WorkerEvents): WorkerHandle {
  // The process's own flags (loaders, inspectors, --input-type) are not meant for these threads, and make them start late.
  const options = { execArgv: [], name: "steepest" };
  const worker =
    workerUrl === undefined
      ? new threads.Worker(workerSource, { ...options, eval: true })
      : new threads.Worker(workerUrl.startsWith("file:") ? new URL(workerUrl) : workerUrl, options);
  worker.on("message", (reply: WorkerReply) => events.message(reply));
  worker.on("messageerror", (error) => events.failed(String(error)));
  worker.on("error", (error) => events.failed(error instanceof Error ? error.message : String(error)));
  worker.on("exit", (code) => events.failed(`it ended with exit code ${code}`));
  // After the listeners: a new one for messages would hold the process again.
  worker.unref();
  return {
    post: (request, transfer = []) => worker.postMessage(request, [...transfer]),
    hold: (held) => (held ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

function startInBrowser(workerUrl: string | undefined, events: WorkerEvents): WorkerHandle {
  const worker = new Worker(workerUrl ?? blobUrl(), { name: "steepest" });
  worker.onmessage = ({ data }: MessageEvent<WorkerReply>) => events.message(data);
  worker.onmessageerror = () => events.failed("a message could not be read");
  worker.onerror = (event) => events.failed(event.message || "it could not be loaded");
  return {
    post: (request, transfer = []) => worker.postMessage(request, [...transfer]),
    hold: () => undefined,
    // Nothing tells when it has ended.
    terminate: () => {
      worker.terminate();
      return new Promise((resolve) => setTimeout(resolve, LAST_STEPS));
    },
  };
}

let blob: string | undefined;

function blobUrl(): string {
  blob ??= URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  return blob;
}
