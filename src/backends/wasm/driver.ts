/**
 * The driver: one function `run(steps, thread, threads)` that every thread of a program calls. It repeats the schedule, hands
 * each thread its blocks, and meets the others at barriers. Nothing crosses to JavaScript in between.
 */
import type { CompiledEntry, Place, ScheduledPhase } from "../../compiler/compile.js";
import type { LoopFunction } from "../../compiler/loops/ir.js";
import type { ScheduledLoop } from "../../compiler/schedule/barriers.js";
import { bytesPerElement, sizeOf } from "../../tensor/types.js";
import { ClockPrinter } from "./clock.js";
import { FunctionBody } from "./encoder.js";
import { addressOf, CONTROL, type EntryPlaces, type MemoryMap } from "./memory-map.js";
import { printModule } from "./printer.js";

/** Looks a thread takes at a barrier before it sleeps: about 4 µs. Up to 20 µs measured no faster, and lose time where threads outnumber cores. */
const SPINS = 3000;

export interface DriverOptions {
  readonly shared: boolean;
  /** Pages the memory may grow to. */
  readonly maximum: number;
  readonly fast: boolean;
}

/** The module of an entry: exports `run`. */
export function printEntry(entry: CompiledEntry, map: MemoryMap, places: EntryPlaces, options: DriverOptions): Uint8Array<ArrayBuffer> {
  const { shared, maximum, fast } = options;
  const { body } = entry;
  const { bytes } = printModule([], {
    memory: { initial: 1, maximum, shared },
    fast,
    extra: (handle) => ({
      run:
        body.kind === "scalar"
          ? scalarDriver(body.function, body.places, map, places, handle)
          : phaseDriver(entry, body, map, places, shared, handle),
    }),
  });
  return bytes;
}

type Handle = (fn: LoopFunction) => FunctionBody;

const parameters = { steps: 0, thread: 1, threads: 2 };

function newDriver(): FunctionBody {
  return new FunctionBody("run", ["i32", "i32", "i32"], ["i32"]);
}

/** The loop over steps is in the function itself; only one thread has anything to do. */
function scalarDriver(fn: LoopFunction, placed: readonly Place[], map: MemoryMap, places: EntryPlaces, handle: Handle): FunctionBody {
  const f = newDriver();
  const clock = places.clock === undefined ? undefined : new ClockPrinter(f, places.clock, parameters.thread);
  clock?.start();
  f.localGet(parameters.steps);
  for (const place of placed) f.i32Const(addressOf(place, map, places));
  const done = f.local("i32");
  const running = f.local("i32");
  f.call(handle(fn)).localSet(running).localSet(done);
  clock?.worked(0);
  haltAddress(f, () => f.localGet(done).i32Const(1).op("i32.sub"));
  f.localGet(running).op("i32.eqz").memory("i32.store");
  return f.localGet(done);
}

/** The address of the word that says whether step `step` was the last. */
function haltAddress(f: FunctionBody, step: () => void): void {
  step();
  f.i32Const(1)
    .op("i32.and")
    .i32Const(CONTROL.halt[1] - CONTROL.halt[0])
    .op("i32.mul")
    .i32Const(CONTROL.halt[0])
    .op("i32.add");
}

