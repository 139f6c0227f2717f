import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ChildOutcome, childRun } from '../child-run.js';
import type { AbRequest } from '../cli/request.js';
import { EXIT, PinbenchError, usageError } from '../errors.js';
import { systemClock } from '../measure/clock.js';
import { ROUNDS_A_PROCESS } from '../options.js';
import { comparePairs, type Pair } from '../regress/pairs.js';
import { exitOf } from '../regress/verdict.js';
import { annotationOfNoBase, annotationsOf, NO_BASE } from '../report/github.js';
import { renderPairs } from '../report/pairs.js';
import { screenOf, type Terminal } from '../terminal.js';
import { jsonText, printable } from '../text.js';
import { GitHub } from './github.js';
import { type Attendance, interruptible } from './interruptible.js';
import { outputFileAt, writeOutput } from './output-file.js';

/** `pinbench ab`: alternates processes of two builds, prints the comparison, and derives the exit code from its verdicts. */
export async function abCommand(request: AbRequest, terminal: Terminal): Promise<number> {
  const { base, head, format, failOn, out } = request;
  const github = new GitHub(terminal, format);
  return await github.publishErrors(async () => {
    const programs = { base: programIn(base), head: programIn(head) };
    if (programs.head === undefined) throw noPinbench(head);
    if (programs.base === undefined) warnOfNoBase(base, terminal);
    if (out !== undefined) mustBeNew(out);
    const { nodePath } = terminal.surroundings;
    const measured = await interruptible(terminal, true, (attendance) =>
      measurePairs(request, programs, nodePath, attendance),
    );
    if (measured.pairs.length === 0) {
      if (out !== undefined) removeEmpty(out);
      throw nothingMeasured(measured);
    }
    // The records are written first, so that they are kept even if the comparison fails.
    if (out !== undefined) await writeRecords(out, measured.pairs, terminal);
    const complete = !measured.interrupted;
    const comparison = comparePairs(
      measured.pairs,
      { base, head },
      { ...request, lost: measured.lost, complete },
    );
    terminal.stdout.write(renderPairs(format, comparison, screenOf(request, terminal)));
    if (out !== undefined)
      await writeOutput(outputFileAt(join(out, 'comparison.json')), jsonText(comparison), terminal);
    await github.publish(renderPairs('markdown', comparison), [
      ...(programs.base === undefined ? [annotationOfNoBase(base)] : []),
      ...annotationsOf(comparison.rows, failOn),
    ]);
    return complete ? exitOf(comparison.rows, failOn) : EXIT.interrupted;
  });
}

function nothingMeasured({ interrupted, lost }: Measured): PinbenchError {
  return interrupted
    ? new PinbenchError('interrupted', {
        subject: 'ab',
        observed: 'interrupted before a pair was measured',
      })
    : new PinbenchError('engine', {
        subject: 'ab',
        observed: `no pair was measured (${lost[0]})`,
        ...(/no such file/.test(lost[0]!) && {
          remedy: 'a relative path after -- is looked up in each of the two folders',
        }),
      });
}

/**
 * The program of a side: that of a built checkout, or of the package in the folder's `node_modules`; undefined if there is neither.
 * Throws a usage error if the folder does not exist or its checkout is not built.
 */
function programIn(folder: string): string | undefined {
  if (!existsSync(folder)) throw usageError(folder, 'no such folder', { expected: EXPECTED });
  if (!statSync(folder).isDirectory()) throw usageError(folder, 'a file', { expected: EXPECTED });
  const installed = join(folder, 'node_modules', 'pinbench');
  const home = [folder, installed].find((candidate) => nameIn(candidate) === 'pinbench');
  if (home === undefined) return undefined;
  if (!existsSync(join(home, 'dist', 'main.js')))
    throw usageError(home, 'pinbench is not built', { remedy: 'run npm run build there' });
  return resolve(home, 'bin', 'pinbench.js');
}

const EXPECTED = 'a folder with pinbench in its node_modules, or a checkout of pinbench';

function noPinbench(folder: string): PinbenchError {
  return usageError(folder, 'no pinbench in it', { expected: EXPECTED });
}

/** A pull request that adds pinbench to a project has no base. A mistyped path has none either, so the user is told. */
function warnOfNoBase(base: string, { stderr }: Terminal): void {
  stderr.write(`pinbench: ${printable(base)} ${NO_BASE}\n`);
}

