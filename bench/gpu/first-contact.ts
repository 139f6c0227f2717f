// Everything a first CUDA device must show, in one command, the most telling first. Run as a bundle: see bundle.mjs.
//   node first-contact.mjs [--small] [--out FOLDER]    --small: to try it on the software driver
// Each part is a process of its own under its own time limit, and all of them end in nine minutes. Whatever fails, the rest
// goes on; summary.md is written anew after each part, so that it is there however this ends. FOLDER has at most eight files.
// Exit 0 where every part that could run passed, 1 where one failed.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { small: { type: 'boolean', default: false }, out: { type: 'string', default: 'results' } },
});
const SMALL = options.small;
const OUT = options.out;
const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Software takes longer than silicon, on a machine that has other work even more. */
const PATIENCE = SMALL ? 10 : 1;
/** For all parts together. */
const ALL_SECONDS = 520 * PATIENCE;
/** Of all that the parts print. */
const MOST_LOG_BYTES = 15 * 2 ** 20;
/** Lines of a part that the summary shows: its last. */
const SHOWN_LINES = 12;

interface Part {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly seconds: number;
  readonly env?: Readonly<Record<string, string>>;
}

interface Outcome {
  readonly part: Part;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly what: string;
  readonly seconds: number;
  readonly lines: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'pinbench-contact-'));
mkdirSync(OUT, { recursive: true });
const log = join(OUT, 'log.txt');
writeFileSync(log, '');
let logged = 0;

