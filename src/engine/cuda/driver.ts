import { CudaError } from './cuda-error.js';
import type { Argument, CallName, RawCalls } from './declarations.js';
import type { Library } from './library.js';

const JIT_LOG_BYTES = 8192;
/** CU_JIT_ERROR_LOG_BUFFER and CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES. */
const JIT_LOG_OPTIONS = Int32Array.of(5, 6);

/** The driver with every call checked and the bytes sent to the device counted. */
export class Driver {
  readonly library: Library;
  /** Host memory that is still available to the process, in bytes. */
  readonly hostFreeBytes: () => number;
  /** Bytes copied to the device, or read by it over the link, since this object was created. */
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

  /** Calls a function of the driver. Throws `CudaError` if it does not return success. */
  do(name: CallName, ...args: Argument[]): void {
    const status = this.#call[name](...args);
    if (status !== 0) throw this.error(name, status);
  }

  /** Calls a function whose first parameter is the output for a handle or an address, and returns that. */
  make(name: CallName, ...args: Argument[]): number {
    this.#box[0] = 0n;
    this.do(name, this.#box, ...args);
    return Number(this.#box[0]);
  }

  /** Calls a function whose first parameter is the output for a 32-bit integer, and returns that. */
  ask(name: CallName, ...args: Argument[]): number {
    this.#words[0] = 0;
    this.do(name, this.#words, ...args);
    return this.#words[0]!;
  }

  /** Calls a function whose first two parameters are an output buffer for text and its size, and returns the text. */
  text(name: CallName, device: number): string {
    const bytes = Buffer.alloc(256);
    this.do(name, bytes, bytes.length, device);
    return bytes.toString('utf8', 0, bytes.indexOf(0));
  }

  /** The UUID of the device, or of the part of a GPU (MIG) that it is, as nvidia-smi prints it after `GPU-` or `MIG-`. */
  uuid(device: number): string {
    const bytes = Buffer.alloc(16);
    this.do('cuDeviceGetUuid_v2', bytes, device);
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /**
   * Releases a resource. Errors are ignored, so that they do not hide an earlier one. Once the context is lost it does nothing.
   */
  release(name: CallName, ...args: Argument[]): void {
    if (!this.#lost) this.#call[name](...args);
  }

  /**
   * Waits for a stream whose results are abandoned. Returns the error if the device turns out to be lost and this was not
   * reported yet.
   */
  settle(stream: number): CudaError | undefined {
    if (this.#lost) return undefined;
    const status = this.#call.cuStreamSynchronize(stream);
    const error = status === 0 ? undefined : this.error('cuStreamSynchronize', status);
    return error?.deviceIsLost ? error : undefined;
  }

  /** Free and total device memory, in bytes. */
  memory(): { freeBytes: number; totalBytes: number } {
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    this.do('cuMemGetInfo_v2', free, total);
    return { freeBytes: Number(free[0]), totalBytes: Number(total[0]) };
  }

  /** Loads PTX and returns the module. The error contains the log of the driver's just-in-time compiler. */
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

  /** Checks the status of a raw function that a loop called. Throws `CudaError` if it is not success. */
  must(name: CallName, status: number): void {
    if (status !== 0) throw this.error(name, status);
  }

  /** The `CudaError` of a status. Notes whether the device is lost. */
  error(name: CallName, status: number, log?: string): CudaError {
    const { name: known, sentence } = this.library.describe(status);
    const error = new CudaError(name, status, known, sentence, log);
    if (error.deviceIsLost) this.#lost = true;
    return error;
  }
}
