// The benchmark for a GPU machine: measures pinbench on the first CUDA device and compares it with the same loops in C++, PyTorch,
// CuPy and JAX, and with plain copies. Run it as a bundle: see bundle.mjs.
//   node bench.mjs [--small] [--out FOLDER]    --small: sizes for the software driver
// Writes record.json (a pinbench record) and summary.md to FOLDER, and prints the summary. A section that fails states the reason
// and does not affect the others. summary.md is rewritten after every row; SIGINT, SIGTERM and SIGHUP stop the benchmark and keep
// what it has measured.
// Exits 0 if everything was measured, 1 if something failed, 4 if there is no CUDA device, and 128 plus the number of a signal.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Driver } from '../../src/engine/cuda/driver.js';
import { cudaEngineIn, libraryIn } from '../../src/engine/cuda/engine.js';
import { datasetOf } from '../../src/engine/cuda/testing/verify.js';
import { render } from '../../src/report/render.js';
import { run } from '../../src/run.js';
import { surroundingsOfProcess } from '../../src/terminal.js';
import { besideCopies } from './beside-copies.js';
import { besidePeers } from './beside-peers.js';
import { firstDevice } from './device.js';
import { gridShapes } from './grid-shapes.js';
import { must } from './must.js';
import { endPeers } from './peers.js';
import { BATCHES, COLS, ROWS, SMALL } from './sizes.js';
import { type Show, Summary } from './summary.js';

const NAME = 'bench';
const { values: options } = must(NAME, 'the command line', () =>
  parseArgs({
    options: { small: { type: 'boolean', default: false }, out: { type: 'string', default: 'results' } },
  }),
);

const surroundings = surroundingsOfProcess();
const engine = cudaEngineIn(surroundings);
const device = await firstDevice(engine);
// Shared with the engine, because the current context is tracked per `Library` object.
const library = await libraryIn(surroundings.env);
const newDriver = () => new Driver(library, surroundings.availableMemoryBytes);
must(NAME, `the folder ${options.out} cannot be used`, () => mkdirSync(options.out, { recursive: true }));
const folder = must(
  NAME,
  `the temporary folder ${tmpdir()} cannot be used; set TMPDIR to another folder`,
  () => mkdtempSync(join(tmpdir(), 'pinbench-gpu-')),
);
process.on('exit', () => {
  endPeers('stopped with the benchmark');
  rmSync(folder, { recursive: true, force: true });
});

const ending = new AbortController();
const { signal } = ending;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    const code = 128 + constants.signals[name];
    // A second signal exits at once.
    if (signal.aborted) process.exit(code);
    process.exitCode = code;
    ending.abort(name);
    endPeers(`ended by ${name}`);
  });
}

const summary = must(
  NAME,
  `the folder ${options.out} cannot be written to`,
  () => new Summary(join(options.out, 'summary.md'), device.name),
);
const dataset = datasetOf('float32', ROWS, COLS);
await section(undefined, ownRun);
await section('Compared with the same loops in C++ and Python', (show) =>
  besidePeers(show, engine, library.path, dataset, folder, signal),
);
await section('Compared with plain copies', (show) => besideCopies(show, engine, newDriver(), signal));
await section('Blocks per multiprocessor', (show) => gridShapes(show, newDriver(), signal));
console.log(String(summary));

async function ownRun(show: Show): Promise<void> {
  const record = await run(dataset, {
    ...{ engine: ['cuda'], strategy: 'all', batch: BATCHES, epochs: SMALL ? 6 : 20 },
    // Leaves time for the other sections: first-contact stops the benchmark after 150 s.
    budgetNs: SMALL ? undefined : 80e9,
    argv: process.argv.slice(2),
    signal,
  });
  const rendered = [{ name: 'record', record }];
  writeFileSync(join(options.out, 'record.json'), await render('json', rendered));
  show(await render('markdown', rendered));
  if (!record.complete && !signal.aborted) throw new Error(`the record is not complete: ${record.reason}`);
}

/** Measures a section, unless the benchmark is stopping. If it fails or is stopped, the reason follows what it has measured. */
async function section(title: string | undefined, measure: (show: Show) => Promise<void>): Promise<void> {
  if (signal.aborted) return;
  const show = summary.begin(title);
  let shown = '';
  try {
    await measure((text) => {
      shown = text.trimEnd();
      show(shown);
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (!signal.aborted) process.exitCode = 1;
    const why = signal.aborted ? `Not complete: ended by ${signal.reason}.` : `Failed: ${words}.`;
    show(`${shown}\n\n${why}`.trimStart());
  }
}