function nameIn(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}

function mustBeNew(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw usageError(folder, code === 'EEXIST' ? 'already exists' : `cannot be created (${code})`, {
      expected: 'the path of a new folder',
      cause,
    });
  }
}

/** Removes a folder if it is empty. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another program has written files there.
  }
}

interface Measured {
  readonly pairs: Pair[];
  /** For each pair that is not counted, the reason. */
  readonly lost: string[];
  readonly interrupted: boolean;
}

/** A process is ended after the whole budget or after this time, whichever is longer, ns. */
const LEAST_LIMIT_NS = 60e9;
/** After this many failed pairs in a row, the measurement ends. */
const MOST_LOST_IN_A_ROW = 3;

/** The programs of both sides. The base of a change that adds pinbench to a project has none. */
interface Programs {
  readonly base: string | undefined;
  readonly head: string | undefined;
}

/**
 * Runs AB, BA, AB … until the requested number of pairs is measured or the remaining budget is too short for another pair. Without
 * a base, the head runs once.
 */
async function measurePairs(
  { base, head, args, pairs: wanted, budgetNs }: AbRequest,
  programs: Programs,
  node: string,
  { signal, progress }: Attendance,
): Promise<Measured> {
  const startedNs = systemClock.nowNs();
  const endNs = startedNs + budgetNs;
  const measured = { pairs: [] as Pair[], lost: [] as string[] };
  const run = async (side: 'base' | 'head') => {
    const program = programs[side];
    return program === undefined
      ? undefined
      : await childRun({
          ...{ node, program, folder: side === 'base' ? base : head, signal },
          args: ['--rounds', String(ROUNDS_A_PROCESS), ...args],
          limitNs: Math.max(budgetNs, LEAST_LIMIT_NS),
        });
  };
  const most = programs.base === undefined ? 1 : (wanted ?? Number.POSITIVE_INFINITY);
  let [longestNs, failed] = [0, 0];
  try {
    for (let number = 0; number < most; number++) {
      const beganNs = systemClock.nowNs();
      if (wanted === undefined && number > 0 && beganNs + longestNs > endNs) break;
      const leftNs =
        wanted === undefined ? endNs - beganNs : number > 0 ? (most - number) * longestNs : undefined;
      progress?.process({ paired: true, number: number + 1, of: wanted, leftNs });
      const outcomes: Partial<Record<'base' | 'head', ChildOutcome>> = {};
      for (const side of number % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const)) {
        const outcome = await run(side);
        if (outcome !== undefined) outcomes[side] = outcome;
      }
      const why = Object.entries(outcomes).flatMap(([side, outcome]) =>
        'failed' in outcome ? [`${side}: ${outcome.failed}`] : [],
      );
      if (why.length > 0) measured.lost.push(why.join('; '));
      else measured.pairs.push(pairOf(outcomes));
      failed = why.length > 0 ? failed + 1 : 0;
      if (failed >= MOST_LOST_IN_A_ROW || (failed > 0 && measured.pairs.length === 0)) break;
      longestNs = Math.max(longestNs, systemClock.nowNs() - beganNs);
    }
  } catch (error) {
    if (!(error instanceof PinbenchError) || error.code !== 'interrupted') throw error;
    return { ...measured, interrupted: true };
  }
  return { ...measured, interrupted: false };
}

function pairOf(outcomes: Partial<Record<'base' | 'head', ChildOutcome>>): Pair {
  const records = Object.entries(outcomes).flatMap(([side, outcome]) =>
    'record' in outcome ? [[side, outcome.record]] : [],
  );
  return Object.fromEntries(records) as unknown as Pair;
}

/** Writes the record of each process to a folder for its side, named by the number of its pair. */
async function writeRecords(folder: string, pairs: readonly Pair[], terminal: Terminal): Promise<void> {
  const digits = String(pairs.length).length;
  for (const side of ['base', 'head'] as const) {
    const records = pairs.flatMap((pair) => pair[side] ?? []);
    if (records.length > 0) mkdirSync(join(folder, side));
    for (const [i, record] of records.entries()) {
      const path = join(folder, side, `${String(i + 1).padStart(digits, '0')}.json`);
      await writeOutput(outputFileAt(path), jsonText(record), terminal);
    }
  }
}
