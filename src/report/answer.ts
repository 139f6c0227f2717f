import { findingsOf } from '../analysis/findings.js';
import { groupBy } from '../group-by.js';
import type { Comparison, Findings, RunRecord } from '../record/schema.js';
import { shortenedInMiddle } from '../text.js';
import { counted, formatDuration, formatInteger } from '../units.js';
import { ENGINES, STRATEGIES } from '../words.js';
import { headlineComparisons, headlinesOf } from './headline.js';
import type { Named } from './named.js';
import { adviceSentences, roomSentences } from './next-steps.js';
import { durationsOf, listed, speedsOf } from './phrases.js';

/** The most sentences that an answer has. */
const MAX_SENTENCES = 4;
/** For several records: the most answers shown, the most names listed for each, and the width of a name in characters. */
const [MAX_ANSWERS, MAX_NAMES, NAME_WIDTH] = [2, 3, 24];

/**
 * The answer that records give, the most important sentence first: which strategy is faster, at which batch sizes and with which
 * interval; when its setup pays for itself; what to try next. At most four sentences. For several records, an answer that all share
 * is printed once; otherwise each answer begins with the names of its records.
 */
export function answerSentences(records: readonly Named[]): string[] {
  if (records.length === 1) return sentencesOf(records[0]!.record).slice(0, MAX_SENTENCES).map(capitalized);
  const said = groupBy(records, ({ record }) => headlinesOf(record, findingsOf(record)).join('; '));
  const sentences = [...said].map(([headline, same]) =>
    same.length === records.length
      ? capitalized(headline)
      : `${namesOf(same.map(({ name }) => name))}: ${headline}.`,
  );
  if (sentences.length <= MAX_ANSWERS) return sentences;
  return [
    `The ${records.length} records give ${sentences.length} different answers; the table shows all of them.`,
    ...sentences,
  ].slice(0, MAX_SENTENCES);
}

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => shortenedInMiddle(name, NAME_WIDTH));
  const more = names.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

function sentencesOf(record: RunRecord): string[] {
  const findings = findingsOf(record);
  const others = othersSentences(record);
  return [
    ...headlinesOf(record, findings),
    ...(record.complete ? [] : ['the run is incomplete: only whole rounds are counted']),
    // A strategy that beats the one in the headline is part of the answer.
    ...others.flatMap(({ isBetter, text }) => (isBetter ? text : [])),
    ...paybackSentences(record, findings),
    ...roomSentences(findings),
    ...predictionSentences(record),
    ...hiddenSentences(record, findings),
    ...adviceSentences(findings),
    ...others.flatMap(({ isBetter, text }) => (isBetter ? [] : text)),
  ];
}

/** When the setup of the strategy in the headline pays for itself. */
function paybackSentences(record: RunRecord, { breakEvens }: Findings): string[] {
  const engines = [...new Set(breakEvens.map(({ engine }) => engine))];
  return engines.flatMap((engine) => {
    const [headline] = headlineComparisons(record, engine);
    const those = breakEvens.filter(
      (one) => one.engine === engine && one.work === headline?.work && one.strategy === headline.strategy,
    );
    const [first] = those;
    if (first === undefined) return [];
    const place = engines.length > 1 ? `${engine}: ` : '';
    const most = Math.max(...those.map(({ steps }) => steps));
    if (most === 0) return [`${place}the setup of ${first.strategy} costs no more than that of feed`];
    const least = Math.min(...those.map(({ steps }) => steps));
    const steps =
      least === most ? counted(most, 'step') : `${formatInteger(least)} to ${formatInteger(most)} steps`;
    const interval =
      those.length === 1 && first.stepsCi95 !== null
        ? ` (95 %: ${first.stepsCi95.map(formatInteger).join('–')})`
        : '';
    const epochs = Math.max(...those.map((one) => one.epochs));
    return [
      `${place}the setup of ${first.strategy} pays for itself after ${steps}${interval}, ${epochsWords(epochs, those.length > 1)}`,
    ];
  });
}

function epochsWords(epochs: number, several: boolean): string {
  if (epochs <= 1) return 'within the first epoch';
  return `or ${several ? 'at most ' : ''}${formatInteger(Math.ceil(epochs))} epochs`;
}

