import { readFileSync } from "node:fs";
import { encodeEvent, eventFileStart, type TensorboardEvent } from "steepest/exchange";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../src/data/checksum.js";
import { describeShared, readShared } from "../shared-data.js";
import { eventsOf, messagesOf } from "./event-reader.js";

interface Fixture {
  readonly start: string;
  readonly events: readonly { readonly event: TensorboardEvent; readonly message: string }[];
}
const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/exchange/tfevents.json", import.meta.url), "utf8"));

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");

describe("event files of TensorBoard", () => {
  it("have the checksums of RFC 3720, appendix B.4", () => {
    const cases: [Uint8Array, number][] = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(255), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
      [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
      [new TextEncoder().encode("123456789"), 0xe3069283],
    ];
    for (const [bytes, expected] of cases) expect(crc32c(bytes)).toBe(expected);
  });

  it("hold messages as Google's library writes them", () => {
    expect(messagesOf(eventFileStart(1700000000.5)).map(hex)).toEqual([fixture.start]);
    for (const { event, message } of fixture.events) expect(messagesOf(encodeEvent(event)).map(hex)).toEqual([message]);
  });

  it("can be read back, one after the other, whatever the numbers", () => {
    const events: TensorboardEvent[] = [
      { wallTime: 12.25, step: 0, texts: { settings: "**σ** | 3" } },
      { wallTime: 13, step: 127, scalars: { loss: Number.NaN, a: Number.POSITIVE_INFINITY, b: -0, c: 3.4e38 } },
      { wallTime: 14, step: 2 ** 53 - 1, scalars: {} },
    ];
    const [first, ...rest] = eventsOf(Buffer.concat([eventFileStart(12), ...events.map(encodeEvent)]));
    expect(first).toEqual({ wallTime: 12, step: 0, version: "brain.Event:2", scalars: {}, texts: {} });
    expect(rest).toEqual([
      { ...events[0], scalars: {} },
      { ...events[1], texts: {}, scalars: { loss: Number.NaN, a: Number.POSITIVE_INFINITY, b: -0, c: Math.fround(3.4e38) } },
      { ...events[2], texts: {} },
    ]);
  });

  it("are refused by the reader of these tests where a bit is wrong", () => {
    const file = Buffer.from(encodeEvent({ wallTime: 1, step: 1, scalars: { loss: 1 } }));
    for (const at of [0, 9, 20, file.length - 1]) {
      const damaged = Buffer.from(file);
      damaged[at] ^= 1;
      expect(() => messagesOf(damaged)).toThrow();
    }
  });
});

describeShared("an event file that TensorFlow wrote", "formats/tfevents/events.out.tfevents.1482385321.mpr", () => {
  const file = readShared("formats/tfevents/events.out.tfevents.1482385321.mpr");
  const events = eventsOf(file);

  it("has 13 records, whose checksums fit", () => {
    expect(events.map(({ step }) => step)).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("begins with the bytes that ours begins with", () => {
    expect(eventFileStart(events[0].wallTime)).toEqual(file.subarray(0, 40));
  });
});
