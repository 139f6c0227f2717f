import { attempt, live } from './failure.js';
import type { Row } from './row.js';
import { schedule } from './schedule.js';
import type { Timer } from './timer.js';

/** Called before each piece of work with a row. */
type OnRow = (row: Row) => void;

/** Timed uploads of each row, after a discarded one. Two 97.5 % intervals of 8 samples each give a 95 % interval of a ratio. */
const UPLOADS = 8;
/**
 * If one upload takes longer than this, or all uploads longer than a budget allows, there are only `FEW_UPLOADS` and no interval.
 */
const LONG_UPLOAD_NS = 1e9;
const FEW_UPLOADS = 2;
/** Timed allocations of each row, after a discarded one. They end after two if those take longer than `ALLOCATIONS_NS` in total. */
const ALLOCATIONS = 4;
const ALLOCATIONS_NS = 100e6;

/**
 * Times the allocations of each row before its first step, alone on the device: no other session exists, so there is no copy of
 * the dataset to share. The first allocation of a row creates what later ones reuse (a compiled kernel, a memory pool) and is
 * discarded; the others come in balanced sequence. Afterwards every live row has allocated what it needs.
 */
export async function allocate(
  rows: readonly Row[],
  seed: number,
  timer: Timer,
  onRow: OnRow,
): Promise<void> {
  for (const row of live(rows)) {
    onRow(row);
    await attempt(row, () => row.allocateAlone());
  }
  const start = timer.nowNs();
  const turns = schedule(rows.length, seed);
  for (let pass = 0; pass < ALLOCATIONS; pass++) {
    // Passes come in pairs, a sequence and its reverse, so the loop may only end after an even number.
    if (pass === 2 && timer.nowNs() - start > ALLOCATIONS_NS) break;
    for (const index of turns.next().value) {
      const row = rows[index]!;
      if (row.failure !== undefined) continue;
      onRow(row);
      const ns = await attempt(row, () => row.allocateAlone());
      if (ns !== undefined) row.allocateSamplesNs.push(ns);
    }
  }
  for (const row of live(rows)) await attempt(row, () => row.prepare());
}

/**
 * Uploads each row several times in balanced sequence and keeps all times but the first. If all uploads would take longer than
 * `mostNs`, there are fewer.
 */
export async function upload(
  rows: readonly Row[],
  seed: number,
  mostNs: number,
  timer: Timer,
  onRow: OnRow,
): Promise<void> {
  for (const row of live(rows)) {
    onRow(row);
    await attempt(row, () => row.setup());
  }
  const start = timer.nowNs();
  const turns = schedule(rows.length, seed);
  for (let pass = 0; pass < UPLOADS; pass++) {
    if (pass === FEW_UPLOADS) {
      const longestNs = Math.max(...live(rows).flatMap(({ setupSamplesNs }) => setupSamplesNs));
      const allNs = ((timer.nowNs() - start) / FEW_UPLOADS) * UPLOADS;
      if (longestNs > LONG_UPLOAD_NS || allNs > mostNs) return;
    }
    for (const index of turns.next().value) {
      const row = rows[index]!;
      if (row.failure !== undefined) continue;
      onRow(row);
      const ns = await attempt(row, () => row.setup());
      if (ns !== undefined) row.setupSamplesNs.push(ns);
    }
  }
}
