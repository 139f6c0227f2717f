// Everything a first CUDA device must show, in one command, the most telling first. Run as a bundle: see bundle.mjs.
//   node first-contact.mjs [--small] [--out FOLDER]    --small: to try it on the software driver
// Each part is a process group of its own under its own time limit, and all of them end in nine minutes. Whatever fails, the
// rest goes on; first-contact.md is there from the start and written anew before and after each part, so that it is there
// however this ends. FOLDER has at most eight files.
// Exit 0 where every part that could run passed, 1 where one failed, 2 where FOLDER or the temporary folder cannot be used, 130
// where it was interrupted.
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

/** For all parts together. */
const ALL_SECONDS = 520;
/** Software takes longer than silicon, on a machine that has other work even more. */
const SMALL_PATIENCE = 10;
/** A part that has less than this is not begun. */
const LEAST_SECONDS = 5;

// A reader that goes away, or a full disk behind standard output, ends nothing.
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

const temporary = must(NAME, `the temporary folder ${tmpdir()} cannot be used; name another in TMPDIR`, () =>
  mkdtempSync(join(tmpdir(), 'pinbench-contact-')),
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
    complain(`${temporary} stays: ${(error as Error).message}`);
  }
};
process.once('exit', removeTemporary);
must(NAME, `--out ${options.out} cannot be used`, () => results.begin(summaryOf(parts, outcomes)));
// However this ends: by the exit code, by an uncaught error or by a second signal.
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
  if (interruption.signal.aborted) return skipped('interrupted before it');
  if (left < LEAST_SECONDS) return skipped('the time was over');
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

/** The last summary, on standard output where it cannot be written, and the line of counts. */
function conclude(): void {
  for (const part of parts) {
    const outcome = outcomes.get(part);
    if (outcome === 'running') outcomes.set(part, { ...skipped(''), state: 'failed', what: 'interrupted' });
    if (outcome === undefined) outcomes.set(part, skipped('interrupted before it'));
  }
  summarise();
  if (!summarised) console.log(`\n${summaryOf(parts, outcomes)}`);
  const states = [...outcomes.values()].map((outcome) => outcome !== 'running' && outcome.state);
  const count = (state: Outcome['state']) => states.filter((other) => other === state).length;
  const where = summarised ? `see ${results.summaryPath}` : 'the summary, which cannot be written, is above';
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; ${where}`);
}
