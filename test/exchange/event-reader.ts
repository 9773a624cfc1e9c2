/** Reads event files of TensorBoard, checksums included; written from the description of the formats, sharing nothing with the writer. */
import { expect } from "vitest";

/** CRC-32C bit by bit, from its polynomial x³² + x²⁸ + x²⁷ + … (RFC 3720). */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (crc ^ (byte >> bit)) & 1;
      crc = (crc >>> 1) ^ (isOdd ? 0x82f63b78 : 0);
    }
  return ~crc >>> 0;
}

/** Undoes the mask of a stored checksum. */
function unmasked(stored: number): number {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
}

/** The messages of a file of records, each with checksums that fit. A last record that is cut off is an error as well. */
export function messagesOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true)), `length of the record at byte ${at}`).toBe(checksum(file.subarray(at, at + 8)));
    const message = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(view.getUint32(at + 12 + length, true)), `record at byte ${at}`).toBe(checksum(message));
    messages.push(message);
    at += 16 + length;
  }
  return messages;
}

type Field = { readonly field: number; readonly value: bigint | Uint8Array };

/** The fields of one protobuf message in their order; what has a fixed width as its bytes. */
function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("the message is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const take = (length: number) => {
      at += length;
      return message.subarray(at - length, at);
    };
    const wire = tag & 7;
    const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : Number(varint()));
    fields.push({ field: tag >> 3, value });
  }
  return fields;
}

const bytesAt = (fields: readonly Field[], field: number): Uint8Array | undefined => {
  const value = fields.find((f) => f.field === field)?.value;
  return value instanceof Uint8Array ? value : undefined;
};

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  readonly scalars: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** The events of a file. */
export const eventsOf = (file: Uint8Array): ReadEvent[] =>
  messagesOf(file).map((message) => {
    const fields = fieldsOf(message);
    const step = fields.find((f) => f.field === 2)?.value ?? 0n;
    const [time, version, summary] = [bytesAt(fields, 1), bytesAt(fields, 3), bytesAt(fields, 5)];
    const [scalars, texts]: [Record<string, number>, Record<string, string>] = [{}, {}];
    for (const { value } of summary ? fieldsOf(summary) : []) {
      if (!(value instanceof Uint8Array)) throw new Error("a value is no message");
      const inside = fieldsOf(value);
      const [number, tensor] = [bytesAt(inside, 2), bytesAt(inside, 8)];
      if (number) scalars[text(bytesAt(inside, 1))] = viewOf(number).getFloat32(0, true);
      if (tensor) texts[text(bytesAt(inside, 1))] = text(bytesAt(fieldsOf(tensor), 8));
    }
    return {
      wallTime: time ? viewOf(time).getFloat64(0, true) : 0,
      step: Number(step),
      ...(version ? { version: text(version) } : {}),
      scalars,
      texts,
    };
  });
