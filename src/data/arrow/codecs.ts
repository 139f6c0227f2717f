import type { Compression } from './batch.js';

/** Puts the packed bytes from `at` on into an array, which they fill. */
export type PackedBytes = (into: Uint8Array, at: number) => void;

/** What is used of it: the types of Node 20 do not declare it. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object): Promise<{ readonly exports: object }>;
};

/** The other half of `unpack/unpack.c`. */
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
/** The areas in which bytes are handed over, as `unpack/make.sh` makes them. */
const PACKED_BYTES = 2 ** 17;
const UNPACKED_BYTES = 2 ** 18;
/** What a frame is told to unpack for, at the least: less would be looked at several times. */
const LEAST_PACKED_BYTES = 2 ** 14;

/** Memory that is kept for the next file; what grew beyond is left to be collected. */
const MOST_KEPT_BYTES = 2 ** 25;

let shared: Promise<Codecs> | undefined;

/**
 * Unpacks LZ4 frames and Zstandard frames in pieces, so that no frame gets more memory than its window, whatever it would
 * unpack to. By WebAssembly, for two reasons: of the libraries for Node 20 none takes a limit, and their memory, fresh from
 * the system for each buffer, costs more than unpacking does. Node has Zstandard from 22.15 on, not in pieces without waiting.
 */
export class Codecs {
  readonly #exports: Exports;
  /** The memory of frames that were given up before their ends. */
  readonly #givenUp: FinalizationRegistry<number>;
  /** Whose bytes are in the packed area. */
  #within: Frame | undefined;
  #open = 0;

  private constructor(exports: Exports) {
    this.#exports = exports;
    this.#givenUp = new FinalizationRegistry((handle) => this.#end(handle));
  }

  /** The same for all files, as long as it is small: to make it takes milliseconds. */
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

  /** Frames begun and not ended: each has memory. */
  get open(): number {
    return this.#open;
  }

  /** A frame of `length` packed bytes, or several Zstandard frames behind each other. */
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
      // Another frame may have been at work since.
      if (this.#within !== frame || from === to) {
        this.#within = frame;
        [from, to] = [0, Math.min(PACKED_BYTES, Math.max(room, LEAST_PACKED_BYTES), length - taken)];
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
    if (this.#open === 0 && this.#exports.memory.buffer.byteLength > MOST_KEPT_BYTES) shared = undefined;
  }

  /** A text of C. */
  #text(at: number): string {
    const bytes = Buffer.from(this.#exports.memory.buffer, at);
    return bytes.toString('latin1', 0, bytes.indexOf(0));
  }
}

const NOTHING = new Uint8Array(0);

/** A frame that is being unpacked. */
export interface Frame {
  /**
   * The bytes that follow, `room` at most and fewer often; none where the frame ends. The array is overwritten when any frame
   * goes on. A RangeError where the frame is none, or ends too soon.
   */
  next(room: number): Uint8Array;
  /** Frees its memory. May be called again. */
  end(): void;
}
