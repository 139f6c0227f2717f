import type { Dataset } from '../../data/dataset.js';
import { type Plan, rowBytesOf } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import { formatBytes } from '../../units.js';
import type { Device, DeviceInfo, Session, Support } from '../engine.js';
import type { Tfjs } from './namespace.js';
import { TfjsSession } from './session.js';

/** The properties of a tfjs backend. */
export interface BackendTraits {
  /** The backend's name in its tfjs namespace. */
  readonly backend: string;
  /** Whether scalars can only be read through a promise. */
  readonly awaits?: boolean;
  /** The size of the largest possible tensor, in bytes. */
  readonly largestTensorBytes?: number;
  /** Whether its binding crashes the process on an array in shared memory, so that it needs a copy of such a dataset. */
  readonly needsUnshared?: boolean;
  /** Releases the resources of the backend; tensors belong to sessions. */
  readonly close?: () => void;
}

/** A tfjs backend as a device. tfjs decides when bytes move, so copies are not clocked. */
export class TfjsDevice implements Device {
  readonly info: DeviceInfo;
  readonly clocksCopies = false;
  readonly #tf: Tfjs;
  readonly #traits: BackendTraits;
  /** The copies of datasets in shared memory, one for all sessions. */
  readonly #unshared = new WeakMap<Dataset, Float32Array>();

  constructor(tf: Tfjs, info: DeviceInfo, traits: BackendTraits) {
    this.#tf = tf;
    this.info = info;
    this.#traits = traits;
  }

  supports(strategy: Strategy, plan: Plan): Support {
    if (plan.dtype !== 'float32') {
      return {
        reason: `the TensorFlow.js engines support only float32, and the dataset is ${plan.dtype}: use --dtype float32`,
      };
    }
    if (strategy.loop === 'replay') return { reason: 'TensorFlow.js cannot record a CUDA graph' };
    // Chunks may be staged in pageable memory too: their benefit is fewer copies.
    const chunk = strategy.loop === 'chunk';
    if (strategy.hostMemory === 'page-locked' && !chunk)
      return { reason: 'TensorFlow.js cannot page-lock host memory' };
    if (strategy.loop !== 'step' && !chunk)
      return { reason: `TensorFlow.js has no loop for ${strategy.name}` };
    const { largestTensorBytes = Number.POSITIVE_INFINITY } = this.#traits;
    const rows = strategy.resident ? plan.rows : chunk ? plan.chunk * plan.batch : plan.batch;
    const bytes = rows * rowBytesOf(plan);
    if (bytes <= largestTensorBytes) return 'yes';
    const what = strategy.resident ? 'the dataset' : chunk ? 'a chunk' : 'a mini-batch';
    return {
      reason: `${what}, ${formatBytes(bytes)}, does not fit in the device's largest buffer, ${formatBytes(largestTensorBytes)}`,
    };
  }

  async prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session> {
    // A namespace has one active backend, and another device may have activated its own.
    await this.#tf.setBackend(this.#traits.backend);
    return new TfjsSession(this.#tf, this.#valuesOf(dataset), plan, strategy, this.#traits.awaits);
  }

  #valuesOf(dataset: Dataset): Float32Array {
    const values = dataset.values as Float32Array;
    if (!this.#traits.needsUnshared || values.buffer instanceof ArrayBuffer) return values;
    const copy = this.#unshared.get(dataset) ?? values.slice();
    this.#unshared.set(dataset, copy);
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#traits.close?.();
  }
}
