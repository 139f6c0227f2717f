import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ChildOutcome, childRun } from '../child-run.js';
import type { AbRequest } from '../cli/request.js';
import { EXIT, PinbenchError, usageError } from '../errors.js';
import { systemClock } from '../measure/clock.js';
import { ROUNDS_A_PROCESS } from '../options.js';
import { writeWhole } from '../record/file.js';
import { comparePairs, type Pair } from '../regress/pairs.js';
import type { PairsComparison } from '../regress/pairs-schema.js';
import { exitOf } from '../regress/verdict.js';
import { annotationsOf } from '../report/github.js';
import { renderPairs } from '../report/pairs.js';
import { screenOf, type Terminal } from '../terminal.js';
import { GitHub } from './github.js';
import { interruptible } from './interruptible.js';

/** `pinbench ab`: alternates processes of two builds, prints what has changed, and fails by the verdicts. */
export async function abCommand(request: AbRequest, terminal: Terminal): Promise<number> {
  const { base, head, format, failOn, out } = request;
  const github = new GitHub(terminal, format);
  return await github.telling(async () => {
    const programs = { base: programIn(base), head: programIn(head) };
    if (out !== undefined) mustBeNew(out);
    const { nodePath } = terminal.surroundings;
    const measured = await interruptible(terminal, false, ({ signal }) =>
      measurePairs(request, programs, nodePath, signal),
    );
    if (measured.pairs.length === 0) throw nothingMeasured(measured);
    const complete = !measured.interrupted;
    const comparison = comparePairs(
      measured.pairs,
      { base, head },
      { ...request, lost: measured.lost, complete },
    );
    terminal.stdout.write(renderPairs(format, comparison, screenOf(request, terminal)));
    if (out !== undefined) await write(out, measured.pairs, comparison);
    await github.tell(renderPairs('markdown', comparison), annotationsOf(comparison.rows, failOn));
    return complete ? exitOf(comparison.rows, failOn) : EXIT.interrupted;
  });
}

function nothingMeasured({ interrupted, lost }: Measured): PinbenchError {
  return interrupted
    ? new PinbenchError('interrupted', {
        subject: 'ab',
        observed: 'interrupted before a pair was measured',
      })
    : new PinbenchError('engine', { subject: 'ab', observed: `no pair was measured (${lost[0]})` });
}

/** The program of a side: of a built checkout, or of the package in the folder's `node_modules`. */
function programIn(folder: string): string {
  const installed = join(folder, 'node_modules', 'pinbench');
  const home = [folder, installed].find((candidate) => nameIn(candidate) === 'pinbench');
  if (home === undefined) {
    throw usageError(folder, existsSync(folder) ? 'no pinbench in it' : 'no such folder', {
      expected: 'a folder with pinbench in its node_modules, or a checkout of pinbench',
    });
  }
  if (!existsSync(join(home, 'dist', 'main.js')))
    throw usageError(home, 'a pinbench that is not built', { remedy: 'npm run build there' });
  return resolve(home, 'bin', 'pinbench.js');
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
    throw usageError(folder, code === 'EEXIST' ? 'it is there' : `cannot be made (${code})`, {
      expected: 'a folder that ab makes',
      cause,
    });
  }
}

interface Measured {
  readonly pairs: Pair[];
  /** Why pairs are not counted. */
  readonly lost: string[];
  readonly interrupted: boolean;
}

/** More pairs in a row that failed are no accident. */
const MOST_LOST_IN_A_ROW = 3;

/** Alternates AB, BA, AB …, until the pairs that were asked for are there or the budget has no time for another. */
async function measurePairs(
  { base, head, args, pairs: wanted, budgetNs }: AbRequest,
  programs: { readonly base: string; readonly head: string },
  node: string,
  signal: AbortSignal,
): Promise<Measured> {
  const startedNs = systemClock.nowNs();
  const measured = { pairs: [] as Pair[], lost: [] as string[], interrupted: false };
  let [longestNs, failed] = [0, 0];
  const run = (side: 'base' | 'head') =>
    childRun({
      ...{ node, program: programs[side], folder: side === 'base' ? base : head, signal },
      args: [...args, '--rounds', String(ROUNDS_A_PROCESS), '--quiet'],
    });
  for (let number = 0; ; number++) {
    const beganNs = systemClock.nowNs();
    const isEnough =
      wanted === undefined ? number > 0 && beganNs + longestNs > startedNs + budgetNs : number >= wanted;
    if (isEnough) return measured;
    try {
      const outcomes = {} as Record<'base' | 'head', ChildOutcome>;
      for (const side of number % 2 === 0 ? (['base', 'head'] as const) : (['head', 'base'] as const))
        outcomes[side] = await run(side);
      const why = (['base', 'head'] as const).flatMap((side) => {
        const outcome = outcomes[side];
        return 'failed' in outcome ? [`${side}: ${outcome.failed}`] : [];
      });
      if (why.length > 0) measured.lost.push(why.join('; '));
      else measured.pairs.push({ base: recordOf(outcomes.base), head: recordOf(outcomes.head) });
      failed = why.length > 0 ? failed + 1 : 0;
      if (failed >= MOST_LOST_IN_A_ROW || (failed > 0 && measured.pairs.length === 0)) return measured;
    } catch (error) {
      if (!(error instanceof PinbenchError) || error.code !== 'interrupted') throw error;
      return { ...measured, interrupted: true };
    }
    longestNs = Math.max(longestNs, systemClock.nowNs() - beganNs);
  }
}

function recordOf(outcome: ChildOutcome) {
  return (outcome as Extract<ChildOutcome, { record: unknown }>).record;
}

async function write(folder: string, pairs: readonly Pair[], comparison: PairsComparison): Promise<void> {
  const digits = String(pairs.length).length;
  for (const side of ['base', 'head'] as const) {
    mkdirSync(join(folder, side));
    for (const [i, pair] of pairs.entries()) {
      const path = join(folder, side, `${String(i + 1).padStart(digits, '0')}.json`);
      await writeWhole(path, `${JSON.stringify(pair[side], null, 2)}\n`);
    }
  }
  await writeWhole(join(folder, 'comparison.json'), `${JSON.stringify(comparison, null, 2)}\n`);
}
