import type { Phase, ProcessPhase } from './measure/progress.js';
import { shortenedInMiddle } from './text.js';
import { formatBytes, formatTimeLeft } from './units.js';

/** A part of the progress line. */
export interface Part {
  readonly text: string;
  /** If the line is too long, the part with the highest rank is dropped first; the part with the lowest rank is never dropped. */
  readonly rank: number;
}

/** Separates the parts. */
const SEPARATOR = ' · ';
/** The text of each phase of a strategy. During rounds the round replaces it. */
const WORDS: Readonly<Record<Exclude<Phase['phase'], 'trial' | 'own-cost'>, string>> = {
  setup: 'setting up',
  verify: 'verifying',
  'warm-up': 'warming up',
  measure: 'measuring',
  phases: 'timing phases',
};

/** `case 3 of 17 · feed · round 12 of 20 · 1m40 left in all · cuda, batch 64` */
export function phaseParts(told: Phase): Part[] {
  const { engine, strategy, plan, phase, caseNumber, cases, leftNs } = told;
  const ofAll = `case ${caseNumber} of ${cases}`;
  const left = leftNs === undefined ? undefined : `${formatTimeLeft(leftNs)} left in all`;
  if (phase === 'own-cost') return partsOf([`measuring pinbench's own cost`, 1], [left, 2]);
  const subject = `${engine}, batch ${plan.batch}${plan.work > 1 ? `, work ${plan.work}` : ''}`;
  if (phase === 'trial') return partsOf([`trying ${ofAll}`, 2], [strategy, 3], [left, 1], [subject, 4]);
  return partsOf([ofAll, 2], [strategy, 4], [doing(phase, told), 3], [left, 1], [subject, 5]);
}

/** `process 3 of 8 · 1m40 left in all` */
export function processParts({ paired, number, of, leftNs }: ProcessPhase): Part[] {
  return partsOf(
    [`${paired ? `pair ${number}` : `process ${number}`}${of === undefined ? '' : ` of ${of}`}`, 1],
    [leftNs === undefined ? undefined : `${formatTimeLeft(leftNs)} left in all`, 2],
  );
}

function doing(phase: keyof typeof WORDS, { round, rounds }: Phase): string {
  if (round === undefined) return WORDS[phase];
  return `round ${round}${rounds === undefined ? '' : ` of ${rounds}`}`;
}

/** `loading 45 % · 1.20 GiB of 2.67 GiB · 12 s left to load`; `leftNs` is the remaining time of the transfer only. */
export function loadingParts(doneBytes: number, totalBytes: number, leftNs: number | undefined): Part[] {
  return transferParts('loading', 'to load', doneBytes, totalBytes, leftNs);
}

/** `fetching 45 % · 280 MiB of 620 MiB · 40 s left to fetch · tensorflow==2.20.0` */
export function fetchingParts(
  doneBytes: number,
  totalBytes: number,
  leftNs: number | undefined,
  what: string,
): Part[] {
  return [...transferParts('fetching', 'to fetch', doneBytes, totalBytes, leftNs), { text: what, rank: 4 }];
}

function transferParts(
  what: string,
  toDo: string,
  doneBytes: number,
  totalBytes: number,
  leftNs: number | undefined,
): Part[] {
  const percent = totalBytes > 0 ? Math.min(100, Math.floor((doneBytes / totalBytes) * 100)) : 100;
  return partsOf(
    [`${what} ${percent} %`, 1],
    [`${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`, 3],
    [leftNs === undefined ? undefined : `${formatTimeLeft(leftNs)} left ${toDo}`, 2],
  );
}

function partsOf(...parts: readonly (readonly [text: string | undefined, rank: number])[]): Part[] {
  return parts.flatMap(([text, rank]) => (text === undefined ? [] : [{ text, rank }]));
}

/**
 * The parts in a line of at most `width` columns. If the last remaining part is still too long, its middle is replaced by an
 * ellipsis.
 */
export function lineOf(parts: readonly Part[], width = Number.POSITIVE_INFINITY): string {
  let kept = parts;
  const line = () => kept.map(({ text }) => text).join(SEPARATOR);
  while (kept.length > 1 && line().length > width) {
    const highest = Math.max(...kept.map(({ rank }) => rank));
    kept = kept.filter(({ rank }) => rank !== highest);
  }
  return shortenedInMiddle(line(), width);
}
