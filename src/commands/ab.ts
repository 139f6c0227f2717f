import { join } from 'node:path';
import type { AbRequest } from '../cli/request.js';
import { EXIT, PinbenchError } from '../errors.js';
import { comparePairs, type Pair } from '../regress/pairs.js';
import type { PairsComparison } from '../regress/pairs-schema.js';
import { exitOf } from '../regress/verdict.js';
import { annotationOfLost, annotationOfNoBase, annotationsOf, NO_BASE } from '../report/github.js';
import { renderPairs } from '../report/pairs.js';
import { screenOf, type Terminal } from '../terminal.js';
import { jsonText, printable } from '../text.js';
import { programsIn } from './builds.js';
import { GitHub } from './github.js';
import { interruptible, uninterrupted } from './interruptible.js';
import { type Measured, measurePairs } from './measure-pairs.js';
import { outputFileAt } from './output-file.js';
import { makeNew, writeRecords } from './records-folder.js';
import { writeOutput } from './write-output.js';

/** `pinbench ab`: measures pairs of processes of two builds, prints the comparison, and derives the exit code from its verdicts. */
export async function abCommand(request: AbRequest, terminal: Terminal): Promise<number> {
  const { base, head, format, failOn, out } = request;
  const github = new GitHub(terminal, format);
  const { code, failed } = await github.publishErrors(async () => {
    const programs = programsIn(base, head);
    if (programs.base === undefined) warnOfNoBase(base, terminal);
    const keepOut = out === undefined ? undefined : makeNew(out, terminal);
    const { nodePath } = terminal.surroundings;
    const measured = await interruptible(terminal, true, (context) =>
      measurePairs(request, programs, nodePath, context, (pair) => isComparable(pair, request)),
    );
    if (measured.pairs.length === 0) throw nothingMeasured(measured);
    keepOut?.();
    const complete = !measured.interrupted;
    return await uninterrupted(
      terminal,
      'ab',
      async () => {
        const comparison = await compared(measured, request, terminal);
        terminal.stdout.write(renderPairs(format, comparison, screenOf(request, terminal)));
        await github.publish(renderPairs('markdown', comparison), [
          ...(programs.base === undefined ? [annotationOfNoBase(base)] : []),
          ...(comparison.lost.length > 0 ? [annotationOfLost(comparison.lost)] : []),
          ...annotationsOf(comparison.rows, failOn),
        ]);
        return {
          code: complete ? exitOf(comparison.rows, failOn) : EXIT.interrupted,
          failed: await writeResults(out, measured.pairs, comparison, terminal),
        };
      },
      { thenEnds: true },
    );
  });
  if (failed !== undefined) throw failed;
  return code;
}

/** Writes both sides' records and the comparison into the folder, if there is one. Returns the error if that fails: the comparison stands. */
async function writeResults(
  out: string | undefined,
  pairs: readonly Pair[],
  comparison: PairsComparison,
  terminal: Terminal,
): Promise<PinbenchError | undefined> {
  if (out === undefined) return undefined;
  try {
    await writeRecords(out, pairs, terminal);
    await writeOutput(outputFileAt(join(out, 'comparison.json')), jsonText(comparison), terminal);
    return undefined;
  } catch (error) {
    if (error instanceof PinbenchError) return error;
    throw error;
  }
}

/** Compares the pairs. If they cannot be compared, their records are still written. */
async function compared(
  { pairs, lost, inTurns, interrupted }: Measured,
  request: AbRequest,
  terminal: Terminal,
): Promise<PairsComparison> {
  const { base, head, out } = request;
  try {
    return comparePairs(pairs, { base, head }, { ...request, lost, inTurns, complete: !interrupted });
  } catch (error) {
    if (out !== undefined) await writeRecords(out, pairs, terminal);
    throw error;
  }
}

/** Whether a pair can be compared. If not, more pairs would be in vain. */
function isComparable(pair: Pair, request: AbRequest): boolean {
  try {
    comparePairs([pair], request, request);
    return true;
  } catch (error) {
    if (error instanceof PinbenchError) return false;
    throw error;
  }
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

/** A pull request that adds pinbench to a project has no base. A mistyped path has none either, so the user is told. */
function warnOfNoBase(base: string, { stderr }: Terminal): void {
  stderr.write(`pinbench: ${printable(base)} ${NO_BASE}\n`);
}
