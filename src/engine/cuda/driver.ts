import { CudaError } from './cuda-error.js';
import type { Argument, CallName, RawCalls } from './declarations.js';
import type { Library } from './library.js';

const JIT_LOG_BYTES = 8192;
/** CU_JIT_ERROR_LOG_BUFFER and CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES. */
const JIT_LOG_OPTIONS = Int32Array.of(5, 6);

/** The driver with every call checked, and what went to the device counted. */
export class Driver {
  readonly library: Library;
  /** Host memory that the process may still take. */
  readonly hostFreeBytes: () => number;
  /** Bytes copied to the device, or read by it over the link, since the driver was made. */
  h2dBytes = 0;
  readonly #call: RawCalls;
  readonly #box = new BigUint64Array(1);
  readonly #words = new Int32Array(16);
  #lost = false;

  constructor(library: Library, hostFreeBytes: () => number) {
    this.library = library;
    this.hostFreeBytes = hostFreeBytes;
    this.#call = library.call;
  }

  /** Calls a function of the driver; a `CudaError` where it does not return success. */
  do(name: CallName, ...args: Argument[]): void {
    const status = this.#call[name](...args);
    if (status !== 0) throw this.error(name, status);
  }

  /** A call whose first parameter is where a handle or an address comes out. */
  make(name: CallName, ...args: Argument[]): number {
    this.#box[0] = 0n;
    this.do(name, this.#box, ...args);
    return Number(this.#box[0]);
  }

  /** A call whose first parameter is where a 32-bit integer comes out. */
  ask(name: CallName, ...args: Argument[]): number {
    this.#words[0] = 0;
    this.do(name, this.#words, ...args);
    return this.#words[0]!;
  }

  /** A call whose first parameter is where text comes out, its room the second. */
  text(name: CallName, device: number): string {
    const bytes = Buffer.alloc(256);
    this.do(name, bytes, bytes.length, device);
    return bytes.toString('utf8', 0, bytes.indexOf(0));
  }

  /** The identity of the device, or of the part of one that it is (MIG), as nvidia-smi writes it after `GPU-` or `MIG-`. */
  uuid(device: number): string {
    const bytes = Buffer.alloc(16);
    this.do('cuDeviceGetUuid_v2', bytes, device);
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /** Releases something; once the context is lost nothing can be, and nothing is tried. Failures do not hide what led here. */
  release(name: CallName, ...args: Argument[]): void {
    if (!this.#lost) this.#call[name](...args);
  }

  /** Waits for a stream whose work is given up. The error, where the device was lost meanwhile and nobody has been told. */
  settle(stream: number): CudaError | undefined {
    if (this.#lost) return undefined;
    const status = this.#call.cuStreamSynchronize(stream);
    const error = status === 0 ? undefined : this.error('cuStreamSynchronize', status);
    return error?.deviceIsLost ? error : undefined;
  }

  /** Device memory that is free and that there is, in bytes. */
  memory(): { freeBytes: number; totalBytes: number } {
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    this.do('cuMemGetInfo_v2', free, total);
    return { freeBytes: Number(free[0]), totalBytes: Number(total[0]) };
  }

  /** Loads PTX; the just-in-time compiler's words are in the error. */
  loadModule(ptx: string): number {
    const log = new Uint8Array(JIT_LOG_BYTES);
    const values = BigUint64Array.of(BigInt(this.library.address(log)), BigInt(JIT_LOG_BYTES));
    this.#box[0] = 0n;
    const image = Buffer.from(`${ptx}\0`, 'latin1');
    const status = this.#call.cuModuleLoadDataEx(this.#box, image, 2, JIT_LOG_OPTIONS, values);
    if (status !== 0) {
      const end = log.indexOf(0);
      const said = Buffer.from(log.subarray(0, end === -1 ? log.length : end))
        .toString('latin1')
        .trim();
      throw this.error('cuModuleLoadDataEx', status, said);
    }
    return Number(this.#box[0]);
  }

  /** Holds a status that a loop got from a raw function against success: a `CudaError` where it is none. */
  must(name: CallName, status: number): void {
    if (status !== 0) throw this.error(name, status);
  }

  /** The error of a status, for loops that call the raw functions. */
  error(name: CallName, status: number, log?: string): CudaError {
    const { name: known, sentence } = this.library.describe(status);
    const error = new CudaError(name, status, known, sentence, log);
    if (error.deviceIsLost) this.#lost = true;
    return error;
  }
}
