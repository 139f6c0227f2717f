import type { Dataset } from '../../data/dataset.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { Device, DeviceInfo, Session, Support } from '../engine.js';
import type { Tfjs } from './namespace.js';
import { TfjsSession } from './session.js';

/** A tfjs backend as a device. tfjs decides itself when bytes move, so the copies are not clocked. */
export class TfjsDevice implements Device {
  readonly info: DeviceInfo;
  readonly clocksCopies = false;
  readonly #tf: Tfjs;

  /** `tf` must already have its backend set. */
  constructor(tf: Tfjs, info: DeviceInfo) {
    this.#tf = tf;
    this.info = info;
  }

  supports(strategy: Strategy, plan: Plan): Support {
    if (plan.dtype !== 'float32') {
      return {
        reason: `TensorFlow.js squares float32 alone, the dataset is ${plan.dtype}: use --dtype float32`,
      };
    }
    if (strategy.replay) return { reason: 'TensorFlow.js cannot record a CUDA graph' };
    if (strategy.hostMemory === 'page-locked')
      return { reason: 'TensorFlow.js cannot page-lock host memory' };
    return 'yes';
  }

  async prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session> {
    return new TfjsSession(this.#tf, dataset.values as Float32Array, plan, strategy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Tensors belong to sessions; the backend belongs to the process.
  }
}
