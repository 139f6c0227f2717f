import type { Advice, Composition, MemoryFit } from '../record/findings-schema.js';
import { caseNameOf } from '../record/row-name.js';
import type { RunRecord } from '../record/schema.js';
import type { EngineName, StrategyName } from '../words.js';

/** A part that dominates is at least this share of a step. */
const DOMINATES = 0.5;
/** The same of a step that is nothing but its fixed cost. */
const ALL_OF_IT = 0.9;

/** What to try next on a GPU, and the numbers that say so. Nothing where nothing would help, nothing that was tried already, and nothing that rests on a case within noise. */
export function adviceOf(
  record: RunRecord,
  compositions: readonly Composition[],
  memory: readonly MemoryFit[],
): Advice[] {
  const noisy = new Set(
    record.comparisons.filter(({ verdict }) => verdict === 'inconclusive').map(caseNameOf),
  );
  return record.environment.devices
    .filter(({ gpu }) => gpu)
    .flatMap(({ engine }) => {
      const steps = new Steps(
        record,
        engine,
        compositions.filter((one) => !noisy.has(caseNameOf(one))),
      );
      const room = memory.find((one) => one.engine === engine);
      return [...forFeed(steps, room), ...forPin(steps), ...forBoth(steps)];
    });
}

/** What is known of the steps of an engine. */
class Steps {
  readonly record: RunRecord;
  readonly engine: EngineName;
  readonly #compositions: readonly Composition[];

  constructor(record: RunRecord, engine: EngineName, compositions: readonly Composition[]) {
    this.record = record;
    this.engine = engine;
    this.#compositions = compositions.filter((one) => one.engine === engine);
  }

  /** Of a strategy the steps of the lightest model and of the largest mini-batch, in which fixed costs weigh least. */
  largest(strategy: StrategyName): Composition | undefined {
    const lightest = Math.min(...this.#compositions.map(({ work }) => work));
    return this.#compositions
      .filter((one) => one.strategy === strategy && one.work === lightest)
      .reduce<Composition | undefined>((a, b) => (a === undefined || b.batch > a.batch ? b : a), undefined);
  }

  /** The strategies that were measured. */
  measured(): StrategyName[] {
    const rows = this.record.results.filter(
      ({ engine, status }) => engine === this.engine && status === 'measured',
    );
    return [...new Set(rows.map(({ strategy }) => strategy))];
  }

  /** Whether a strategy was asked for, be it that it could not be measured. */
  wasTried(name: StrategyName): boolean {
    return this.record.results.some(({ engine, strategy }) => engine === this.engine && strategy === name);
  }

  pinIsFaster(): boolean {
    return this.record.comparisons.some(
      ({ engine, strategy, verdict }) => engine === this.engine && strategy === 'pin' && verdict === 'faster',
    );
  }
}

/** Who cannot keep the dataset on the device feeds it: what helps then depends on whether copies cost by their bytes or by their number. */
function forFeed(steps: Steps, room: MemoryFit | undefined): Advice[] {
  const feed = steps.largest('feed');
  if (feed === undefined || steps.pinIsFaster()) return [];
  const { stepNs, copyNs = 0, fixedNs = 0 } = feed;
  if (room?.fits === false && fixedNs >= DOMINATES * stepNs && !steps.wasTried('feed-chunk')) {
    const { bytes, freeBytes = 0 } = room;
    return [{ code: 'try-feed-chunk', ...rowOf(feed), stepNs, fixedNs, bytes, freeBytes }];
  }
  if (copyNs >= DOMINATES * stepNs && !steps.wasTried('feed-ahead'))
    return [{ code: 'try-feed-ahead', ...rowOf(feed), stepNs, copyNs }];
  return [];
}

/** A recorded graph saves what each launch costs; with `gather` there is none. */
function forPin(steps: Steps): Advice[] {
  const pin = steps.largest('pin');
  if (pin?.engine !== 'cuda' || steps.record.plan.sampling === 'gather') return [];
  const { stepNs, fixedNs = 0 } = pin;
  if (fixedNs < DOMINATES * stepNs || steps.wasTried('pin-replay')) return [];
  return [{ code: 'try-pin-replay', ...rowOf(pin), stepNs, fixedNs }];
}

/** Where steps of every strategy cost the same whatever their size, more rows in a step cost nothing. */
function forBoth(steps: Steps): Advice[] {
  const largest = steps.measured().map((strategy) => steps.largest(strategy));
  const isFixed = (one: Composition | undefined) => (one?.fixedNs ?? 0) >= ALL_OF_IT * (one?.stepNs ?? 1);
  const [first] = largest;
  if (first === undefined || !largest.every(isFixed)) return [];
  if (first.batch * 2 > steps.record.dataset.rows) return [];
  return [{ code: 'try-larger-batch', ...rowOf(first), stepNs: first.stepNs, fixedNs: first.fixedNs! }];
}

function rowOf({ engine, work, strategy, batch }: Composition) {
  return { engine, work, strategy, batch };
}
