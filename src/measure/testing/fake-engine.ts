import type { Dataset } from '../../data/dataset.js';
import type { Device, Session, Support, Unmeasured } from '../../engine/engine.js';
import type { OpenedEngine } from '../../engine/registry.js';
import { indexesOf } from '../../plan/order.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { StrategyName } from '../../words.js';
import type { Clock } from '../clock.js';

/** A clock that moves only by `advance`, and by `readNs` at every read. */
export class VirtualClock implements Clock {
  readonly #readNs: number;
  #ns = 0;

  constructor(readNs = 0) {
    this.#readNs = readNs;
  }

  nowNs(): number {
    this.#ns += this.#readNs;
    return this.#ns;
  }

  advance(ns: number): void {
    this.#ns += ns;
  }
}

/** The behaviour of a fake device. */
export interface FakeScript {
  /** Virtual time of one step of a strategy, ns. It is called once per call of `steps`, in the sequence of the calls. */
  readonly stepNs?: (strategy: StrategyName, plan: Plan) => number;
  readonly allocateNs?: (strategy: StrategyName) => number;
  readonly setupNs?: (strategy: StrategyName) => number;
  readonly supports?: (strategy: Strategy, plan: Plan) => Support;
  /** May change the correct scalars of a call, or throw. */
  readonly tamper?: (out: Float64Array, strategy: StrategyName) => void;
  /** May throw. */
  readonly onPrepare?: (strategy: StrategyName) => void;
  readonly onSetup?: (strategy: StrategyName) => void;
  /** Makes the device time phases. May throw, or return why they cannot be timed. */
  readonly onPhases?: () => Unmeasured | undefined;
  readonly stepMultiple?: (strategy: StrategyName, plan: Plan) => number | undefined;
  readonly maxSteps?: number;
  /** Makes sessions count the bytes that a strategy moves. `extraBytes` are added in each call. */
  readonly countsBytes?: boolean;
  readonly extraBytes?: number;
}

/** A device whose steps take virtual time and return correct scalars. `log` lists its calls in sequence. */
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

  async prepare(dataset: Dataset, plan: Plan, strategy: Strategy): Promise<Session> {
    const { name, resident } = strategy;
    let bytes = 0;
    const { clock, log } = this;
    const script = this.#script;
    const values = dataset.values as Float32Array;
    const stepMultiple = script.stepMultiple?.(name, plan);
    const width = plan.sampling === 'slice' ? plan.batch * plan.cols : plan.cols;
    const sums = new Map<number, number>();
    const sumOf = (index: number) => {
      const known = sums.get(index) ?? squares(values.subarray(index * width, (index + 1) * width));
      sums.set(index, known);
      return known;
    };
    log.push(`prepare ${name}`);
    clock.advance(script.allocateNs?.(name) ?? 0);
    script.onPrepare?.(name);
    return {
      ...(stepMultiple !== undefined && { stepMultiple }),
      ...(script.maxSteps !== undefined && { maxSteps: script.maxSteps }),
      async setup() {
        log.push(`setup ${name}`);
        if (resident) bytes += plan.rows * plan.cols * 4;
        clock.advance(script.setupNs?.(name) ?? 0);
        script.onSetup?.(name);
      },
      steps(order, from, to, out, stepNs) {
        // Only a call that reaches the end of an epoch may have fewer steps than a multiple.
        const whole = (to - from) % (stepMultiple ?? 1) === 0 || to % plan.stepsPerEpoch === 0;
        if (!whole) throw new Error(`${to - from} steps`);
        log.push(`${stepNs === undefined ? 'steps' : 'single steps'} ${name} ${to - from}`);
        const indexes = indexesOf(order);
        const perStep = order.kind === 'slice' ? 1 : plan.batch;
        for (let step = from; step < to; step++) {
          let sum = 0;
          if (!resident) {
            const begin = indexes[step]! * plan.batch;
            const visited = order.kind === 'slice' ? Math.min(plan.batch, plan.rows - begin) : plan.batch;
            bytes += visited * plan.cols * 4;
          }
          for (let at = step * perStep; at < (step + 1) * perStep && at < indexes.length; at++)
            sum += sumOf(indexes[at]!);
          out[step - from] = sum;
        }
        bytes += script.extraBytes ?? 0;
        script.tamper?.(out.subarray(0, to - from), name);
        const ns = script.stepNs?.(name, plan) ?? 1000;
        clock.advance(ns * (to - from));
        for (let step = from; step < to; step++) stepNs?.record(Math.max(1, Math.round(ns)));
      },
      ...(script.countsBytes && { h2dBytes: () => bytes }),
      ...(script.onPhases && {
        phases() {
          return script.onPhases?.() ?? { copy: 1, graph: 1, fetch: 1 };
        },
      }),
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
