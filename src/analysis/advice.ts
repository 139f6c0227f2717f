import type { Advice, Composition, MemoryFit } from '../record/findings-schema.js';
import { caseNameOf } from '../record/row-name.js';
import type { RunRecord } from '../record/schema.js';
import type { EngineName, StrategyName } from '../words.js';

/** A part of a step dominates if it is at least this share of the step. */
const DOMINATES = 0.5;
/** A step counts as all fixed cost if the fixed cost is at least this share of it. */
const ALL_OF_IT = 0.9;

/**
 * What to try next on a GPU, with the numbers that justify it. There is no advice to try a strategy that was already requested, and
 * none from a case with an inconclusive comparison.
 */
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
      return [...forFeed(steps, room), ...forPin(steps), ...forAll(steps)];
    });
}

/** The known facts about the steps of an engine. */
class Steps {
  readonly record: RunRecord;
  readonly engine: EngineName;
  readonly #compositions: readonly Composition[];

  constructor(record: RunRecord, engine: EngineName, compositions: readonly Composition[]) {
    this.record = record;
    this.engine = engine;
    this.#compositions = compositions.filter((one) => one.engine === engine);
  }

  /** The composition of a strategy's steps with the smallest work and the largest mini-batch, where fixed costs matter least. */
  largest(strategy: StrategyName): Composition | undefined {
    const lightest = Math.min(...this.#compositions.map(({ work }) => work));
    return this.#compositions
      .filter((one) => one.strategy === strategy && one.work === lightest)
      .reduce<Composition | undefined>((a, b) => (a === undefined || b.batch > a.batch ? b : a), undefined);
  }

  /** The measured strategies. */
  measured(): StrategyName[] {
    const rows = this.record.results.filter(
      ({ engine, status }) => engine === this.engine && status === 'measured',
    );
    return [...new Set(rows.map(({ strategy }) => strategy))];
  }

  /** Whether a strategy was requested, even if it could not be measured. */
  wasTried(name: StrategyName): boolean {
    return this.record.results.some(({ engine, strategy }) => engine === this.engine && strategy === name);
  }

  pinIsFaster(): boolean {
    return this.record.comparisons.some(
      ({ engine, strategy, verdict }) => engine === this.engine && strategy === 'pin' && verdict === 'faster',
    );
  }
}

/** Advice for `feed`, unless `pin` is faster. It depends on whether the fixed cost or the copy dominates a step. */
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

/** Advice for `pin`: a recorded graph saves the cost of each launch. With `gather` there is no recorded graph. */
function forPin(steps: Steps): Advice[] {
  const pin = steps.largest('pin');
  if (pin?.engine !== 'cuda' || steps.record.plan.sampling === 'gather') return [];
  const { stepNs, fixedNs = 0 } = pin;
  if (fixedNs < DOMINATES * stepNs || steps.wasTried('pin-replay')) return [];
  return [{ code: 'try-pin-replay', ...rowOf(pin), stepNs, fixedNs }];
}

/** Advice for all strategies: if every step is all fixed cost, more rows per step cost nothing. */
function forAll(steps: Steps): Advice[] {
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
