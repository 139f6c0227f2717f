import type { RunRequest } from '../cli/request.js';
import { EXIT, PinbenchError, usageError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { screenOf, type Terminal } from '../terminal.js';
import { jsonText } from '../text.js';
import { interruptible } from './interruptible.js';
import { deliver, destinationOf, rescue } from './output.js';
import { mustBeDistinct } from './output-file.js';

/** `pinbench run`: measures, prints the table and writes the files that were asked for. */
export async function runCommand(
  request: RunRequest,
  terminal: Terminal,
  args: readonly string[],
): Promise<number> {
  const destinations = request.outputs.map(destinationOf);
  mustBeDistinct(
    destinations.map(({ file }) => file),
    [request.file],
  );
  const record = await measured(request, terminal, args);
  const failure = failureOf(request, record);
  const rendered = [{ name: request.file, record }];
  const toStdout = request.outputs.some(({ path }) => path === '-');
  // A table without a row says less than the error.
  const hasTable = !toStdout && !request.quiet && failure?.code !== 'nothing';
  const table = hasTable
    ? [await written(() => deliver(rendered, TABLE, screenOf(request, terminal), terminal))]
    : [];
  if (request.verbose) await hint(record, terminal);
  const asked: Written[] = [];
  for (const destination of destinations)
    asked.push(await written(() => deliver(rendered, destination, undefined, terminal)));
  const kept = asked.length > 0 ? asked : table;
  const isLost = kept.length > 0 && !kept.includes(true);
  const errors = [...table, ...asked].filter((one) => one instanceof PinbenchError);
  const rescued = isLost ? [await rescuedError(record, request.file)] : [];
  return concluded([...errors, ...rescued, ...(failure === undefined ? [] : [failure.error])], terminal);
}

const TABLE = { format: 'table', path: '-', file: undefined } as const;

/** Whether an output was written, or why not; of standard output that has been said already. */
type Written = boolean | PinbenchError;

/** What goes wrong with an output must not keep the next one from being written. */
async function written(deliverIt: () => Promise<boolean>): Promise<Written> {
  try {
    return await deliverIt();
  } catch (error) {
    if (error instanceof PinbenchError) return error;
    throw error;
  }
}

/** Keeps a record that could be written nowhere else, and says where. */
async function rescuedError(record: RunRecord, file: string): Promise<PinbenchError> {
  const path = await rescue(jsonText(record));
  return path === undefined
    ? usageError(
        file,
        'what was measured is lost: no output could be written, nor the folder for temporary files',
      )
    : usageError(file, 'no output could be written', { remedy: `the record is kept in ${path}` });
}

/** Says all that went wrong, a line each; the last is the one that decides the exit code. */
function concluded(errors: readonly PinbenchError[], { stderr }: Terminal): number {
  for (const { message } of errors.slice(0, -1)) stderr.write(`pinbench: ${message}\n`);
  const last = errors.at(-1);
  if (last !== undefined) throw last;
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
