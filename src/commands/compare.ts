import { appendFile } from 'node:fs/promises';
import type { CompareRequest } from '../cli/request.js';
import { EXIT, PinbenchError } from '../errors.js';
import { readRecords } from '../record/file.js';
import { compareRecords } from '../regress/compare.js';
import { failureOf } from '../regress/verdict.js';
import { annotationOfError, annotationsOf } from '../report/github.js';
import { textForMarkdown } from '../report/layout.js';
import { renderRegression } from '../report/regression.js';
import { screenOf, type Terminal } from '../terminal.js';
import type { Failure } from '../words.js';

/** `pinbench compare`: prints what has changed, tells GitHub Actions where it runs there, and fails by the verdicts. */
export async function compareCommand(request: CompareRequest, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal;
  const { env } = terminal.surroundings;
  const inActions = env.GITHUB_ACTIONS === 'true';
  // GitHub reads commands on either stream; what may go to a file has standard output for itself.
  const tell = (line: string) => (request.format === 'table' ? stdout : stderr).write(`${line}\n`);
  try {
    const bases = await readRecords(request.bases);
    const regression = compareRecords(bases, await readRecords([request.head]), request);
    stdout.write(renderRegression(request.format, regression, screenOf(request, terminal)));
    if (inActions) {
      await summarise(renderRegression('markdown', regression), terminal);
      annotationsOf(regression, request.failOn).forEach(tell);
    }
    const failures = regression.rows.map(({ verdict }) => failureOf(verdict));
    const fails = (failure: Failure) => request.failOn.includes(failure) && failures.includes(failure);
    if (fails('regression') || fails('missing')) return EXIT.regression;
    return fails('inconclusive') ? EXIT.inconclusive : EXIT.ok;
  } catch (error) {
    if (inActions && error instanceof PinbenchError) {
      tell(annotationOfError(error));
      await summarise(textForMarkdown(`pinbench could not compare: ${error.message}`), terminal);
    }
    throw error;
  }
}

/** Adds to the job's summary in GitHub Actions; where that cannot be, the verdict still counts. */
async function summarise(markdown: string, { surroundings, stderr }: Terminal): Promise<void> {
  const path = surroundings.env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  await appendFile(path, `${markdown}\n`).catch(({ code }: NodeJS.ErrnoException) => {
    stderr.write(`pinbench: ${path}: cannot be written (${code}); there is no summary of this comparison\n`);
  });
}
