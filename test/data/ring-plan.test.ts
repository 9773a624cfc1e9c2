import { describe, expect, it } from "vitest";
import { epochOrder } from "../../src/data/index.js";
import { type RecordGroup, RingPlan } from "../../src/data/ring-plan.js";
import { messageOf } from "../errors.js";

const common = { recordBytes: 6, batchSize: 5, seed: 3, name: "numbers", order: "shuffled" } as const;
/** Bytes for so many records with their places. */
const room = (records: number) => 10 * records;

/** The records of an epoch as they come. */
function recordsOf(plan: RingPlan, epoch: number): number[] {
  return Array.from({ length: plan.groups }, (_, i) => plan.group(epoch * plan.groups + i)).flatMap(inOrder);
}

function inOrder({ chunks, order }: RecordGroup): number[] {
  const laid = chunks.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
  return Array.from(order, (place) => laid[place]);
}

const inTurn = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("the order of streamed records", () => {
  it.each([
    { records: 103, chunk: 4, memory: room(40) },
    { records: 100, chunk: 10, memory: room(60) },
    { records: 97, chunk: 7, memory: room(42) },
    { records: 64, chunk: 1, memory: room(12) },
    { records: 41, chunk: 6, memory: room(40) },
  ])("has each record once an epoch, each epoch in another order, in groups that follow each other (%j)", (options) => {
    const plan = new RingPlan({ ...common, ...options });
    const { records, memory, chunk } = options;
    expect(plan.isWhole).toBe(false);
    expect(10 * plan.places).toBeLessThanOrEqual(memory);
    // No more room is left than less than a chunk in each half.
    expect(10 * (plan.places + 2 * chunk)).toBeGreaterThan(memory);
    const epochs = [0, 1, 2].map((epoch) => recordsOf(plan, epoch));
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(inTurn(records));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
    expect(recordsOf(new RingPlan({ ...common, ...options }), 2)).toEqual(epochs[2]);
    expect(recordsOf(new RingPlan({ ...common, ...options, seed: 4 }), 0)).not.toEqual(epochs[0]);
    expect(recordsOf(new RingPlan({ ...common, ...options, order: "sequential" }), 5)).toEqual(inTurn(records));
    const once = new RingPlan({ ...common, ...options, order: "once" });
    expect([0, 1].map((epoch) => recordsOf(once, epoch))).toEqual([epochs[0], epochs[0]]);
    for (const epoch of [0, 1, 2]) {
      let end = 0;
      for (let i = 0; i < plan.groups; i++) {
        const group = plan.group(epoch * plan.groups + i);
        expect(group.first).toBe(end);
        expect(group.order).toHaveLength(group.end - group.first);
        expect(group.order.length).toBeLessThanOrEqual(plan.half);
        end = group.end;
      }
      expect(end).toBe(records);
      for (const position of inTurn(records)) {
        const { first, end: last, number } = plan.groupAt(epoch, position);
        expect(first <= position && position < last && Math.floor(number / plan.groups) === epoch).toBe(true);
      }
    }
  });

  it("gives groups that follow each other different halves, over the ends of epochs too", () => {
    const plan = new RingPlan({ ...common, records: 103, chunk: 4, memory: room(40) });
    expect(plan.groups % 2).toBe(0);
    const odd = new RingPlan({ ...common, records: 103, chunk: 4, memory: room(48) });
    expect(odd.groups % 2).toBe(1);
    for (const each of [plan, odd]) for (let i = 0; i < 20; i++) expect(each.group(i).half).not.toBe(each.group(i + 1).half);
  });

  it("is that of a data set in memory where all records are held", () => {
    const plan = new RingPlan({ ...common, records: 103, chunk: 4, memory: room(103) });
    expect([plan.isWhole, plan.groups, plan.places]).toEqual([true, 1, 103]);
    for (const epoch of [0, 1]) expect(recordsOf(plan, epoch)).toEqual([...epochOrder("shuffled", 3, epoch, 103)]);
  });

  it("mixes a record over the whole epoch", () => {
    const plan = new RingPlan({ ...common, records: 200, chunk: 4, memory: room(40) });
    // Places of record 0 in 400 epochs: uniform, mean 99.5, deviation 200/√12 each; five deviations of their mean.
    const mean = inTurn(400).reduce((sum, epoch) => sum + recordsOf(plan, epoch).indexOf(0), 0) / 400;
    expect(Math.abs(mean - 99.5)).toBeLessThan((5 * 200) / Math.sqrt(12 * 400));
  });

  it("refuses a memory in which a batch would need three groups, and says how much does", () => {
    const refusal = (memory: number, batchSize: number) =>
      messageOf(() => new RingPlan({ ...common, records: 103, chunk: 4, memory, batchSize }));
    const message = refusal(room(30), 64);
    expect(message).toContain("The memory for records is too small");
    const needed = Number(/at least (\d+) bytes/.exec(message)?.[1]);
    expect(() => new RingPlan({ ...common, records: 1003, chunk: 4, memory: needed, batchSize: 64 })).not.toThrow();
    expect(refusal(room(7), 1)).toContain("too small");
  });
});
