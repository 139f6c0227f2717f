import type { ErrorCode } from './errors.js';

/** The exit codes, by what they mean. */
export const EXIT = {
  ok: 0,
  regression: 1,
  usage: 2,
  data: 3,
  engine: 4,
  mismatch: 5,
  inconclusive: 6,
  baseline: 7,
  bug: 70,
  interrupted: 130,
} as const satisfies Record<ErrorCode | 'ok' | 'regression' | 'inconclusive' | 'bug', number>;
