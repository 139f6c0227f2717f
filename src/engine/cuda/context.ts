import { readFileSync } from 'node:fs';
import type { DType } from '../../words.js';
import type { Driver } from './driver.js';
import { BLOCK, type GridLimits } from './grid.js';
import type { Library } from './library.js';

/** CU_CTX_SCHED_SPIN: the host spins while it waits for the device. */
const SPIN = 1;
/** CU_STREAM_NON_BLOCKING: the stream does not synchronize with the null stream. */
export const NON_BLOCKING = 1;

/** The numbers of device attributes in cuda.h. */
export const ATTRIBUTE = {
  multiprocessors: 16,
  integrated: 18,
  l2Bytes: 38,
  computeMajor: 75,
  computeMinor: 76,
  /** The device reads host memory through the host's page tables, over a coherent link such as NVLink-C2C on GH200. */
  usesHostPageTables: 100,
} as const;

/** The loaded kernels of one dtype. */
export interface Kernels extends GridLimits {
  readonly slice: number;
  readonly gather: number;
  readonly empty: number;
  readonly gate: number;
}

/** The context of each library that pinbench last made current in this thread. */
const current = new WeakMap<Library, number>();

/** The device's primary context, a stream of its own, and the modules loaded into it. `close` releases them in reverse. */
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
      // The driver refuses this if other code of the process already created the context: its scheduling then stays.
      driver.release('cuDevicePrimaryCtxSetFlags_v2', device, SPIN);
      this.#handle = driver.make('cuDevicePrimaryCtxRetain', device);
      this.#releases.push(() => {
        driver.release('cuCtxSetCurrent', 0);
        current.set(driver.library, 0);
        // The driver counts references: the last release destroys the context.
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
   * Makes the context current in this thread, if another one is. Until the next `await`, driver calls belong to this context. No
   * call is made if it is current already, as in most steps.
   */
  enter(): void {
    const { library } = this.driver;
    if (current.get(library) === this.#handle) return;
    this.driver.do('cuCtxSetCurrent', this.#handle);
    current.set(library, this.#handle);
  }

  /** Like `enter`, but ignores errors: for use before resources are released. */
  enterToRelease(): void {
    const { library } = this.driver;
    if (current.get(library) === this.#handle) return;
    this.driver.release('cuCtxSetCurrent', this.#handle);
    current.set(library, this.#handle);
  }

  attribute(number: number): number {
    return this.driver.ask('cuDeviceGetAttribute', number, this.device);
  }

  /** The kernels of a dtype. The driver compiles them at their first use. */
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
