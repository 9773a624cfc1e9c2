/** Event files of TensorBoard: numbers by step, and texts (tensorflow/core/util/event.proto, framework/summary.proto). */
import { Message } from "../protobuf.js";
import { tfRecord } from "./record.js";

/** What was measured at one step. */
export interface TensorboardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** A whole number ≥ 0. */
  readonly step: number;
  /** Curves by name: `loss`, `eval/accuracy`. They are kept as float32. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Texts in Markdown by name, for the tab of that name. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** What an event file begins with: the version of the format. */
export const eventFileStart = (wallTime: number): Uint8Array =>
  tfRecord(new Message().double(1, wallTime).text(3, "brain.Event:2").finish());

/**
 * One record of an event file, checksums included. A file is `eventFileStart` and any number of these, one after the other; TensorBoard reads it while it grows,
 * if its name begins with `events.out.tfevents.` and the seconds of its start.
 *
 * @example
 * ```ts
 * import { encodeEvent, eventFileStart } from "steepest/exchange";
 * const file = [eventFileStart(1.7e9), encodeEvent({ wallTime: 1.7e9, step: 1, scalars: { loss: 0.5 } })];
 * file.map((record) => record.length); // → [40, 42]
 * ```
 */
export function encodeEvent({ wallTime, step, scalars = {}, texts = {} }: TensorboardEvent): Uint8Array {
  const summary = new Message()
    .each(Object.entries(scalars), (message, [tag, value]) => message.message(1, new Message().text(1, tag).float(2, value)))
    .each(Object.entries(texts), (message, [tag, text]) => message.message(1, textValue(tag, text)));
  const event = new Message().double(1, wallTime);
  // As proto3 has it, a zero is not written.
  if (step !== 0) event.int(2, step);
  return tfRecord(event.message(5, summary).finish());
}

const DT_STRING = 7;
const DATA_CLASS_TENSOR = 2;

/** A text is a tensor of strings, marked for the plugin that shows it. */
function textValue(tag: string, text: string): Message {
  const shape = new Message().message(2, new Message().int(1, 1));
  const tensor = new Message().int(1, DT_STRING).message(2, shape).text(8, text);
  const metadata = new Message().message(1, new Message().text(1, "text")).int(4, DATA_CLASS_TENSOR);
  return new Message().text(1, tag).message(8, tensor).message(9, metadata);
}
