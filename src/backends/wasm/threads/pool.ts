/** The workers of this process or page: one pool for all programs, started when first needed, empty again after a failure. */
import { SteepestError } from "../../../tensor/error.js";
import { startWorker, type WorkerHandle } from "./environment.js";
import type { EntryFacts, WorkerReply, WorkerRequest } from "./protocol.js";
import { PROTOCOL } from "./worker-source.js";

/** What the pool must know to make a program known to a worker. */
export interface ProgramLink {
  readonly number: number;
  /** The shared memory; undefined where the driver owns the memory. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly pages: number;
  readonly maximum: number;
  /** By number. */
  readonly entries: EntryFacts[];
  /** Why the program cannot be used any more. */
  lost: SteepestError | undefined;
}

export interface Team {
  readonly link: ProgramLink;
  readonly entry: number;
  /** Threads wanted, the driver among them. */
  readonly threads: number;
  readonly state: Int32Array;
}

interface Waiting {
  resolve(reply: WorkerReply): void;
  reject(error: SteepestError): void;
}

class Member {
  readonly handle: WorkerHandle;
  ready = false;
  /** Entries known to it, by program. */
  readonly #known = new Map<ProgramLink, number>();

  constructor(handle: WorkerHandle) {
    this.handle = handle;
  }

  introduce(link: ProgramLink): void {
    const { number, memory, pages, maximum } = link;
    const known = this.#known.get(link);
    if (known === undefined) this.handle.post({ type: "open", program: number, memory, pages, maximum });
    for (let entry = known ?? 0; entry < link.entries.length; entry++)
      this.handle.post({ type: "entry", program: number, entry, ...link.entries[entry] });
    this.#known.set(link, link.entries.length);
  }

  knows(link: ProgramLink, entry: number): boolean {
    return (this.#known.get(link) ?? 0) > entry;
  }

  forget(link: ProgramLink): void {
    if (this.#known.delete(link)) this.handle.post({ type: "close", program: link.number });
  }

  /** The memories that this worker owned are gone with it. */
  loseOwned(error: SteepestError): void {
    for (const link of this.#known.keys()) if (link.memory === undefined) link.lost = error;
  }
}

export class Pool {
  readonly #workerUrl: string | undefined;
  /** The driver first. */
  #members: Member[] = [];
  readonly #waiting = new Map<number, Waiting>();
  /** The parallel run under way, for helpers that become ready meanwhile. */
  #team: Team | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();
  #holds = 0;

  constructor(workerUrl: string | undefined) {
    this.#workerUrl = workerUrl;
  }

  /** Starts the driver, if there is none. Does not wait for it. */
  start(): void {
    if (this.#members.length === 0) this.#add();
  }

  /** Makes a program, and the entries it has by now, known to the driver. */
  introduce(link: ProgramLink): void {
    this.start();
    this.#members[0].introduce(link);
  }

  /** Resolves when no worker can touch the program's memory any more. */
  async forget(link: ProgramLink): Promise<void> {
    for (const member of this.#members) member.forget(link);
    await this.#ending;
  }

  /** One task at a time, in the order in which they come; the process stays alive for them. */
  enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#hold(1);
    const result = this.#last.then(async () => {
      await this.#ending;
      return task();
    });
    const settled = () => this.#hold(-1);
    this.#last = result.then(settled, settled);
    return result;
  }

  /** To the driver, without an answer. */
  tell(link: ProgramLink, request: WorkerRequest, transfer?: readonly ArrayBuffer[]): void {
    if (link.lost !== undefined) throw link.lost;
    this.introduce(link);
    this.#members[0].handle.post(request, transfer);
  }

  /** To the driver, with an answer of the same `id`. Belongs into a task. */
  ask(link: ProgramLink, id: number, request: WorkerRequest): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      this.tell(link, request);
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** How many helpers could join at once. */
  readyFor({ link, entry, threads }: Team): number {
    return this.#members.slice(1, threads).filter((m) => m.ready && m.knows(link, entry)).length;
  }

  /** Lets helpers join a run: those that are ready now, and others as they come. */
  assemble(team: Team): void {
    this.#team = team;
    this.#members.slice(1, team.threads).forEach((member) => {
      this.#join(member);
    });
    if (this.#members[0]?.ready) this.#recruit();
  }

  dismiss(): void {
    this.#team = undefined;
  }

  /** Workers that are running, for tests. */
  get size(): number {
    return this.#members.length;
  }

  #join(member: Member): void {
    if (this.#team === undefined || !member.ready) return;
    const { link, entry, state } = this.#team;
    member.introduce(link);
    member.handle.post({ type: "join", program: link.number, entry, state });
  }

  /** Starts what is missing of the team, after the driver: the first step is not to share the machine with starting threads. */
  #recruit(): void {
    while (this.#team !== undefined && this.#members.length < this.#team.threads) this.#add();
  }

  #add(): void {
    const handle = startWorker(this.#workerUrl, {
      message: (reply) => {
        if (this.#members.includes(member)) this.#receive(member, reply);
      },
      failed: (reason) => {
        if (this.#members.includes(member)) this.#fail(reason, member.ready);
      },
    });
    const member = new Member(handle);
    this.#members.push(member);
    // The driver's answer is what a pending run waits for.
    if (this.#holds > 0 && this.#members[0] === member) handle.hold(true);
  }

  #receive(member: Member, reply: WorkerReply): void {
    switch (reply.type) {
      case "ready":
        if (reply.protocol !== PROTOCOL) return this.#fail(`the file at workerUrl belongs to another version of Steepest`, true);
        member.ready = true;
        if (member !== this.#members[0]) this.#join(member);
        this.#recruit();
        return;
      case "done":
      case "data": {
        const waiting = this.#waiting.get(reply.id);
        this.#waiting.delete(reply.id);
        return waiting?.resolve(reply);
      }
      case "failed":
        return this.#fail(reply.reason, true);
    }
  }

  /** One worker has failed. The others may wait for it for ever: all end, and the next task starts new ones. */
  #fail(reason: string, started: boolean): void {
    const error = started
      ? new SteepestError({
          problem: "a worker of the program failed",
          received: reason,
          fix: "memory may be short: try a smaller batch, or fewer threads",
        })
      : new SteepestError({
          problem: "a worker could not start",
          received: reason,
          fix: "if the page has a content security policy, allow worker-src blob: and script-src 'wasm-unsafe-eval', or pass workerUrl",
        });
    const members = this.#members;
    this.#members = [];
    this.#team = undefined;
    this.#ending = Promise.all([this.#ending, ...members.map((m) => m.handle.terminate())]);
    for (const member of members) member.loseOwned(error);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    // Not before all threads have left the memory: it may be written to at once.
    this.#ending.then(() => {
      for (const { reject } of waiting) reject(error);
    });
  }

  #hold(change: number): void {
    const before = this.#holds > 0;
    this.#holds += change;
    const after = this.#holds > 0;
    if (before !== after) this.#members[0]?.handle.hold(after);
  }
}

const pools = new Map<string, Pool>();

/** The pool of all programs with the same worker. */
export function poolFor(workerUrl: string | undefined): Pool {
  const key = workerUrl ?? "";
  const held = pools.get(key) ?? new Pool(workerUrl);
  pools.set(key, held);
  return held;
}
