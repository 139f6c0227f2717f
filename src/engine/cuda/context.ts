import { readFileSync } from 'node:fs';
import type { DType } from '../../words.js';
import type { Driver } from './driver.js';
import { BLOCK, type GridLimits } from './grid.js';
import type { Library } from './library.js';

/** CU_CTX_SCHED_SPIN: the host waits for the device at full speed. */
const SPIN = 1;
/** CU_STREAM_NON_BLOCKING: nothing waits for the null stream. */
export const NON_BLOCKING = 1;

/** Device attributes by their number in cuda.h. */
export const ATTRIBUTE = {
  multiprocessors: 16,
  integrated: 18,
  l2Bytes: 38,
  computeMajor: 75,
  computeMinor: 76,
  /** The device reads host memory through the host's own page tables: a coherent link such as NVLink-C2C joins them, as on GH200. */
  usesHostPageTables: 100,
} as const;

/** The kernels of one dtype, loaded. */
export interface Kernels extends GridLimits {
  readonly slice: number;
  readonly gather: number;
  readonly empty: number;
  readonly gate: number;
}

/** The context that is current in this thread of a library, as far as pinbench has set it. */
const current = new WeakMap<Library, number>();

/** The device's primary context with a stream of its own, and what was loaded into it. Closing releases in reverse. */
export class Context {
  readonly driver: Driver;
  readonly device: number;
  readonly stream: number;
  #handle = 0;
  readonly #releases: (() => void)[] = [];
  readonly #kernels = new Map<DType, Kernels>();

  constructor(driver: Driver, device: number) {
    this.driver = driver;
    this.device = device;
    try {
      // Refused where another part of the process has made the context already: then its own scheduling stays.
      driver.release('cuDevicePrimaryCtxSetFlags_v2', device, SPIN);
      this.#handle = driver.make('cuDevicePrimaryCtxRetain', device);
      this.#releases.push(() => {
        driver.release('cuCtxSetCurrent', 0);
        current.set(driver.library, 0);
        // The driver counts: the context ends with the last that retained it.
        driver.release('cuDevicePrimaryCtxRelease_v2', device);
      });
      this.enter();
      const stream = driver.make('cuStreamCreate', NON_BLOCKING);
      this.#releases.push(() => driver.release('cuStreamDestroy_v2', stream));
      this.stream = stream;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Makes the context current in this thread, where another context of the process has been since. What is called without a
   * promise in between belongs to this one. No call is made where it is current already, as in most steps.
   */
  enter(): void {
    const { library } = this.driver;
    if (current.get(library) === this.#handle) return;
    this.driver.do('cuCtxSetCurrent', this.#handle);
    current.set(library, this.#handle);
  }

  /** The same before something is released, which must not throw. */
  enterToRelease(): void {
    const { library } = this.driver;
    if (current.get(library) === this.#handle) return;
    this.driver.release('cuCtxSetCurrent', this.#handle);
    current.set(library, this.#handle);
  }

  attribute(number: number): number {
    return this.driver.ask('cuDeviceGetAttribute', number, this.device);
  }

  /** The kernels of a dtype; compiled by the driver at their first use. */
  kernels(dtype: DType): Kernels {
    const known = this.#kernels.get(dtype);
    if (known !== undefined) return known;
    const { driver } = this;
    const ptx = readFileSync(new URL(`./kernels/sum_of_squares_${dtype}.ptx`, import.meta.url), 'latin1');
    const module = driver.loadModule(ptx);
    const unload = () => driver.release('cuModuleUnload', module);
    try {
      const slice = driver.make('cuModuleGetFunction', module, `slice_${dtype}`);
      const residentBlocks = driver.ask('cuOccupancyMaxActiveBlocksPerMultiprocessor', slice, BLOCK, 0);
      const kernels: Kernels = {
        slice,
        gather: driver.make('cuModuleGetFunction', module, `gather_${dtype}`),
        empty: driver.make('cuModuleGetFunction', module, 'empty'),
        gate: driver.make('cuModuleGetFunction', module, 'gate'),
        residentBlocks,
        multiprocessors: this.attribute(ATTRIBUTE.multiprocessors),
      };
      this.#kernels.set(dtype, kernels);
      this.#releases.push(unload);
      return kernels;
    } catch (error) {
      unload();
      throw error;
    }
  }

  close(): void {
    if (this.#releases.length > 0) this.enterToRelease();
    for (const release of this.#releases.splice(0).reverse()) release();
  }
}
