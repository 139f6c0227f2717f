import { STRATEGIES, type StrategyName } from '../words.js';

/**
 * Where a strategy keeps the data and how a mini-batch reaches the graph. It is data, not code: an engine interprets it once, in
 * `prepare`, and never per step.
 */
export interface Strategy {
  readonly name: StrategyName;
  /** The dataset stays in device memory for the whole run; setup uploads it once. */
  readonly resident: boolean;
  /** Where a host-to-device copy starts. `page-locked` is what CUDA calls pinned, which is not what `pin` means. */
  readonly hostMemory: 'pageable' | 'page-locked';
  /** The copy for step i+1 runs while step i runs its graph. */
  readonly overlap: boolean;
  /** Several mini-batches are staged together, copied in one transfer and sliced on the device. */
  readonly chunk: boolean;
  /** Steps are recorded once, as a CUDA graph, and replayed. */
  readonly replay: boolean;
  /** The graph reads host memory over the link; nothing is copied. */
  readonly mapped: boolean;
}

const FEED: Strategy = {
  name: 'feed',
  resident: false,
  hostMemory: 'pageable',
  overlap: false,
  chunk: false,
  replay: false,
  mapped: false,
};

const TABLE: Readonly<Record<StrategyName, Strategy>> = {
  feed: FEED,
  pin: { ...FEED, name: 'pin', resident: true },
  'feed-locked': { ...FEED, name: 'feed-locked', hostMemory: 'page-locked' },
  'feed-ahead': { ...FEED, name: 'feed-ahead', hostMemory: 'page-locked', overlap: true },
  'feed-chunk': { ...FEED, name: 'feed-chunk', hostMemory: 'page-locked', overlap: true, chunk: true },
  'pin-replay': { ...FEED, name: 'pin-replay', resident: true, replay: true },
  'zero-copy': { ...FEED, name: 'zero-copy', hostMemory: 'page-locked', mapped: true },
};

/** The strategies with these names, in the order of the table; the baseline, `feed`, is first. */
export function strategiesNamed(names: readonly StrategyName[]): Strategy[] {
  return STRATEGIES.filter((name) => names.includes(name)).map((name) => TABLE[name]);
}
