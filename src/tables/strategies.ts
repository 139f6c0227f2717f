/** How a report draws a strategy. Each of the marks distinguishes the strategies by itself, so that nobody needs to see colours. */
interface Look {
  /** The character of its points on a terminal. */
  readonly letter: string;
  /** The mark of its points in a page, and the dashes of its line unless the line is solid. */
  readonly symbol: string;
  readonly dash?: string;
  /** Warm colours for strategies that copy each mini-batch, cool ones for the others. */
  readonly colours: readonly [onLight: string, onDark: string];
}

/** Where a strategy keeps the data, how a mini-batch reaches the graph, and how it is drawn. */
interface StrategyEntry {
  /** The dataset stays in device memory for the whole run; setup uploads it once. */
  readonly resident: boolean;
  /** Where a host-to-device copy starts. `page-locked` is what CUDA calls pinned, which is not what `pin` means. */
  readonly hostMemory: 'pageable' | 'page-locked';
  /** The graph reads host memory over the link; nothing is copied. */
  readonly mapped: boolean;
  /**
   * The loop that runs the steps. An engine that has no loop of that name does not support the strategy.
   * `step`: one after the other. `ahead`: the copy for step i+1 runs while step i runs its graph. `chunk`: several mini-batches are
   * staged together, copied in one transfer and sliced on the device. `replay`: the steps are recorded once, as a CUDA graph, and replayed.
   */
  readonly loop: string;
  readonly look: Look;
}

const FEED = { resident: false, hostMemory: 'pageable', mapped: false, loop: 'step' } as const;

/** The strategies, in the order of the help and of the table; `feed`, the baseline, is first. */
export const STRATEGY_TABLE = {
  feed: { ...FEED, look: { letter: 'o', symbol: 'circle', colours: ['#b84a00', '#ff9d5c'] } },
  pin: {
    ...FEED,
    resident: true,
    look: { letter: 'x', symbol: 'square', colours: ['#0b5cad', '#74b8ff'] },
  },
  'feed-locked': {
    ...FEED,
    hostMemory: 'page-locked',
    look: { letter: '+', symbol: 'triangle', dash: '7 3', colours: ['#8a6100', '#e5bb45'] },
  },
  'feed-ahead': {
    ...FEED,
    hostMemory: 'page-locked',
    loop: 'ahead',
    look: { letter: '*', symbol: 'diamond', dash: '2 3', colours: ['#a8327c', '#f291c8'] },
  },
  'feed-chunk': {
    ...FEED,
    hostMemory: 'page-locked',
    loop: 'chunk',
    look: { letter: '#', symbol: 'star', dash: '9 3 2 3', colours: ['#7a4a2b', '#d3a684'] },
  },
  'pin-replay': {
    ...FEED,
    resident: true,
    loop: 'replay',
    look: { letter: '%', symbol: 'cross', dash: '7 3', colours: ['#067085', '#58cfe6'] },
  },
  'zero-copy': {
    ...FEED,
    hostMemory: 'page-locked',
    mapped: true,
    look: { letter: '~', symbol: 'wye', dash: '2 3', colours: ['#0a7048', '#57d1a2'] },
  },
} as const satisfies Record<string, StrategyEntry>;

export type StrategyName = keyof typeof STRATEGY_TABLE;
export const STRATEGIES: readonly StrategyName[] = Object.keys(STRATEGY_TABLE) as StrategyName[];
/** The names of the loops. */
export type LoopName = (typeof STRATEGY_TABLE)[StrategyName]['loop'];