/** A file of numbers that are no pattern: `rows` × `cols` float32, as numpy.save writes it. */
function matrix(name: string, rows: number, cols: number): string {
  const path = join(folder, name);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`
    .padEnd(117)
    .concat('\n');
  const file = openSync(path, 'w');
  writeSync(
    file,
    Buffer.concat([
      Buffer.from([0x93]),
      Buffer.from('NUMPY\x01\x00'),
      Buffer.from([118, 0]),
      Buffer.from(header),
    ]),
  );
  const block = Float32Array.from({ length: 2 ** 20 }, (_, i) => Math.fround(Math.sin(i + 1)));
  for (let left = rows * cols; left > 0; left -= block.length) {
    const part = block.subarray(0, Math.min(left, block.length));
    writeSync(file, new Uint8Array(part.buffer, 0, part.byteLength));
  }
  closeSync(file);
  return path;
}

const node = (
  seconds: number,
  name: string,
  program: string,
  args: readonly string[] = [],
  env = {},
): Part => ({
  name,
  command: process.execPath,
  args: [join(HERE, program), ...args],
  seconds,
  env,
});
const run = (seconds: number, name: string, args: readonly string[], record: string): Part =>
  node(seconds, name, 'cli.mjs', [
    'run',
    ...args,
    '--engine',
    'cuda',
    '--json',
    join(OUT, record),
    '--markdown',
    '-',
  ]);
const small = SMALL ? ['--small'] : [];

/** In the sequence in which they matter should the time end early. */
function* parts(): Generator<Part> {
  yield { name: 'what nvidia-smi says', command: 'nvidia-smi', args: ['-q'], seconds: 20 };
  yield { name: 'how the machine is connected', command: 'nvidia-smi', args: ['topo', '-m'], seconds: 10 };
  yield node(60, 'the suite in small, compiled anew', 'test.mjs', ['--small'], { CUDA_CACHE_DISABLE: '1' });
  yield node(40, "the suite in small, from the compiler's cache", 'test.mjs', ['--small']);
  if (!SMALL) yield node(100, 'the whole suite', 'test.mjs');
  const example = join(HERE, 'data.npy');
  yield run(30, "the README's command", [example, '--batch', '2', '--epochs', '100'], 'readme.json');
  const tiny = matrix('tiny.npy', SMALL ? 64 : 4096, 8);
  const budget = SMALL ? [] : ['--budget', '25s'];
  const few = SMALL ? ['--epochs', '6', '--min-time', '0'] : [];
  yield run(
    40,
    'tiny mini-batches by every strategy, against the floor of an empty launch',
    [tiny, '--batch', '2', '--strategy', 'all', ...budget, ...few],
    'tiny.json',
  );
  yield node(40, 'a million steps that copy ahead, every scalar verified', 'contact.mjs', [
    'ahead',
    ...small,
  ]);
  yield node(90, 'matrices beyond 2³¹ elements and 2³² bytes', 'contact.mjs', ['wide', ...small]);
  const wide = SMALL ? matrix('sweep.npy', 64, 8) : matrix('sweep.npy', 200_000, 64);
  yield run(
    80,
    'a sweep of batch sizes',
    [
      wide,
      '--batch',
      SMALL ? '1..64' : '1..65536',
      '--strategy',
      'feed,pin,feed-chunk',
      ...(SMALL ? few : ['--budget', '60s']),
    ],
    'sweep.json',
  );
  const large = SMALL ? matrix('large.npy', 64, 64) : matrix('large.npy', 2 ** 20, 256);
  yield run(
    60,
    'the dataset of 1 GiB',
    [
      large,
      '--batch',
      SMALL ? '8' : '1024,65536',
      '--strategy',
      'feed,pin,feed-locked,feed-ahead',
      ...(SMALL ? few : ['--budget', '30s']),
    ],
    'large.json',
  );
  yield node(150, 'beside the same loops by others, and beside plain copies', 'bench.mjs', [
    ...small,
    '--out',
    OUT,
  ]);
  for (const tool of ['memcheck', 'racecheck', 'initcheck', 'synccheck']) {
    const args = [
      '--tool',
      tool,
      '--error-exitcode',
      '9',
      process.execPath,
      join(HERE, 'test.mjs'),
      '--small',
    ];
    yield { name: `compute-sanitizer ${tool}`, command: 'compute-sanitizer', args, seconds: 60 };
  }
  const kernels = [
    '--set',
    'basic',
    '--launch-count',
    '20',
    process.execPath,
    join(HERE, 'cli.mjs'),
    'run',
    example,
  ];
  yield {
    name: 'what ncu says of the kernels',
    command: 'ncu',
    args: [...kernels, '--engine', 'cuda', '-b', '2', '-e', '1'],
    seconds: 60,
  };
}

/** Runs a part to its end or to its limit; never throws. */
function ran(part: Part, seconds: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const begin = Date.now();
    let said = '';
    const child = spawn(part.command, part.args, { env: { ...process.env, ...part.env } });
    const ended = (state: Outcome['state'], what: string) => {
      clearTimeout(limit);
      const lines = said.trimEnd().split('\n').slice(-SHOWN_LINES);
      resolve({ part, state, what, seconds: (Date.now() - begin) / 1000, lines });
    };
    const limit = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        said = `${said}${bytes}`.slice(-20_000);
        if (logged + bytes.length > MOST_LOG_BYTES) return;
        logged += bytes.length;
        appendFileSync(log, bytes);
      });
    }
    child.on('error', ({ message }) => ended('skipped', `there is no ${part.command}: ${message}`));
    child.on('close', (code, signal) => {
      if (signal !== null) ended('failed', `ended after ${seconds.toFixed(0)} s by ${signal}`);
      else if (code === 0) ended('passed', 'passed');
      else ended('failed', `exit code ${code}`);
    });
  });
}

function summarise(outcomes: readonly Outcome[]): void {
  const rows = outcomes.map(
    ({ part, what, seconds }) => `| ${part.name} | ${what} | ${seconds.toFixed(1)} |`,
  );
  const details = outcomes
    .filter(({ state }) => state !== 'skipped')
    .map(({ part, lines }) => `## ${part.name}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``);
  const head = `# First contact\n\n${new Date().toISOString()}, Node ${process.version}\n\n| part | outcome | s |\n| --- | --- | ---: |`;
  writeFileSync(join(OUT, 'first-contact.md'), `${head}\n${rows.join('\n')}\n\n${details.join('\n\n')}\n`);
}

const outcomes: Outcome[] = [];
const deadline = Date.now() + ALL_SECONDS * 1000;
try {
  for (const part of parts()) {
    const left = (deadline - Date.now()) / 1000;
    appendFileSync(log, `\n=== ${part.name}\n`);
    const outcome: Outcome =
      left < 5
        ? { part, state: 'skipped', what: 'skipped: the time was over', seconds: 0, lines: [] }
        : await ran(part, Math.min(part.seconds * PATIENCE, left));
    outcomes.push(outcome);
    summarise(outcomes);
    console.log(`${part.name}: ${outcome.what} (${outcome.seconds.toFixed(1)} s)`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
const count = (state: Outcome['state']) => outcomes.filter((outcome) => outcome.state === state).length;
console.log(
  `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; see ${join(OUT, 'first-contact.md')}`,
);
process.exitCode = count('failed') > 0 ? 1 : 0;
