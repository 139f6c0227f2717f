import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * Size of a window: the metadata of many small batches, or of one with some hundred columns. Reads of this size are synchronous,
 * since a promise for each of 10,000 batches takes several times as long.
 */
export const WINDOW_BYTES = 2 ** 16;
/** A read of at most this many bytes, at most this far after another such read, is likely to be followed by more of them. */
const [FEW_BYTES, NEAR_BYTES] = [2 ** 12, 2 ** 12];

/** Reads small parts of a file that follow each other, one window at a time. */
export class ReadAhead {
  readonly #file: FileHandle;
  #window = new Uint8Array(0);
  /** The window holds `#length` bytes of the file, from `#at` on. */
  #at = 0;
  #length = 0;
  /** Where the last read ended, and whether it was a small one. */
  #end = 0;
  #wasFew = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Returns up to `length` bytes from `position` on, fewer at the end of the file. `length` is at most `WINDOW_BYTES`. The next
   * read overwrites them.
   */
  view(position: number, length: number): Uint8Array {
    if (!this.#has(position, length)) this.#load(position);
    this.#end = position + length;
    const from = position - this.#at;
    return this.#window.subarray(from, Math.min(from + length, this.#length));
  }

  /** Fills `bytes` from `position` on and returns how many bytes were read. */
  fill(bytes: Uint8Array, position: number): number {
    const { length } = bytes;
    const ahead = position - this.#end;
    const isFew = length <= FEW_BYTES;
    const isNext = isFew && this.#wasFew && ahead >= 0 && ahead <= NEAR_BYTES;
    this.#wasFew = isFew;
    if (isNext || this.#has(position, length)) {
      const view = this.view(position, length);
      bytes.set(view);
      return view.length;
    }
    this.#end = position + length;
    let done = 0;
    while (done < length) {
      const bytesRead = readSync(this.#file.fd, bytes, done, length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  #has(position: number, length: number): boolean {
    return position >= this.#at && position + length <= this.#at + this.#length;
  }

  #load(position: number): void {
    if (this.#window.length === 0) this.#window = new Uint8Array(WINDOW_BYTES);
    this.#at = position;
    this.#length = readSync(this.#file.fd, this.#window, 0, WINDOW_BYTES, position);
  }
}
