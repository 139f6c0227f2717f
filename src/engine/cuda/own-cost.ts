import { performance } from 'node:perf_hooks';
import { median } from 'simple-statistics';
import { chunksIn } from '../../plan/chunks.js';
import type { Plan } from '../../plan/plan.js';
import type { Strategy } from '../../plan/strategy.js';
import type { LoopName } from '../../tables/strategies.js';
import type { CallName, RawCalls } from './declarations.js';
import type { Library } from './library.js';
import { offHeap } from './memory.js';
import { recordedSteps } from './replay.js';

/** Calls a function `times` times with arguments like those of a step; `at` is the address that a harmless function writes to. */
type Repeat = (call: RawCalls[CallName], at: number, times: number) => void;

/** The driver calls of steps. Each has its own loop, so that V8 optimizes the call as it does in a step. */
const REPEATS = {
  cuMemcpyHtoDAsync_v2: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, at, 4096, at);
  },
  cuMemcpyDtoHAsync_v2: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, at, 8, at);
  },
  cuLaunchKernel: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, 1, 1, 1, 256, 1, 1, 0, at, at, 0);
  },
  cuGraphLaunch: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, at);
  },
  cuStreamSynchronize: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at);
  },
  cuStreamWaitEvent: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, at, 0);
  },
  cuEventRecord: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at, at);
  },
  cuEventSynchronize: (call, at, times) => {
    for (let i = 0; i < times; i++) call(at);
  },
} as const satisfies Partial<Record<CallName, Repeat>>;

export type StepCall = keyof typeof REPEATS;
export const STEP_CALLS = Object.keys(REPEATS) as StepCall[];

/** Calls per round, rounds that are timed, and earlier rounds that are not, so that V8 has optimized the loop by then. */
const CALLS = 1000;
const ROUNDS = 20;
const WARM_UP_ROUNDS = 10;

/**
 * The mean number of each call per step, over an epoch run by one call of `Session.steps`. A test counts the calls of every
 * strategy and compares them with this table.
 */
export function callsPerStep(strategy: Strategy, plan: Plan): Calls {
  return CALLS_OF[strategy.loop](strategy, plan);
}

type Calls = Readonly<Record<StepCall, number>>;

/** The calls of each loop. */
const CALLS_OF: Readonly<Record<LoopName, (strategy: Strategy, plan: Plan) => Calls>> = {
  step: callsOfSteps,
  ahead: callsOfSteps,
  chunk: callsOfChunks,
  replay: callsOfSteps,
};

function callsOfSteps({ resident, mapped, loop }: Strategy, plan: Plan): Calls {
  const [overlap, replay] = [loop === 'ahead', loop === 'replay'];
  const gather = plan.sampling === 'gather';
  const steps = plan.stepsPerEpoch;
  /** Steps per replay, and the steps of an epoch that remain after the last replay. */
  const recorded = replay ? recordedSteps(plan) : 1;
  const left = steps % recorded;
  const replays = (steps - left) / recorded;
  /** How often scalars are fetched in an epoch. */
  const fetches = replay ? replays + (left > 0 ? 1 : 0) : plan.fetch === 'epoch' ? 1 : steps;
  const perFetch = fetches / steps;
  const copies = !resident && !mapped;
  // With `--fetch epoch` the host waits for a copy to end before it overwrites the staging memory.
  const staged = gather && plan.fetch === 'epoch' ? 1 : 0;
  const deferred = overlap && plan.fetch === 'epoch';
  return {
    cuMemcpyHtoDAsync_v2: replay ? perFetch : copies || gather ? 1 : 0,
    cuMemcpyDtoHAsync_v2: plan.readback === 'copy' ? perFetch : 0,
    cuLaunchKernel: replay ? left / steps : 1,
    cuGraphLaunch: replay ? replays / steps : 0,
    cuStreamSynchronize: perFetch,
    // The graph waits for its copy. With `--fetch epoch` a copy also waits for the graph of two steps before.
    cuStreamWaitEvent: (overlap ? 1 : 0) + (deferred ? Math.max(0, steps - 2) / steps : 0),
    cuEventRecord: (overlap ? 1 : 0) + (deferred ? 1 : 0) + staged,
    cuEventSynchronize: staged,
  };
}

/** The same for `feed-chunk`, where only the launch and, with `--fetch step`, the fetch happen in every step. */
function callsOfChunks(_: Strategy, plan: Plan): Calls {
  const { stepsPerEpoch: steps, fetch } = plan;
  const perFetch = fetch === 'epoch' ? 1 / steps : 1;
  const chunks = chunksIn(plan.chunk, steps);
  const deferred = fetch === 'epoch';
  // Memory is reused from the third chunk on.
  const again = Math.max(0, chunks - 2);
  return {
    cuMemcpyHtoDAsync_v2: chunks / steps,
    cuMemcpyDtoHAsync_v2: plan.readback === 'copy' ? perFetch : 0,
    cuLaunchKernel: 1,
    cuGraphLaunch: 0,
    cuStreamSynchronize: perFetch,
    cuStreamWaitEvent: (chunks + (deferred ? again : 0)) / steps,
    cuEventRecord: (chunks + (deferred ? chunks : 0)) / steps,
    cuEventSynchronize: again / steps,
  };
}

/** The cost of calls from JavaScript to the driver, measured by calling a function that only writes a number instead. */
export class OwnCost {
  readonly #library: Library;
  readonly #measured = new Map<StepCall, number>();
  /** The memory that harmless functions write to. Its address stays fixed. */
  readonly #room = offHeap(new Uint8Array(128));

  constructor(library: Library) {
    this.#library = library;
  }

  /** The cost of the calls of one step, in ns. Each call is measured, for a few milliseconds, when it is first needed. */
  perStepNs(strategy: Strategy, plan: Plan): number {
    let total = 0;
    for (const [name, times] of Object.entries(callsPerStep(strategy, plan))) {
      if (times > 0) total += times * this.#callNs(name as StepCall);
    }
    return total;
  }

  #callNs(name: StepCall): number {
    const known = this.#measured.get(name);
    if (known !== undefined) return known;
    const call = this.#library.harmless(name);
    const repeat: Repeat = REPEATS[name];
    const at = this.#library.address(this.#room);
    const rounds: number[] = [];
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      const begin = performance.now();
      repeat(call, at, CALLS);
      if (round >= 0) rounds.push(((performance.now() - begin) * 1e6) / CALLS);
    }
    const ns = median(rounds);
    this.#measured.set(name, ns);
    return ns;
  }
}
