// How fast and in how much memory files are read, side by side with numpy.load and pyarrow on the same files.
//
//     npm run bench:read            (PYTHON=/path/to/python3, which must have numpy and pyarrow: they also make the files)
//
// Each file is read by a fresh process with the page cache warm, in the order A B, B A. The command prints the median and the best
// time of each program, the median of the ratios of the pairs, and the peak memory in addition to the matrix. Run it on a machine
// that does nothing else.

import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const PYTHON = process.env.PYTHON ?? 'python3';
const MEGABYTES = Number(process.env.MEGABYTES ?? 256);
const ROUNDS = Number(process.env.ROUNDS ?? 11);

/** Reads one file in this process and prints the time and the memory that this took. */
const OURS = `
  const { openDataset } = await import(process.argv[1]);
  const start = performance.now();
  const { values } = await openDataset(process.argv[2]);
  const ms = performance.now() - start;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ ms, bytes: values.byteLength, peakBytes, last: Number(values.at(-1)) }));
`;

/** The same in Python: a row-major float32 matrix, like that of pinbench. */
const THEIRS = `
import json, sys, time, resource
import numpy as np
path = sys.argv[1]
if not path.endswith('.npy'):
    import pyarrow.feather
start = time.perf_counter()
if path.endswith('.npy'):
    a = np.load(path)
else:
    t = pyarrow.feather.read_table(path, memory_map=False)
    if t.num_columns == 1:
        a = np.concatenate([c.flatten().to_numpy() for c in t.column(0).chunks])
    else:
        a = np.empty((t.num_rows, t.num_columns), np.float32)
        for i, c in enumerate(t.columns): a[:, i] = c.to_numpy()
a = np.ascontiguousarray(a, dtype=np.float32)
ms = (time.perf_counter() - start) * 1e3
print(json.dumps({'ms': ms, 'peakBytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 'last': float(a.reshape(-1)[-1])}))
`;

const MAKE = `
import sys, numpy as np, pyarrow as pa, pyarrow.feather as pf
folder, count = sys.argv[1], int(sys.argv[2]) * 2**20 // 4
rng = np.random.default_rng(1)
rows, cols = count // 64, 64
a = (rng.integers(0, 2**16, (rows, cols)) / 256).astype(np.float32)
np.save(folder + '/float32.npy', a)
np.save(folder + '/float64.npy', a.astype(np.float64))
np.save(folder + '/int64.npy', a.astype(np.int64))
np.save(folder + '/big-endian.npy', a.astype('>f4'))
np.save(folder + '/fortran.npy', np.asfortranarray(a))
np.save(folder + '/fortran-tall.npy', np.asfortranarray(a.reshape(-1, 3) if a.size % 3 == 0 else a.reshape(-1)[:a.size // 3 * 3].reshape(-1, 3)))
np.save(folder + '/fortran-wide.npy', np.asfortranarray(a.reshape(64, -1)))
lists = pa.table({'x': pa.FixedSizeListArray.from_arrays(pa.array(a.reshape(-1)), cols)})
columns = pa.table({f'c{i}': np.ascontiguousarray(a[:, i]) for i in range(8)})
for compression in ('uncompressed', 'lz4', 'zstd'):
    pf.write_feather(lists, f'{folder}/lists-{compression}.arrow', compression=compression)
pf.write_feather(columns, folder + '/columns.arrow', compression='uncompressed')
`;

const FILES = [
  ...['float32', 'float64', 'int64', 'big-endian', 'fortran', 'fortran-tall', 'fortran-wide'].map(
    (name) => `${name}.npy`,
  ),
  ...['lists-uncompressed', 'lists-lz4', 'lists-zstd', 'columns'].map((name) => `${name}.arrow`),
];

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const read = (command, args) => JSON.parse(execFileSync(command, args, { encoding: 'utf8' }));

const folder = mkdtempSync(join(tmpdir(), 'pinbench-read-'));
try {
  const made = spawnSync(PYTHON, ['-c', MAKE, folder, String(MEGABYTES)], { stdio: 'inherit' });
  if (made.status !== 0)
    throw new Error(`${PYTHON} with numpy and pyarrow is needed to make the files: set PYTHON`);
  console.log(`${MEGABYTES} MiB as float32, ${ROUNDS} rounds, Node ${process.version}`);
  console.log('file                      MiB   ours ms  (best)  theirs ms  (best)  ours/theirs  peak/matrix');
  for (const name of FILES) {
    const path = join(folder, name);
    const [ours, theirs] = [[], []];
    const readOurs = () =>
      ours.push(
        read(process.execPath, ['--input-type=module', '-e', OURS, join(HERE, '../dist/index.js'), path]),
      );
    const readTheirs = () => theirs.push(read(PYTHON, ['-c', THEIRS, path]));
    for (let round = 0; round < ROUNDS; round++) {
      // Pages that nobody asked for lately may have left the cache, and the first reader would pay for them.
      for await (const _ of createReadStream(path, { highWaterMark: 2 ** 20 }));
      for (const reader of round % 2 === 0 ? [readOurs, readTheirs] : [readTheirs, readOurs]) reader();
    }
    const ms = (runs) => runs.map((run) => run.ms);
    if (ours[0].last !== theirs[0].last)
      throw new Error(`${name}: ours ends in ${ours[0].last}, theirs in ${theirs[0].last}`);
    const [a, b] = [median(ms(ours)), median(ms(theirs))];
    const peak = Math.max(...ours.map((run) => run.peakBytes)) - ours[0].bytes;
    const cells = [
      name.padEnd(22),
      (statSync(path).size / 2 ** 20).toFixed(0).padStart(6),
      a.toFixed(0).padStart(9),
      `(${Math.min(...ms(ours)).toFixed(0)})`.padStart(7),
      b.toFixed(0).padStart(10),
      `(${Math.min(...ms(theirs)).toFixed(0)})`.padStart(7),
      median(ours.map(({ ms }, round) => ms / theirs[round].ms))
        .toFixed(2)
        .padStart(12),
      `1 + ${(peak / 2 ** 20).toFixed(0)} MiB`.padStart(13),
    ];
    console.log(cells.join(' '));
  }
} finally {
  rmSync(folder, { recursive: true });
}
