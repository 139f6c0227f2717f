// Every check for a GPU machine on which pinbench has not run before, in one command, the most informative checks first. Run it as
// a bundle: see bundle.mjs.
//   node first-contact.mjs [--small] [--out FOLDER]    --small: sizes for the software driver
// Each part runs in its own process group with its own time limit, and all parts together end within nine minutes. If a part
// fails, the others still run. first-contact.md is written at the start and rewritten before and after each part, so that it
// exists however the program ends. FOLDER receives at most eight files.
// Exits 0 if every part that could run passed, 1 if one failed, 2 if FOLDER or the temporary folder cannot be used, 130 if it was
// interrupted.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXIT } from '../../src/errors.js';
import { listenForSignals } from '../../src/terminal.js';
import { type Outcome, type Part, runPart } from './first/part.js';
import { partsOf } from './first/parts.js';
import { Results, summaryOf } from './first/results.js';
import { must } from './must.js';

/** The time limit of all parts together. */
const ALL_SECONDS = 520;
/** Factor on all time limits with --small: the software driver is slower than hardware, even more so on a busy machine. */
const SMALL_PATIENCE = 10;
/** A part is not started with less time left than this. */
const MIN_SECONDS = 5;

// A closed pipe, or a full disk behind standard output, must not end the program.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const NAME = 'first-contact';
const complain = (sentence: string) => process.stderr.write(`${NAME}: ${sentence}\n`);

const { values: options } = must(NAME, 'the command line', () =>
  parseArgs({
    options: { small: { type: 'boolean', default: false }, out: { type: 'string', default: 'results' } },
  }),
);
const patience = options.small ? SMALL_PATIENCE : 1;

const interruption = new AbortController();
listenForSignals(() => interruption.abort());

const temporary = must(
  NAME,
  `the temporary folder ${tmpdir()} cannot be used; set TMPDIR to another folder`,
  () => mkdtempSync(join(tmpdir(), 'pinbench-contact-')),
);
const bundle = fileURLToPath(new URL('.', import.meta.url));
const parts = partsOf(options.small, { bundle, out: options.out, temporary });
const outcomes = new Map<Part, Outcome | 'running'>();
const results = new Results(options.out, complain);
let summarised = false;
const summarise = () => {
  summarised = results.summarise(summaryOf(parts, outcomes));
};
const removeTemporary = () => {
  try {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    complain(`${temporary} cannot be removed: ${(error as Error).message}`);
  }
};
process.once('exit', removeTemporary);
must(NAME, `--out ${options.out} cannot be used`, () => results.begin(summaryOf(parts, outcomes)));
// Runs however the program ends: regularly, by an uncaught error or by a second signal.
process.once('exit', conclude);

const skipped = (why: string): Outcome => ({
  state: 'skipped',
  what: `skipped: ${why}`,
  seconds: 0,
  lines: [],
});
const deadline = performance.now() + ALL_SECONDS * patience * 1000;

async function outcomeOf(part: Part): Promise<Outcome> {
  const left = (deadline - performance.now()) / 1000;
  if (interruption.signal.aborted) return skipped('interrupted before it started');
  if (left < MIN_SECONDS) return skipped('no time was left');
  outcomes.set(part, 'running');
  summarise();
  results.log(`\n=== ${part.name}\n`);
  return runPart(part, Math.min(part.seconds * patience, left), interruption.signal, (text) =>
    results.log(text),
  );
}

for (const part of parts) {
  const outcome = await outcomeOf(part);
  outcomes.set(part, outcome);
  summarise();
  console.log(`${part.name}: ${outcome.what} (${outcome.seconds.toFixed(1)} s)`);
}
const anyFailed = [...outcomes.values()].some(
  (outcome) => outcome !== 'running' && outcome.state === 'failed',
);
if (interruption.signal.aborted) process.exit(EXIT.interrupted);
process.exit(anyFailed ? EXIT.regression : EXIT.ok);

/** Writes the final summary, or prints it if it cannot be written, and prints the line of counts. */
function conclude(): void {
  for (const part of parts) {
    const outcome = outcomes.get(part);
    if (outcome === 'running') outcomes.set(part, { ...skipped(''), state: 'failed', what: 'interrupted' });
    if (outcome === undefined) outcomes.set(part, skipped('interrupted before it started'));
  }
  summarise();
  if (!summarised) console.log(`\n${summaryOf(parts, outcomes)}`);
  const states = [...outcomes.values()].map((outcome) => outcome !== 'running' && outcome.state);
  const count = (state: Outcome['state']) => states.filter((other) => other === state).length;
  const where = summarised ? `see ${results.summaryPath}` : 'the summary, which cannot be written, is above';
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; ${where}`);
}
