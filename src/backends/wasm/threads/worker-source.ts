/**
 * What a worker runs, as text: it must be the same under every bundler and minifier, start without a file in Node, and be
 * servable as a file where a content security policy forbids blobs. It knows bytes and addresses, and nothing else of Steepest.
 */

/** Counted up when the messages of `protocol.ts` change: a worker file of another version is refused. */
export const PROTOCOL = 2;

/**
 * The worker's program, a classic script. Serve it as a file of your own and pass its address as `workerUrl` where a page's
 * content security policy forbids workers from blobs.
 */
export const workerSource = `"use strict";
{
  const port = typeof require === "function" ? require("node:worker_threads").parentPort : self;
  const programs = new Map();
  const aborted = new Set();
  // The words of a run that threads share: see protocol.ts.
  const JOINED = 0, TURN = 16, TEAM = 32, STEPS = 33, LEFT = 48;
  const LOOKING = 0.05, TRIALS = 24, LONE_RUNS = 8;

  const bytes = (memory, at, length) => {
    // A shared memory that another thread has grown.
    if (at + length > memory.buffer.byteLength) memory.grow(0);
    return new Uint8Array(memory.buffer, at, length);
  };
  const clock = () => performance.now();
  const word = (memory, at) => new Int32Array(memory.buffer, at, 1);

  /** Room for records that grows with the steps done, not with the steps asked for. */
  const record = ({ at, row }, steps) => {
    let held = new Uint8Array(row * Math.min(steps, 1024));
    return {
      add(memory, done, did) {
        const needed = row * (done + did);
        if (needed > held.length) {
          const larger = new Uint8Array(Math.min(row * steps, Math.max(needed, 2 * held.length)));
          larger.set(held.subarray(0, row * done));
          held = larger;
        }
        held.set(bytes(memory, at, row * did), row * done);
      },
      finish: (done) => (held.length === row * done ? held : held.slice(0, row * done)).buffer,
    };
  };

  /**
   * How many threads take the next slice. The bits do not depend on it, so the faster team is found by trying: all, or the driver
   * alone, which wins where steps are short or other processes need the cores. The slower one gets a short trial now and then.
   */
  const choose = (entry, most) => {
    if (most === 1) return { team: 1, trial: false };
    const { pace } = entry;
    if (pace[most] === undefined) return { team: most, trial: false };
    if (pace[1] === undefined) return { team: 1, trial: true };
    const [better, worse] = pace[most] <= pace[1] ? [most, 1] : [1, most];
    entry.trial = (entry.trial + 1) % TRIALS;
    return entry.trial === 0 ? { team: worse, trial: true } : { team: better, trial: false };
  };

  /** One call of the compiled program. Sets job.over when no other is to follow. */
  const slice = (job) => {
    const { memory, entry, state, steps, target } = job;
    let count = Math.min(entry.slice, entry.capacity, steps - job.done);
    const { team, trial } = choose(entry, state ? Math.min(job.threads, 1 + Atomics.load(state, JOINED)) : 1);
    if (state) {
      if (trial) count = Math.max(1, count >> 2);
      job.turn = (job.turn % 0x3fffff) + 1;
      Atomics.store(state, STEPS, count);
      Atomics.store(state, TEAM, (job.turn << 8) | team);
      Atomics.store(state, TURN, job.turn);
      if (team > 1) Atomics.notify(state, TURN);
    }
    const before = performance.now();
    const did = entry.run(count, 0, team);
    const took = performance.now() - before;
    // One slow slice alone is no reason to change: a process next door may have had the cores.
    if (did > 0) entry.pace[team] = Math.min(took / did, 1.5 * (entry.pace[team] ?? Infinity));
    job.helped += team - 1;
    job.records.forEach((r) => r.add(memory, job.done, did));
    job.done += did;
    const { halts } = entry;
    // A stop in the last step of a slice looks like a slice done in full.
    job.stopped = did > 0 && (word(memory, halts[(did - 1) & 1])[0] & 1) !== 0;
    job.over = job.stopped || did < count || job.done >= steps || aborted.has(job.id) || Atomics.load(word(memory, entry.abort), 0) !== 0;
    // A helper that is late to see the end must see it before the next run overwrites it.
    if (state && did < count)
      for (let left; (left = Atomics.load(state, LEFT)) < job.helped; ) Atomics.wait(state, LEFT, left);
    if (trial) return;
    if (took < target / 4) entry.slice = Math.max(entry.slice, Math.min(4 * did, 1 << 30));
    else entry.slice = Math.max(1, Math.min(4 * did, Math.round((did * target) / took)));
  };

  const finish = ({ id, done, stopped, records }) => {
    const traces = records.map((r) => r.finish(done));
    port.postMessage({ type: "done", id, steps: done, stopped, traces }, traces);
  };

  const channel = typeof setImmediate === "function" ? undefined : new MessageChannel();
  const pause = () => new Promise((resume) => {
    if (!channel) return setImmediate(resume);
    channel.port1.onmessage = resume;
    channel.port2.postMessage(0);
  });

  const handlers = {
    open({ program, memory, pages, maximum }) {
      programs.set(program, { memory: memory ?? new WebAssembly.Memory({ initial: pages, maximum }), entries: new Map() });
    },
    grow({ program, pages }) {
      const { memory } = programs.get(program);
      const missing = pages - memory.buffer.byteLength / 65536;
      if (missing > 0) memory.grow(missing);
    },
    entry({ program, entry, module, ...facts }) {
      const { memory, entries } = programs.get(program);
      // This thread may still see a shared memory as it was before another thread made it grow; growing by nothing brings it up to date.
      if (typeof SharedArrayBuffer === "function" && memory.buffer instanceof SharedArrayBuffer) memory.grow(0);
      const { run } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory, clock } }).exports;
      entries.set(entry, { run, slice: 1, pace: [], trial: 0, alone: 0, ...facts });
    },
    close({ program }) {
      programs.delete(program);
    },
    write({ program, at, data }) {
      bytes(programs.get(program).memory, at, data.length).set(data);
    },
    read({ program, id, at, length }) {
      const data = bytes(programs.get(program).memory, at, length).slice();
      port.postMessage({ type: "data", id, data: data.buffer }, [data.buffer]);
    },
    abort({ id }) {
      aborted.add(id);
    },
    async run({ id, program, entry: number, steps, threads, expected, patience, target, state }) {
      const { memory, entries } = programs.get(program);
      const entry = entries.get(number);
      const job = { id, memory, entry, steps, threads, target, state, done: 0, turn: 0, helped: 0, stopped: false, over: false };
      job.records = entry.traces.map((trace) => record(trace, steps));
      if (expected > 0) {
        // Where the driver alone was faster, others are waited for now and then only, to try again: short runs would never meet them.
        const alone = entry.pace[1] < entry.pace[1 + expected];
        if (alone) entry.alone = (entry.alone + 1) % LONE_RUNS;
        if (!alone || entry.alone === 0) for (const until = performance.now() + patience; Atomics.load(state, JOINED) < expected && performance.now() < until; );
        if (alone && entry.alone === 0) entry.trial = TRIALS - 1;
      }
      try {
        do {
          slice(job);
          // Unshared, an abort comes as a message: the next slice waits until messages have been read.
          if (!state && !job.over) await pause();
        } while (!job.over);
      } finally {
        aborted.delete(id);
        if (state) {
          Atomics.store(state, TURN, -1);
          Atomics.notify(state, TURN);
        }
      }
      finish(job);
    },
    join({ program, entry: number, state }) {
      const entry = programs.get(program)?.entries.get(number);
      if (!entry || Atomics.load(state, TURN) < 0) return;
      const me = Atomics.add(state, JOINED, 1) + 1;
      for (let seen = 0; ; ) {
        for (const until = performance.now() + LOOKING; Atomics.load(state, TURN) === seen && performance.now() < until; );
        while (Atomics.load(state, TURN) === seen) Atomics.wait(state, TURN, seen);
        const turn = Atomics.load(state, TURN);
        if (turn < 0) return;
        const team = Atomics.load(state, TEAM);
        // The driver has written the next team and not yet its turn, or has gone on since.
        if (team >> 8 !== turn) continue;
        seen = turn;
        if (me < (team & 255)) {
          entry.run(Atomics.load(state, STEPS), me, team & 255);
          Atomics.add(state, LEFT, 1);
          Atomics.notify(state, LEFT);
        }
      }
    },
  };

  const receive = async (message) => {
    try {
      await handlers[message.type](message);
    } catch (error) {
      port.postMessage({ type: "failed", reason: String(error), stack: String((error && error.stack) || "") });
    }
  };
  if (port === globalThis.self) onmessage = ({ data }) => receive(data);
  else port.on("message", receive);
  port.postMessage({ type: "ready", protocol: ${PROTOCOL} });
}
`;
