/** Event files of TensorBoard on the disk, written as things happen. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { encodeEvent, eventFileStart, type TensorboardEvent } from "../exchange/tensorboard/events.js";

/** Tells files apart that one process begins in the same second. */
let begun = 0;

/**
 * A file that grows by one record at each `write`. A record is with the operating system when `write` returns: what was written is there after the
 * process was killed, and TensorBoard shows it while the run goes on.
 */
export class EventFile {
  readonly path: string;
  readonly #descriptor: number;
  #isOpen = true;

  /** @param folder where the file is to lie; made where it is missing, in a folder that is there */
  constructor(folder: string, began: Date) {
    const wallTime = began.getTime() / 1000;
    const name = `events.out.tfevents.${String(Math.floor(wallTime)).padStart(10, "0")}.${hostname()}.${process.pid}.${begun++}`;
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, name);
    this.#descriptor = openSync(this.path, "ax");
    writeSync(this.#descriptor, eventFileStart(wallTime));
  }

  write(event: TensorboardEvent): void {
    if (this.#isOpen) writeSync(this.#descriptor, encodeEvent(event));
  }

  /** Flushes it to the disk. Nothing is written any more. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}
