import { argv } from 'node:process';

/** To try the benchmark on the software driver. */
export const SMALL = argv.includes('--small');
/** A matrix of 512 MiB, four times the largest L2 cache there is; its mini-batches are from 2 KiB to 64 MiB, eight an epoch. */
export const [ROWS, COLS, BATCHES] = SMALL
  ? ([64, 3, [2, 8, 32]] as const)
  : ([524_288, 256, [2, 1024, 65_536]] as const);
/** More make a row's figures surer; the software driver is to show but that they come. */
export const ROUNDS = SMALL ? 2 : 15;
/** The largest mini-batch that is compared on the device; no L2 cache has room for it. */
export const DEVICE_BATCH_BYTES = SMALL ? 8192 : 256 * 2 ** 20;