function phaseDriver(
  entry: CompiledEntry,
  { phases, loops, stop, swaps }: CompiledEntry["body"] & { readonly kind: "phases" },
  map: MemoryMap,
  places: EntryPlaces,
  shared: boolean,
  handle: Handle,
): FunctionBody {
  const f = newDriver();
  const done = f.local("i32");
  const halt = f.local("i32");
  const barrier = shared ? barrierFunction() : undefined;
  const clock = places.clock === undefined ? undefined : new ClockPrinter(f, places.clock, parameters.thread);
  const meet = () => {
    if (barrier === undefined) return;
    f.localGet(parameters.threads).call(barrier);
    clock?.waited();
  };
  const address = (place: Place) => {
    f.i32Const(addressOf(place, map, places));
    if (place.region === "trace") {
      const { shape, dtype } = entry.traces[place.trace].type;
      f.localGet(done)
        .i32Const(sizeOf(shape) * bytesPerElement[dtype])
        .op("i32.mul")
        .op("i32.add");
    } else if (place.region === "swapped") {
      // After an odd number of steps old and new have changed places.
      const between = addressOf({ ...place, written: !place.written }, map, places) - addressOf(place, map, places);
      f.localGet(done).i32Const(1).op("i32.and").i32Const(between).op("i32.mul").op("i32.add");
    } else if (place.region === "thread") f.localGet(parameters.thread).i32Const(entry.threadBytes).op("i32.mul").op("i32.add");
  };
  const share = (blocks: number, extra: number) => {
    f.localGet(parameters.thread);
    if (extra > 0) f.i32Const(extra).op("i32.add");
    f.i32Const(blocks).op("i32.mul").localGet(parameters.threads).op("i32.div_u");
  };
  clock?.start();
  f.block().loop();
  f.localGet(done).localGet(parameters.steps).op("i32.ge_s").brIf(1);
  const runPhase = (phase: ScheduledPhase) => {
    if (phase.barrier) meet();
    if (!phase.parallel) f.localGet(parameters.thread).op("i32.eqz").if();
    if (phase.parallel) {
      share(phase.blocks, 0);
      share(phase.blocks, 1);
    } else f.i32Const(0).i32Const(phase.blocks);
    for (const place of phase.places) address(place);
    f.call(handle(phase.function));
    if (!phase.parallel) f.end();
    clock?.worked(phases.indexOf(phase));
  };
  const runAll = (from: number, to: number, inside: readonly ScheduledLoop[]) => {
    let next = from;
    for (const loop of inside) {
      phases.slice(next, loop.start).forEach(runPhase);
      runLoop(loop);
      next = loop.end;
    }
    phases.slice(next, to).forEach(runPhase);
  };
  const runLoop = (loop: ScheduledLoop) => {
    if (loop.barrier) meet();
    if (!loop.shared) f.localGet(parameters.thread).op("i32.eqz").if();
    f.block().loop();
    runAll(loop.start, loop.test, loop.condition);
    if (loop.shared) meet();
    address(loop.flag);
    f.memory("i32.load8_u");
    // A loop that one thread runs can be left at once when the host gives up.
    if (!loop.shared) f.i32Const(CONTROL.abort).memory("i32.load").op("i32.eqz").op("i32.and");
    f.op("i32.eqz").brIf(1);
    runAll(loop.test, loop.end, loop.body);
    f.br(0).end().end();
    if (!loop.shared) f.end();
  };
  runAll(0, phases.length, loops);
  // The first thread decides for all whether this was the last step.
  haltAddress(f, () => f.localGet(done));
  f.localSet(halt);
  f.localGet(parameters.thread).op("i32.eqz").if();
  f.localGet(halt);
  f.i32Const(CONTROL.abort).memory("i32.load");
  if (stop !== undefined)
    f.i32Const(addressOf(stop, map, places))
      .memory("i32.load8_u")
      .op("i32.or");
  f.memory("i32.store").end();
  f.localGet(done).i32Const(1).op("i32.add").localSet(done);
  meet();
  f.localGet(halt).memory("i32.load").op("i32.eqz").brIf(0);
  f.end().end();
  if (swaps.length > 0) {
    f.localGet(done).i32Const(1).op("i32.and").localGet(parameters.thread).op("i32.eqz").op("i32.and").if();
    for (const { variable, other, bytes } of swaps)
      f.i32Const(map.variables[variable])
        .i32Const(places.others + other)
        .i32Const(bytes)
        .memoryCopy();
    f.end();
  }
  return f.localGet(done);
}

/** Waits until all threads have come here: spins a little, then sleeps. */
function barrierFunction(): FunctionBody {
  const f = new FunctionBody("barrier", ["i32"], []);
  const epoch = f.local("i32");
  const spins = f.local("i32");
  f.block();
  f.localGet(0).i32Const(1).op("i32.eq").brIf(0);
  f.i32Const(CONTROL.epoch).memory("i32.atomic.load").localSet(epoch);
  f.i32Const(CONTROL.arrived).i32Const(1).memory("i32.atomic.rmw.add").i32Const(1).op("i32.add").localGet(0).op("i32.eq").if();
  f.i32Const(CONTROL.arrived).i32Const(0).memory("i32.atomic.store");
  f.i32Const(CONTROL.epoch).localGet(epoch).i32Const(1).op("i32.add").memory("i32.atomic.store");
  f.i32Const(CONTROL.epoch).i32Const(-1).memory("memory.atomic.notify").op("drop");
  f.br(1).end();
  f.i32Const(SPINS).localSet(spins);
  f.loop();
  f.i32Const(CONTROL.epoch).memory("i32.atomic.load").localGet(epoch).op("i32.ne").brIf(1);
  f.localGet(spins).i32Const(1).op("i32.sub").localTee(spins).brIf(0);
  f.end();
  f.loop();
  f.i32Const(CONTROL.epoch).localGet(epoch).i64Const(-1n).memory("memory.atomic.wait32").op("drop");
  f.i32Const(CONTROL.epoch).memory("i32.atomic.load").localGet(epoch).op("i32.eq").brIf(0);
  f.end();
  f.end();
  return f;
}
