import type { Dataset } from '../../data/dataset.js';
import type { Device, Session, Support } from '../../engine/engine.js';
import type { OpenedEngine } from '../../engine/registry.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { StrategyName } from '../../words.js';
import type { Clock } from '../clock.js';

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  #ns = 0;
  nowNs(): number {
    return this.#ns;
  }
  advance(ns: number): void {
    this.#ns += ns;
  }
}

/** What a fake device is told to do. */
export interface FakeScript {
  /** Virtual ns of one epoch of a strategy; called once an epoch, in the order they run. */
  readonly epochNs?: (strategy: StrategyName, plan: Plan) => number;
  readonly setupNs?: (strategy: StrategyName) => number;
  readonly supports?: (strategy: Strategy, plan: Plan) => Support;
  /** May change the right scalars, or throw. */
  readonly tamper?: (out: Float64Array, strategy: StrategyName) => void;
  readonly onSetup?: (strategy: StrategyName) => void;
}

/** A device whose steps take virtual time and whose scalars are right. `log` tells what happened, in order. */
export class FakeDevice implements Device {
  readonly info = { name: 'fake device', gpu: true, runtime: 'virtual time' };
  readonly clocksCopies = true;
  readonly log: string[] = [];
  readonly clock: VirtualClock;
  readonly #script: FakeScript;

  constructor(clock: VirtualClock, script: FakeScript = {}) {
    this.clock = clock;
    this.#script = script;
  }

  get opened(): OpenedEngine {
    return { engine: 'cuda', device: this };
  }

  supports(strategy: Strategy, plan: Plan): Support {
    return this.#script.supports?.(strategy, plan) ?? 'yes';
  }

  async prepare(dataset: Dataset, plan: Plan, { name }: Strategy): Promise<Session> {
    this.log.push(`prepare ${name}`);
    const values = dataset.values as Float32Array;
    const { clock, log } = this;
    const script = this.#script;
    return {
      async setup() {
        log.push(`setup ${name}`);
        clock.advance(script.setupNs?.(name) ?? 0);
        script.onSetup?.(name);
      },
      epoch(order, out, stepNs) {
        log.push(`${stepNs === undefined ? 'epoch' : 'steps'} ${name}`);
        order.forEach((index, step) => {
          out[step] = squares(
            values.subarray(index * plan.batch * plan.cols, (index + 1) * plan.batch * plan.cols),
          );
        });
        script.tamper?.(out, name);
        if (stepNs === undefined) clock.advance(script.epochNs?.(name, plan) ?? 1000);
        else stepNs.record(1000);
      },
      async [Symbol.asyncDispose]() {
        log.push(`dispose ${name}`);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.log.push('dispose device');
  }
}

function squares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** A float32 dataset in memory: `values`, or 0, 1, 2… */
export function datasetOf(
  rows: number,
  cols: number,
  values = Float32Array.from({ length: rows * cols }, (_, i) => i),
): Dataset {
  return { path: 'memory.npy', format: 'npy', dtype: 'float32', rows, cols, values };
}
