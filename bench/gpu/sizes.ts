import { argv } from 'node:process';

/** Whether to use sizes that the software driver can handle. */
export const SMALL = argv.includes('--small');
/**
 * A matrix of 512 MiB, four times the largest L2 cache that exists. Its mini-batches are 2 KiB to 64 MiB, the latter eight per
 * epoch.
 */
export const [ROWS, COLS, BATCHES] = SMALL
  ? ([64, 3, [2, 8, 32]] as const)
  : ([524_288, 256, [2, 1024, 65_536]] as const);
/** More rounds make a row's figures more precise; with the software driver only their presence matters. */
export const ROUNDS = SMALL ? 2 : 15;
/** The largest mini-batch that is compared within the device: too large for any L2 cache. */
export const DEVICE_BATCH_BYTES = SMALL ? 8192 : 256 * 2 ** 20;
