// Checks the coverage of the speedup's interval over several processes. It runs `run --processes 8` 40 times and prints, for
// three batch sizes, how many of the 40 intervals contain the median speedup of all runs.
//   npm run bench:coverage           (RUNS=40; about 20 minutes)
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from 'simple-statistics';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RUNS = Number(process.env.RUNS ?? 40);
const PROCESSES = 8;
const BATCHES = [2, 64, 1024];

/** Writes 20,000 × 8 float32 numbers as an NPY file. */
function makeData() {
  const [rows, cols] = [20_000, 8];
  const header = `${`{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`.padEnd(117)}\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  const values = Float32Array.from({ length: rows * cols }, (_, i) => i % 251);
  const path = join(ROOT, '.cache', 'coverage.npy');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat([prefix, Buffer.from(header), Buffer.from(values.buffer)]));
  return path;
}

const data = makeData();
const records = Array.from({ length: RUNS }, () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [
      ...[join(ROOT, 'bin/pinbench.js'), 'run', data, '--engine', 'cpu'],
      ...['--batch', BATCHES.join(','), '--processes', String(PROCESSES), '--quiet', '--json', '-'],
    ],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (status !== 0) throw new Error(`a run ended with ${status}`);
  return JSON.parse(stdout);
});

console.log(`${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}`);
for (const batch of BATCHES) {
  const found = records.map(({ comparisons }) => comparisons.find((one) => one.batch === batch));
  const middle = median(found.map(({ speedup }) => speedup));
  const covering = found.filter(({ ci95: [lo, hi] }) => lo <= middle && middle <= hi).length;
  console.log(
    `batch ${batch}: ${covering} of ${RUNS} intervals over ${PROCESSES} processes contain the median speedup of all runs, ${middle.toFixed(3)}`,
  );
}
