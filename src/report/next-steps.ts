import type { Advice } from '../record/findings-schema.js';
import type { Findings } from '../record/schema.js';
import { formatBytes, formatDuration, formatInteger } from '../units.js';

type Code = Advice['code'];

/** The sentence for each code of advice: what to try next, and why. */
const SENTENCES: { readonly [C in Code]: (advice: Extract<Advice, { code: C }>) => string } = {
  'try-feed-ahead': ({ copyNs, ...row }) =>
    `next, try --strategy feed,feed-ahead: copies take ${shareOf(copyNs, row)}`,
  'try-feed-chunk': ({ fixedNs, ...row }) =>
    `next, try --strategy feed,feed-chunk, which copies many mini-batches at once: the fixed cost is ${shareOf(fixedNs, row)}`,
  'try-pin-replay': ({ fixedNs, ...row }) =>
    `next, try --strategy feed,pin,pin-replay: the fixed cost is ${shareOf(fixedNs, row)}`,
  'try-larger-batch': ({ fixedNs, ...row }) =>
    `next, try a larger --batch: the fixed cost is ${shareOf(fixedNs, row)}`,
};

/** The advice of a record as sentences. */
export function adviceSentences({ advice }: Findings): string[] {
  return advice.map(<C extends Code>(one: Extract<Advice, { code: C }>) =>
    (SENTENCES[one.code as C] as (advice: Extract<Advice, { code: C }>) => string)(one),
  );
}

/** A sentence for each device in whose free memory the dataset does not fit. */
export function roomSentences({ memory }: Findings): string[] {
  return memory.flatMap(({ engine, bytes, freeBytes, fits }) =>
    fits === false
      ? [
          `the dataset (${formatBytes(bytes)}) does not fit in the ${formatBytes(freeBytes!)} of free memory on ${engine}, so it cannot be resident there`,
        ]
      : [],
  );
}

function shareOf(partNs: number, { strategy, batch, stepNs }: Omit<Advice, 'code'>): string {
  const percent = Math.round((partNs / stepNs) * 100);
  return `${percent} % of a ${strategy} step (${formatDuration(stepNs)}) at batch ${formatInteger(batch)}`;
}