/** How heavy a model must be for the choice of strategy not to matter. */
function hiddenSentences(record: RunRecord, { hidden }: Findings): string[] {
  return [...new Set(hidden.map(({ engine }) => engine))].flatMap((engine) => {
    const [headline] = headlineComparisons(record, engine);
    const those = hidden.filter(
      (one) => one.engine === engine && one.strategy === headline?.strategy && one.modelNs > 0,
    );
    if (those.length === 0) return [];
    const models = durationsOf(those.map(({ modelNs }) => modelNs));
    const heaviest = Math.max(...those.map(({ fromWork = Number.POSITIVE_INFINITY }) => fromWork));
    const measured = Number.isFinite(heaviest) ? `, as measured from work ${formatInteger(heaviest)} up` : '';
    const bySize = models.includes(' to ') ? ' (depending on the batch size)' : '';
    return [
      `with a model that adds ${models} or more to a step${bySize}, the faster strategy gains less than 5 %${measured}`,
    ];
  });
}

/** The speedup in the headline that would remain with the model of `--model-us`. */
function predictionSentences(record: RunRecord): string[] {
  const { modelNs } = record.plan;
  if (modelNs === undefined) return [];
  return [...new Set(record.comparisons.map(({ engine }) => engine))].flatMap((engine) => {
    const those = headlineComparisons(record, engine);
    const speedups = those.flatMap(({ modelSpeedup }) => modelSpeedup ?? []);
    if (speedups.length === 0) return [];
    return [
      `with a model that adds ${formatDuration(modelNs)} to a step, ${those[0]!.strategy} would run at ${speedsOf(speedups)} the speed of feed`,
    ];
  });
}

/** A sentence about the strategies that the headline leaves out, and whether one of them beats the strategy in the headline. */
interface Others {
  readonly isBetter: boolean;
  readonly text: string;
}

/** The strategies that the headline leaves out, at the smallest work, the fastest first. */
function othersSentences(record: RunRecord): Others[] {
  return [...new Set(record.comparisons.map(({ engine }) => engine))].flatMap((engine) => {
    const headline = headlineComparisons(record, engine);
    const [first] = headline;
    const others = record.comparisons.filter(
      (one) => one.engine === engine && one.work === first?.work && one.strategy !== first.strategy,
    );
    const strategies = [...new Set(others.map(({ strategy }) => strategy))]
      .map((strategy) => others.filter((one) => one.strategy === strategy))
      .toSorted((a, b) => best(b) - best(a));
    if (strategies.length === 0) return [];
    const speeds = strategies.map((those, i) => {
      const speedups = those.map(({ speedup }) => speedup);
      return `${those[0]!.strategy} ${i === 0 ? 'runs ' : ''}at ${speedsOf(speedups)}`;
    });
    return {
      isBetter: best(strategies[0]!) > best(headline),
      text: `${listed(speeds)} the speed of feed${doubtsOf(strategies)}`,
    };
  });
}

function best(those: readonly Comparison[]): number {
  return Math.max(...those.map(({ speedup }) => speedup));
}

/** Which of the comparisons are inconclusive, in parentheses; empty if none is. */
function doubtsOf(strategies: readonly (readonly Comparison[])[]): string {
  const doubts = strategies.flatMap((those) => {
    const doubtful = those.filter(({ verdict }) => verdict === 'inconclusive').length;
    if (doubtful === 0) return [];
    const who = strategies.length === 1 ? '' : `${those[0]!.strategy} is `;
    const where = doubtful === those.length ? '' : ` at ${doubtful} of ${those.length} batch sizes`;
    return [`${who}inconclusive${where}`];
  });
  return doubts.length === 0 ? '' : ` (${doubts.join('; ')})`;
}

/** Matches a text that begins with the name of an engine or a strategy. */
const NAME = new RegExp(`^(?:${[...STRATEGIES, ...ENGINES].join('|')})\\b`);

/** A sentence with a capital letter, unless it begins with the name of a strategy or an engine, and with a full stop. */
function capitalized(sentence: string): string {
  const named = NAME.test(sentence);
  return `${named ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1)}.`;
}
