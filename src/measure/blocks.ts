import type { Plan } from '../plan/plan.js';

/** Rounds of a case where the epochs allow; with fewer epochs, one round an epoch. */
export const ROUNDS = 20;
/** A block is a whole number of epochs where an epoch with a short mini-batch is no longer than this many blocks. */
export const SHORT_EPOCH_BLOCKS = 10;

/** Rounds that so many epochs are measured in. */
export function roundsOf(epochs: number | undefined): number {
  return epochs === undefined ? ROUNDS : Math.min(ROUNDS, epochs);
}

/** Whole epochs of round `round`: all rounds alike, the first ones an epoch longer where the epochs do not divide. */
export function epochsOfRound(epochs: number, rounds: number, round: number): number {
  return Math.floor(epochs / rounds) + (round < epochs % rounds ? 1 : 0);
}

/**
 * The fewest steps of a block that lasts at least `minTimeNs`, at `stepNs` a step: whole epochs where an epoch is shorter than
 * that, part of an epoch where it is longer. Where an epoch has a short mini-batch and is no longer than `wholeWithin`
 * blocks, a block takes in all of it, since parts would differ. A multiple of `multiple`, which divides an epoch.
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
