import type { CompareRequest } from '../cli/request.js';
import { readRecords, recordFilesAt } from '../record/file.js';
import { compareRecords } from '../regress/compare.js';
import { exitOf } from '../regress/verdict.js';
import { annotationsOf } from '../report/github.js';
import { renderRegression } from '../report/regression.js';
import { screenOf, type Terminal } from '../terminal.js';
import { GitHub } from './github.js';

/** `pinbench compare`: prints the comparison, publishes it in GitHub Actions, and derives the exit code from the verdicts. */
export async function compareCommand(request: CompareRequest, terminal: Terminal): Promise<number> {
  const github = new GitHub(terminal, request.format);
  return await github.publishErrors(async () => {
    const bases = await readRecords(await recordFilesAt(request.bases));
    const heads = await readRecords(await recordFilesAt([request.head]));
    const regression = compareRecords(bases, heads, request);
    terminal.stdout.write(renderRegression(request.format, regression, screenOf(request, terminal)));
    const { rows, metric } = regression;
    const named = rows.map((row) => ({ ...row, metric }));
    await github.publish(renderRegression('markdown', regression), annotationsOf(named, request.failOn));
    return exitOf(rows, request.failOn);
  });
}
