import type { Plan } from '../plan/plan.js';

/** Rounds of a case. With fewer epochs than this there is one round per epoch. */
export const ROUNDS = 20;
/** If an epoch has a short mini-batch and is at most this many blocks long, a block is a whole number of epochs. */
export const SHORT_EPOCH_BLOCKS = 10;

/** Number of rounds in which this many epochs are measured. */
export function roundsOf(epochs: number | undefined): number {
  return epochs === undefined ? ROUNDS : Math.min(ROUNDS, epochs);
}

/** Whole epochs of round `round`: equal shares, with the remainder spread over the first rounds, one epoch each. */
export function epochsOfRound(epochs: number, rounds: number, round: number): number {
  return Math.floor(epochs / rounds) + (round < epochs % rounds ? 1 : 0);
}

/**
 * The smallest number of steps with which a block lasts at least `minTimeNs`, at `stepNs` per step. It is a number of whole
 * epochs if an epoch is shorter than the block, and otherwise part of an epoch, in multiples of `multiple`, the steps of a
 * recorded graph, which need not divide an epoch. An epoch with a short mini-batch that is at most `wholeWithin` blocks long is
 * not divided, because its parts would differ.
 */
export function shortestBlock(
  plan: Plan,
  stepNs: number,
  minTimeNs: number,
  multiple: number,
  wholeWithin: number,
): number {
  const { stepsPerEpoch, rowsPerEpoch, batch } = plan;
  const needed = Math.max(1, Math.ceil(minTimeNs / Math.max(stepNs, 1e-3)));
  const uneven = rowsPerEpoch % batch !== 0;
  const whole = needed >= stepsPerEpoch || (uneven && needed * wholeWithin >= stepsPerEpoch);
  const unit = whole ? stepsPerEpoch : multiple;
  return Math.ceil(needed / unit) * unit;
}
