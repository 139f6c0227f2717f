import type { RecordableHistogram } from 'node:perf_hooks';
import type { Dataset } from '../data/dataset.js';
import type { Order } from '../plan/order.js';
import type { Plan } from '../plan/plan.js';
import type { Strategy } from '../plan/strategy.js';
import type { ComputeMode, EngineName } from '../words.js';

/** What an engine knows of a device; what it cannot know is absent, not zero. */
export interface DeviceInfo {
  /** As its maker names it. */
  readonly name: string;
  /** False for a processor or a software adapter, whose figures say nothing about a GPU. */
  readonly gpu: boolean;
  /** The software between pinbench and the device, with its version. */
  readonly runtime: string;
  readonly memoryBytes?: number;
  /** CUDA's, such as `9.0`. */
  readonly computeCapability?: string;
  readonly multiprocessors?: number;
  readonly l2Bytes?: number;
  readonly pciBusId?: string;
  readonly uuid?: string;
  /** Version of the device's driver. */
  readonly driver?: string;
  /** A part of a GPU that is shared out (MIG). */
  readonly mig?: boolean;
  readonly ecc?: boolean;
  readonly persistence?: boolean;
  /** Whether clocks, throttling and link can be seen; absent where an engine never sees them. */
  readonly monitored?: boolean;
  /** The file of the library that would show them, where it is there and damaged. */
  readonly damagedMonitor?: string;
  /** Processes that computed on it before this run did. */
  readonly processes?: number;
  /** Whether it draws for a display. */
  readonly display?: boolean;
  /** Which processes may use it. */
  readonly computeMode?: ComputeMode;
  /** Whether MPS may be there, by which processes share it. */
  readonly mps?: boolean;
  /** The host's memory node it is nearest to. */
  readonly numaNode?: number;
  /** The host's memory nodes with a processor that this process may run on. */
  readonly processNodes?: readonly number[];
  /** Host and device share one memory: a copy does not cross a bus. */
  readonly integrated?: boolean;
  /** A coherent link, and not PCIe, joins it to the host's memory. Copies cross it. */
  readonly coherentLink?: boolean;
}

/** A PCIe link: what it ran at while copies were under way, and what device and slot could do. */
export interface Link {
  readonly generation: number;
  /** Lanes. */
  readonly width: number;
  readonly maxGeneration: number;
  readonly maxWidth: number;
}

/** The state a device is in at a moment; what cannot be known is absent. */
export interface Condition {
  readonly smMHz?: number;
  readonly memoryMHz?: number;
  readonly watts?: number;
  readonly celsius?: number;
  /** Why it runs slower than it could; empty where it does not. */
  readonly throttled?: readonly string[];
}

/** Whether an engine is there; if not, why, and the command that mends it. */
export type Availability =
  | { readonly available: true; readonly devices: readonly DeviceInfo[] }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** Whether a device can run a strategy of a plan, or the reason why not. */
export type Support = 'yes' | { readonly reason: string };

/** Something that executes the graph. */
export interface Engine {
  readonly name: EngineName;
  /** Looks, without keeping anything open. Never throws. */
  probe(): Promise<Availability>;
  /** Opens the device of that ordinal; a `PinbenchError` of code `engine` where it is not there. */
  open(device: number): Promise<Device>;
}

/** An opened device. Disposing it releases all it holds. */
export interface Device extends AsyncDisposable {
  readonly info: DeviceInfo;
  /** Whether the engine itself moves the bytes. False: the framework decides when they move, and reports say so. */
  readonly clocksCopies: boolean;
  supports(strategy: Strategy, plan: Plan): Support;
  /** Memory of the device that nobody has taken, bytes. Absent where an engine does not say. */
  freeBytes?(): number;
  /** Steps that only launch an empty kernel and wait for it. No strategy can be faster. Absent where an engine has no such thing. */
  floor?(): Session;
  /** What the calls from JavaScript to the driver cost in one step of a strategy, ns. Absent where no such calls are made. */
  callsNsPerStep?(strategy: Strategy, plan: Plan): number;
  /** The state the device is in; looked at before and after timed blocks. */
  condition?(): Condition | undefined;
  /** The link to the host; looked at while copies are under way. */
  link?(): Link | undefined;
  /**
   * Allocates what the strategy needs and makes it ready, without uploading anything. Sessions of one device that exist at the
   * same time share one resident and one page-locked copy of the dataset; the last of them to be disposed frees it. May throw
   * `StrategyUnavailable`.
   */
  prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session>;
}

/** Where a step's time goes on the device, mean over the steps looked at, ns. */
export interface Phases {
  /** From host to device. */
  readonly copy: number;
  readonly graph: number;
  /** The scalar's way back, where it is a copy. */
  readonly fetch: number;
}

/** Why something was not measured. */
export interface Unmeasured {
  readonly reason: string;
}

/** One strategy, allocated. Nothing is uploaded before `setup` or after dispose. */
export interface Session extends AsyncDisposable {
  /**
   * Calls of `steps` should cover whole multiples of this many steps, what a recorded graph holds: those that are left at the end
   * of a call are run one by one. Absent: any number is as good.
   */
  readonly stepMultiple?: number;
  /** No call of `steps` may cover more steps: room for their scalars. Absent: any number. */
  readonly maxSteps?: number;
  /** Uploads what the strategy keeps on the device, and waits until it is there. May run several times. May throw `StrategyUnavailable`. */
  setup(): Promise<void>;
  /**
   * Runs the steps `[from, to)` of `order` and writes `out[k]`, the scalar of step `from + k`. With `stepNs` the time of every
   * step in ns is recorded there, which costs time of its own. A synchronous engine returns nothing, so that it pays for no promise.
   */
  steps(
    order: Order,
    from: number,
    to: number,
    out: Float64Array,
    stepNs?: RecordableHistogram,
  ): Promise<void> | void;
  /** Bytes that have gone to the device so far, counted where they are copied. Only engines that clock copies have it. */
  h2dBytes?(): number;
  /** Runs the steps `[from, to)` with a clock of the device between their parts. This is slower, and never part of a timed block. */
  phases?(order: Order, from: number, to: number): Phases | Unmeasured;
}

/** Thrown by `prepare`, `setup` or `steps` when the device cannot take the strategy after all: its row is skipped with this reason. */
export class StrategyUnavailable extends Error {
  override readonly name = 'StrategyUnavailable';
}

/** Whether an error means that nothing will work on its device any more, whichever strategy is tried. */
export function deviceIsLost(error: unknown): boolean {
  return error instanceof Error && 'deviceIsLost' in error && error.deviceIsLost === true;
}
