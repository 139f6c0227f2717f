import type { Compression } from './batch.js';

/** Fills an array with the compressed bytes from `at` on. */
export type PackedBytes = (into: Uint8Array, at: number) => void;

/** The part of WebAssembly that is used; the types of Node 20 do not declare it. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object): Promise<{ readonly exports: object }>;
};

/** The functions that `unpack/unpack.c` exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly packed: () => number;
  readonly unpacked: () => number;
  readonly why: () => number;
  readonly taken: () => number;
  readonly made: () => number;
  readonly begin: (codec: number) => number;
  readonly step: (frame: number, from: number, to: number, room: number) => number;
  readonly end: (frame: number) => void;
}

const CODECS: readonly Compression[] = ['lz4', 'zstd'];
const FAILED = -1;
const AT_END = 0;
/** Sizes of the transfer areas, as `unpack/make.sh` sets them. */
const PACKED_BYTES = 2 ** 17;
const UNPACKED_BYTES = 2 ** 18;
/** The least input that a step is given: with less, some bytes would be processed several times. */
const MIN_PACKED_BYTES = 2 ** 14;

/** Memory that is kept for the next file; a larger instance is left to the garbage collector. */
const MAX_KEPT_BYTES = 2 ** 25;

let shared: Promise<Codecs> | undefined;

/**
 * Decompresses LZ4 and Zstandard frames piece by piece, so that a frame never takes more memory than its window, whatever its
 * decompressed size. It uses WebAssembly for two reasons: no library for Node 20 accepts a limit, and their memory, freshly
 * allocated for each buffer, costs more than the decompression. Node has Zstandard from 22.15 on, but no synchronous interface
 * that works piece by piece.
 */
export class Codecs {
  readonly #exports: Exports;
  /** Frees the memory of frames that were abandoned before their end. */
  readonly #givenUp: FinalizationRegistry<number>;
  /** The frame whose bytes are in the area for packed bytes. */
  #within: Frame | undefined;
  #open = 0;

  private constructor(exports: Exports) {
    this.#exports = exports;
    this.#givenUp = new FinalizationRegistry((handle) => this.#end(handle));
  }

  /** Returns the instance that all files share until its memory has grown too large: making one takes milliseconds. */
  static load(): Promise<Codecs> {
    shared ??= Codecs.#make();
    return shared;
  }

  static async #make(): Promise<Codecs> {
    const { WASM } = await import('./unpack/wasm.js');
    const module = await WebAssembly.compile(Buffer.from(WASM, 'base64'));
    const { exports } = await WebAssembly.instantiate(module);
    return new Codecs(exports as Exports);
  }

  /** How many frames have begun and not ended; each one holds memory. */
  get open(): number {
    return this.#open;
  }

  /** Begins a frame of `length` packed bytes, or several Zstandard frames in a row. */
  begin(compression: Exclude<Compression, 'none'>, length: number, packed: PackedBytes): Frame {
    const exports = this.#exports;
    const handle = exports.begin(CODECS.indexOf(compression));
    if (handle === 0) throw new RangeError('no memory for another frame');
    this.#open += 1;
    let [taken, from, to] = [0, 0, 0];
    let state: 'within' | 'at-end' | 'ended' = 'within';

    const end = () => {
      if (state === 'ended') return;
      state = 'ended';
      this.#givenUp.unregister(frame);
      this.#end(handle);
    };
    const step = (room: number): Uint8Array => {
      // Another frame may have used the area since.
      if (this.#within !== frame || from === to) {
        this.#within = frame;
        [from, to] = [0, Math.min(PACKED_BYTES, Math.max(room, MIN_PACKED_BYTES), length - taken)];
        packed(new Uint8Array(exports.memory.buffer, exports.packed(), to), taken);
      }
      const outcome = exports.step(handle, from, to, Math.min(room, UNPACKED_BYTES));
      if (outcome === FAILED) throw new RangeError(this.#text(exports.why()));
      const [used, made] = [exports.taken(), exports.made()];
      from += used;
      taken += used;
      if (outcome === AT_END && taken === length) state = 'at-end';
      else if (outcome === AT_END && compression === 'lz4') throw new RangeError('more than one frame');
      else if (used === 0 && made === 0) throw new RangeError('less than one frame');
      return new Uint8Array(exports.memory.buffer, exports.unpacked(), made);
    };
    const frame: Frame = {
      next: (room) => {
        while (state === 'within') {
          const bytes = step(room);
          if (bytes.length > 0) return bytes;
        }
        return NOTHING;
      },
      end,
    };
    this.#givenUp.register(frame, handle, frame);
    return frame;
  }

  #end(handle: number): void {
    this.#open -= 1;
    this.#exports.end(handle);
    if (this.#open === 0 && this.#exports.memory.buffer.byteLength > MAX_KEPT_BYTES) shared = undefined;
  }

  /** Reads a C string. */
  #text(at: number): string {
    const bytes = Buffer.from(this.#exports.memory.buffer, at);
    return bytes.toString('latin1', 0, bytes.indexOf(0));
  }
}

const NOTHING = new Uint8Array(0);

/** A frame that is being decompressed. */
export interface Frame {
  /**
   * Returns the next bytes: at most `room`, often fewer, and none once the frame has ended. Any frame's next call overwrites the
   * array. Throws a RangeError if the frame is invalid or ends too soon.
   */
  next(room: number): Uint8Array;
  /** Frees its memory. May be called again. */
  end(): void;
}
