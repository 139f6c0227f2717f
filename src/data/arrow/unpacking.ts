import type { Compression } from './batch.js';
import type { Codecs, Frame, PackedBytes } from './codecs.js';

/** Decompresses a buffer as its bytes are asked for, so that it is never held in memory as a whole. */
export class Unpacking {
  readonly #begin: () => Frame;
  readonly #length: number;
  readonly #needed: number;
  #frame: Frame | undefined;
  /** The position of the next byte, and the value of the previous one. */
  #at = 0;
  #before = 0;

  /** A buffer whose uncompressed length is `length` bytes, of which only the first `needed` will be asked for. */
  constructor(
    codecs: Codecs,
    compression: Exclude<Compression, 'none'>,
    packed: { readonly length: number; readonly read: PackedBytes },
    length: number,
    needed: number,
  ) {
    this.#begin = () => codecs.begin(compression, packed.length, packed.read);
    this.#length = length;
    this.#needed = needed;
  }

  /**
   * Fills `into` with the bytes from `at` on. Going back means decompressing again from the start, except by one byte, which
   * consecutive reads of bools may share. Throws a RangeError if the buffer is not a frame of its length.
   */
  read(into: Uint8Array, at: number): void {
    if (into.length === 0) return;
    if (at === this.#at - 1) {
      into[0] = this.#before;
      this.read(into.subarray(1), at + 1);
      return;
    }
    const frame = at < this.#at ? this.#anew() : (this.#frame ?? this.#anew());
    try {
      this.#take(frame, at - this.#at);
      this.#take(frame, into.length, into);
      // Nothing more will be asked for, so the claimed length is now compared with the frame's.
      if (this.#at >= this.#needed) this.#mustEnd(frame);
    } catch (error) {
      frame.end();
      throw error;
    }
  }

  #anew(): Frame {
    this.#frame?.end();
    this.#frame = this.#begin();
    this.#at = 0;
    return this.#frame;
  }

  /** Advances by `count` bytes and copies them into `into` if it is given. */
  #take(frame: Frame, count: number, into?: Uint8Array): void {
    for (let done = 0; done < count; ) {
      const bytes = frame.next(count - done);
      if (bytes.length === 0) throw new RangeError(`it ends after ${this.#at} bytes`);
      into?.set(bytes, done);
      done += bytes.length;
      this.#at += bytes.length;
      this.#before = bytes[bytes.length - 1]!;
    }
  }

  #mustEnd(frame: Frame): void {
    this.#take(frame, this.#length - this.#at);
    if (frame.next(1).length > 0) throw new RangeError('it is longer');
    frame.end();
    this.#frame = undefined;
  }
}
