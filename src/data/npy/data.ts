import type { FileHandle } from 'node:fs/promises';
import { swapBytes } from '../cast.js';
import { ELEMENT_BYTES, type LoadOptions } from '../dataset.js';
import { Fault } from '../fault.js';
import type { NpyHeader } from './header.js';

/** The array of an NPY file as a matrix. */
export interface Matrix extends NpyHeader {
  readonly rows: number;
  readonly cols: number;
}

/** The elements of the file, read in chunks into memory that is given, in the host's byte order. */
export class Payload {
  readonly elementBytes: number;
  readonly #file: FileHandle;
  readonly #matrix: Matrix;
  readonly #options: LoadOptions;
  readonly #totalBytes: number;
  #doneBytes = 0;

  constructor(file: FileHandle, matrix: Matrix, options: LoadOptions) {
    this.#file = file;
    this.#matrix = matrix;
    this.#options = options;
    this.elementBytes = ELEMENT_BYTES[matrix.dtype];
    this.#totalBytes = matrix.rows * matrix.cols * this.elementBytes;
  }

  /** Fills `bytes` with the elements from element `first` on. */
  async read(bytes: Uint8Array, first: number): Promise<void> {
    const { dataOffset, byteOrder } = this.#matrix;
    this.#options.signal?.throwIfAborted();
    const position = dataOffset + first * this.elementBytes;
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, position + done);
      if (bytesRead === 0)
        throw new Fault('the file became shorter while it was read', { remedy: 'run again' });
      done += bytesRead;
    }
    if (byteOrder === 'big') swapBytes(bytes, this.elementBytes);
    this.#doneBytes += bytes.length;
    this.#options.onProgress?.(this.#doneBytes, this.#totalBytes);
  }
}
