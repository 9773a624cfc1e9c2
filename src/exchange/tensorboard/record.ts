/** TFRecord, the frame around each message of an event file (tensorflow/core/lib/io/record_writer.h). */
import { crc32c } from "../../data/checksum.js";

/** One record: its length in 8 bytes, their masked checksum, the message, its masked checksum; lowest byte first. */
export function tfRecord(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(16 + message.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, masked(crc32c(out.subarray(0, 8))), true);
  out.set(message, 12);
  view.setUint32(12 + message.length, masked(crc32c(message)), true);
  return out;
}

/** Turned by 15 bits and moved: the checksum of bytes that hold a checksum of their own would be weak. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
