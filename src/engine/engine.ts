import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import type { Order } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { ComputeMode, EngineName } from '../words.js';

/** What an engine knows about a device. A value that it cannot know is absent, not zero. */
export interface DeviceInfo {
  /** The vendor's name of the device. */
  readonly name: string;
  /** False for a CPU or a software adapter, whose figures say nothing about a GPU. */
  readonly gpu: boolean;
  /** The software between pinbench and the device, with its version. */
  readonly runtime: string;
  readonly memoryBytes?: number;
  /** CUDA compute capability, for example `9.0`. */
  readonly computeCapability?: string;
  readonly multiprocessors?: number;
  readonly l2Bytes?: number;
  readonly pciBusId?: string;
  readonly uuid?: string;
  /** The driver's version. */
  readonly driver?: string;
  /** Whether the device is a part of a GPU that is partitioned with MIG. */
  readonly mig?: boolean;
  readonly ecc?: boolean;
  readonly persistence?: boolean;
  /** Whether clocks, throttling and the link can be read; absent if the engine never reads them. */
  readonly monitored?: boolean;
  /** The file of the monitoring library, if it exists and is damaged. */
  readonly damagedMonitor?: string;
  /** Number of processes that computed on the device before this run. */
  readonly processes?: number;
  /** Whether the device drives a display. */
  readonly display?: boolean;
  /** Which processes may use the device. */
  readonly computeMode?: ComputeMode;
  /** Whether MPS, through which processes share a device, may be running. */
  readonly mps?: boolean;
  /** The NUMA node closest to the device. */
  readonly numaNode?: number;
  /** The NUMA nodes that contain a CPU this process may run on. */
  readonly processNodes?: readonly number[];
  /** Whether host and device share one memory, so that a copy does not cross a bus. */
  readonly integrated?: boolean;
  /** Whether a coherent link instead of PCIe connects the device to host memory. Copies cross that link. */
  readonly coherentLink?: boolean;
}

/** A PCIe link: its state during copies, and the best that device and slot support. */
export interface Link {
  readonly generation: number;
  /** Number of lanes. */
  readonly width: number;
  readonly maxGeneration: number;
  readonly maxWidth: number;
}

/** The state of a device at one moment. A value that cannot be known is absent. */
export interface Condition {
  readonly smMHz?: number;
  readonly memoryMHz?: number;
  readonly watts?: number;
  readonly celsius?: number;
  /** Why the device runs slower than it could; empty if it does not. */
  readonly throttled?: readonly string[];
}

/** Whether an engine is available; if not, the reason and what to do about it. */
export type Availability =
  | { readonly available: true; readonly devices: readonly DeviceInfo[] }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** `yes` if a device can run a strategy of a plan, or the reason why not. */
export type Support = 'yes' | { readonly reason: string };

/** Something that executes the graph. */
export interface Engine {
  readonly name: EngineName;
  /** Finds the engine's devices without keeping anything open. Never throws. */
  probe(): Promise<Availability>;
  /** Opens the device with that ordinal. Throws a `PinbenchError` with code `engine` if there is none. */
  open(device: number): Promise<Device>;
}

/** An open device. Disposing it releases everything it holds. */
export interface Device extends AsyncDisposable {
  readonly info: DeviceInfo;
  /** Whether the engine itself moves the bytes. If false, the framework decides when they move, and reports say so. */
  readonly clocksCopies: boolean;
  supports(strategy: Strategy, plan: Plan): Support;
  /** Free device memory in bytes. Absent if the engine cannot tell. */
  freeBytes?(): number;
  /**
   * Steps that only launch an empty kernel and wait for it. No strategy can be faster. Absent if the engine has no such steps.
   */
  floor?(): Session;
  /**
   * The cost of the calls from JavaScript to the driver in one step of a strategy, in ns. Absent if the engine makes no such
   * calls.
   */
  callsNsPerStep?(strategy: Strategy, plan: Plan): number;
  /** The device's current state, read before and after timed blocks. */
  condition?(): Condition | undefined;
  /** The state of the link to the host, read during copies. */
  link?(): Link | undefined;
  /**
   * Allocates and prepares everything the strategy needs, without uploading anything. Sessions of one device that exist at the
   * same time share one resident and one page-locked copy of the dataset, which is freed when the last of them is disposed. May
   * throw `StrategyUnavailable`.
   */
  prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session>;
}

/** Time that each part of a step takes on the device, in ns: the mean over the measured steps. */
export interface Phases {
  /** The copy from host to device. */
  readonly copy: number;
  readonly graph: number;
  /** The copy of the scalar to the host, if the scalar is copied. */
  readonly fetch: number;
}

/** Why something was not measured. */
export interface Unmeasured {
  readonly reason: string;
}

/** One strategy with its memory allocated. Nothing is uploaded before `setup` or after disposal. */
export interface Session extends AsyncDisposable {
  /**
   * Calls of `steps` should cover a multiple of this many steps, the number in a recorded graph: the remaining steps of a call
   * run one by one. Absent if every number is equally good.
   */
  readonly stepMultiple?: number;
  /** The most steps in one call of `steps`, limited by the room for their scalars. Absent if there is no limit. */
  readonly maxSteps?: number;
  /**
   * Uploads the resident dataset, if the strategy has one, and waits for the upload. May be called repeatedly. May throw
   * `StrategyUnavailable`.
   */
  setup(): Promise<void>;
  /**
   * Runs the steps `[from, to)` of `order` and writes the scalar of step `from + k` to `out[k]`. With `stepNs`, the time of every
   * step in ns is recorded there, which itself costs time. A synchronous engine returns nothing, to avoid the cost of a promise.
   */
  steps(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    stepNs?: RecordableHistogram,
  ): Promise<void> | void;
  /** Bytes that all sessions of the device have copied to it, or read over the link, so far. Only engines that clock copies have this. */
  h2dBytes?(): number;
  /** Runs the steps `[from, to)` and times their parts on the device. This is slower, and never part of a timed block. */
  phases?(order: Order, from: number, to: number): Phases | Unmeasured;
}

/**
 * Thrown by `prepare`, `setup` or `steps` if the device cannot run the strategy after all: its row is skipped with this reason.
 */
export class StrategyUnavailable extends Error {
  override readonly name = 'StrategyUnavailable';
}

/** Whether an error means that its device is unusable, for every strategy. */
export function deviceIsLost(error: unknown): boolean {
  return error instanceof Error && 'deviceIsLost' in error && error.deviceIsLost === true;
}
