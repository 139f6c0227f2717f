import type { RunRequest } from '../cli/request.js';
import { EXIT, PinbenchError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { screenOf, type Terminal } from '../terminal.js';
import { interruptible } from './interruptible.js';
import { deliver, mustBeWritable } from './output.js';

/** `pinbench run`: measures, prints the table and writes the files that were asked for. */
export async function runCommand(
  request: RunRequest,
  terminal: Terminal,
  args: readonly string[],
): Promise<number> {
  request.outputs.forEach(mustBeWritable);
  const record = await measured(request, terminal, args);
  const failure = failureOf(request, record);
  const rendered = [{ name: request.file, record }];
  const toStdout = request.outputs.some(({ path }) => path === '-');
  // A table without a row says less than the error.
  if (!toStdout && !request.quiet && failure?.code !== 'nothing') {
    await deliver(rendered, { format: 'table', path: '-' }, screenOf(request, terminal), terminal);
  }
  if (request.verbose) await hint(record, terminal);
  for (const output of request.outputs) await deliver(rendered, output, undefined, terminal);
  if (failure !== undefined) throw failure.error;
  return EXIT.ok;
}

async function measured(
  { file, settings, quiet, progress, verbose }: RunRequest,
  terminal: Terminal,
  argv: readonly string[],
): Promise<RunRecord> {
  const { run } = await import('../run.js');
  return await interruptible(terminal, progress && !quiet, (attendance) =>
    // Node's clock begins with the process, and so does the time that a budget bounds.
    run(file, { ...settings, ...attendance, startedNs: 0, verbose, argv }, terminal.surroundings),
  );
}

/** Says what to do about warnings, on standard error: the table says what is, whoever reads it later. */
async function hint({ warnings }: RunRecord, { stderr }: Terminal): Promise<void> {
  const { hintsOf } = await import('../report/warnings.js');
  for (const text of hintsOf(warnings)) stderr.write(`pinbench: ${text}\n`);
}

interface Failure {
  readonly code: 'nothing' | 'part';
  readonly error: PinbenchError;
}

/** Why not all was measured that was asked for. What was measured is delivered in any case. */
function failureOf(
  { file, outputs }: RunRequest,
  { complete, reason = '', results }: RunRecord,
): Failure | undefined {
  const interrupted = !complete && reason === 'interrupted';
  const skipped = results.filter((result) => result.status === 'skipped');
  if (!interrupted && skipped.length > 0 && skipped.length === results.length) {
    const engines = [...new Set(skipped.map(({ engine }) => engine))].join(', ');
    const reasons = [...new Set(skipped.map((result) => result.reason))].join('; ');
    const observed = `nothing was measured (${reasons})`;
    return {
      code: 'nothing',
      error: new PinbenchError('engine', { subject: `engine ${engines}`, observed }),
    };
  }
  if (complete) return undefined;
  const error = new PinbenchError(interrupted ? 'interrupted' : 'engine', {
    subject: file,
    observed: reason,
    remedy:
      skipped.length === results.length
        ? 'no round was finished'
        : outputs.length === 0
          ? 'the table has the rounds that were finished'
          : 'what was measured until then is written, marked "complete": false',
  });
  return { code: 'part', error };
}
