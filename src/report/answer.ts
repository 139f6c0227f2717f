import { findingsOf } from '../analysis/findings.js';
import type { Findings, RunRecord } from '../record/schema.js';
import { formatDuration, formatInteger } from '../units.js';
import { headlineComparisons, headlinesOf } from './headline.js';
import type { Named } from './named.js';
import { adviceSentences, roomSentences } from './next-steps.js';
import { durationsOf, listed, speedsOf } from './phrases.js';

/** Sentences of an answer, at most. */
const MOST = 4;

/**
 * What records answer, in at most four sentences, the most important first: which strategy is faster, from where to where and how
 * sure that is; when its setup has paid for itself; what to try next. Of several records what all say once, and else who says it.
 */
export function answerSentences(records: readonly Named[]): string[] {
  if (records.length === 1) return sentencesOf(records[0]!.record).slice(0, MOST).map(capitalized);
  const said = new Map<string, string[]>();
  for (const { name, record } of records) {
    const headline = headlinesOf(record, findingsOf(record)).join('; ');
    said.set(headline, [...(said.get(headline) ?? []), name]);
  }
  const sentences = [...said].map(([headline, names]) =>
    names.length === records.length ? capitalized(headline) : `${names.join(', ')}: ${headline}.`,
  );
  if (sentences.length <= MOST) return sentences;
  return [...sentences.slice(0, MOST - 1), 'The table has what the others say.'];
}

function sentencesOf(record: RunRecord): string[] {
  const findings = findingsOf(record);
  return [
    ...headlinesOf(record, findings),
    ...paybackSentences(record, findings),
    ...roomSentences(findings),
    ...predictionSentences(record),
    ...hiddenSentences(record, findings),
    ...adviceSentences(findings),
    ...othersSentences(record),
  ];
}

/** When the setup of the strategy that the headline is about has paid for itself. */
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
      least === most
        ? `${formatInteger(most)} step${most === 1 ? '' : 's'}`
        : `${formatInteger(least)} to ${formatInteger(most)} steps`;
    const interval =
      those.length === 1 && first.stepsCi95 !== null
        ? ` (95 %: ${first.stepsCi95.map(formatInteger).join('–')})`
        : '';
    const epochs = Math.max(...those.map((one) => one.epochs));
    return [
      `${place}the setup of ${first.strategy} has paid for itself after ${steps}${interval}, ${epochsWords(epochs, those.length > 1)}`,
    ];
  });
}

function epochsWords(epochs: number, several: boolean): string {
  if (epochs <= 1) return 'within the first epoch';
  return `${several ? 'at most ' : ''}${formatInteger(Math.ceil(epochs))} epochs`;
}

/** From which model on the choice does not matter. */
function hiddenSentences(record: RunRecord, { hidden }: Findings): string[] {
  return [...new Set(hidden.map(({ engine }) => engine))].flatMap((engine) => {
    const [headline] = headlineComparisons(record, engine);
    const those = hidden.filter((one) => one.engine === engine && one.strategy === headline?.strategy);
    if (those.length === 0) return [];
    const models = durationsOf(those.map(({ modelNs }) => modelNs));
    const works = those.map(({ fromWork = Number.POSITIVE_INFINITY }) => fromWork);
    const heaviest = Math.max(...works);
    const measured = Number.isFinite(heaviest)
      ? `, as was measured from work ${formatInteger(heaviest)} on`
      : '';
    const bySize = those.length > 1 ? ', by the batch size,' : '';
    return [
      `with a model that adds ${models}${bySize} or more to a step, the choice gains less than 5 %${measured}`,
    ];
  });
}

/** What the model of `--model-us` would leave of the speedup. */
function predictionSentences({ comparisons, plan: { modelNs } }: RunRecord): string[] {
  if (modelNs === undefined) return [];
  return [...new Set(comparisons.map(({ strategy }) => strategy))].flatMap((strategy) => {
    const speedups = comparisons
      .filter((one) => one.strategy === strategy)
      .flatMap(({ modelSpeedup }) => modelSpeedup ?? []);
    if (speedups.length === 0) return [];
    return [
      `with a model that adds ${formatDuration(modelNs)} to a step, ${strategy} would run at ${speedsOf(speedups)} the speed of feed`,
    ];
  });
}

/** The strategies beside the one that the headline is about, with the lightest model. */
function othersSentences(record: RunRecord): string[] {
  return [...new Set(record.comparisons.map(({ engine }) => engine))].flatMap((engine) => {
    const [headline] = headlineComparisons(record, engine);
    const others = record.comparisons.filter(
      (one) => one.engine === engine && one.work === headline?.work && one.strategy !== headline.strategy,
    );
    const strategies = [...new Set(others.map(({ strategy }) => strategy))];
    if (strategies.length === 0) return [];
    const speeds = strategies.map((strategy, i) => {
      const speedups = others.filter((one) => one.strategy === strategy).map(({ speedup }) => speedup);
      return `${strategy} ${i === 0 ? 'runs ' : ''}at ${speedsOf(speedups)}`;
    });
    return [`${listed(speeds)} the speed of feed`];
  });
}

/** As a sentence stands by itself, unless it begins with a name. */
function capitalized(sentence: string): string {
  const named = /^(?:feed|pin|zero|cuda|tensorflow|webgpu|cpu)\b/.test(sentence);
  return `${named ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1)}.`;
}
