import type { FileHandle } from 'node:fs/promises';
import { swapBytes } from './cast.js';
import type { LoadOptions } from './dataset.js';
import { Fault } from './fault.js';

/** How the elements of a file are stored. */
export interface Stored {
  readonly elementBytes: number;
  readonly byteOrder: 'little' | 'big';
  /** The number of bytes that will be read in total. */
  readonly totalBytes: number;
}

/** Reads the elements of a file in chunks into given memory, and converts them to the host's byte order. */
export class Payload {
  readonly elementBytes: number;
  readonly #file: FileHandle;
  readonly #stored: Stored;
  readonly #options: LoadOptions;
  #doneBytes = 0;

  constructor(file: FileHandle, stored: Stored, options: LoadOptions) {
    this.#file = file;
    this.#stored = stored;
    this.#options = options;
    this.elementBytes = stored.elementBytes;
  }

  /** Fills `bytes` with the file's content from byte `position` on. Throws a fault if the file ends before that. */
  async read(bytes: Uint8Array, position: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, position + done);
      if (bytesRead === 0)
        throw new Fault('the file became shorter while it was read', { remedy: 'run again' });
      done += bytesRead;
    }
    if (this.#stored.byteOrder === 'big') swapBytes(bytes, this.elementBytes);
    this.#doneBytes += bytes.length;
    this.#options.onProgress?.(this.#doneBytes, this.#stored.totalBytes);
  }
}
