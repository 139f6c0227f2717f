import type { RunRequest } from '../cli/request.js';
import { EXIT, PinbenchError, usageError } from '../errors.js';
import type { RunRecord } from '../record/schema.js';
import { screenOf, type Terminal } from '../terminal.js';
import { jsonText } from '../text.js';
import { mustBeDistinct } from './distinct-outputs.js';
import { interruptible, uninterrupted } from './interruptible.js';
import { type Destination, deliver, destinationOf, rescue } from './output.js';

/** `pinbench run`: measures, prints the table and writes the requested files. */
export async function runCommand(
  request: RunRequest,
  terminal: Terminal,
  args: readonly string[],
): Promise<number> {
  const { file } = request;
  const destinations = await uninterrupted(terminal, file, () => {
    const found = request.outputs.map(destinationOf);
    mustBeDistinct(
      found.map((one) => one.file),
      [file],
    );
    return found;
  });
  const record = await measured(request, terminal, args);
  return await uninterrupted(terminal, file, () => outputsOf(record, request, destinations, terminal), {
    thenEnds: true,
  });
}

/** Prints the table and writes the files, and returns the exit code. If one output fails, the others are still written. */
async function outputsOf(
  record: RunRecord,
  request: RunRequest,
  destinations: readonly Destination[],
  terminal: Terminal,
): Promise<number> {
  const failure = failureOf(request, record);
  const rendered = [{ name: request.file, record }];
  const toStdout = request.outputs.some(({ path }) => path === '-');
  // If no row was measured, the error says more than an empty table.
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

/** Whether an output was written, or the error. An error of standard output is already printed and is only `false` here. */
type Written = boolean | PinbenchError;

/** Delivers one output and returns its error instead of throwing it, so that the other outputs are still written. */
async function written(deliverIt: () => Promise<boolean>): Promise<Written> {
  try {
    return await deliverIt();
  } catch (error) {
    if (error instanceof PinbenchError) return error;
    throw error;
  }
}

/** Saves a record that no output received in the temporary folder, and returns an error that names the file. */
async function rescuedError(record: RunRecord, file: string): Promise<PinbenchError> {
  const path = await rescue(jsonText(record));
  return path === undefined
    ? usageError(file, 'the record is lost: neither an output nor the temporary folder could be written')
    : usageError(file, 'no requested output could be written', { remedy: `the record is kept in ${path}` });
}

/** Prints all errors but the last, one per line, and throws the last one, which determines the exit code. */
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
  return await interruptible(terminal, progress && !quiet, async (context) => {
    const { run } = await import('../run.js');
    // Node's clock starts with the process, and so does the budget.
    return await run(file, { ...settings, ...context, startedNs: 0, verbose, argv }, terminal.surroundings);
  });
}

/** Prints to standard error how to fix the causes of warnings. The table only states the warnings, because it may be read later. */
async function hint({ warnings }: RunRecord, { stderr }: Terminal): Promise<void> {
  const { hintsOf } = await import('../report/warnings.js');
  for (const text of hintsOf(warnings)) stderr.write(`pinbench: ${text}\n`);
}

interface Failure {
  readonly code: 'nothing' | 'part';
  readonly error: PinbenchError;
}

/** Why the measurement is incomplete; undefined if it is complete. The measured rows are delivered in any case. */
function failureOf(
  { file, outputs, quiet }: RunRequest,
  { complete, reason = '', results }: RunRecord,
): Failure | undefined {
  const skipped = results.filter((result) => result.status === 'skipped');
  if (skipped.length > 0 && skipped.length === results.length) {
    const engines = [...new Set(skipped.map(({ engine }) => engine))].join(', ');
    const reasons = [...new Set(skipped.map((result) => result.reason))].join('; ');
    const observed = `nothing was measured (${reasons})`;
    return {
      code: 'nothing',
      error: new PinbenchError('engine', { subject: `engine ${engines}`, observed }),
    };
  }
  if (complete) return undefined;
  const writesRecord = outputs.some(({ format }) => format === 'json' || format === 'html');
  const rest =
    outputs.length > 0
      ? { remedy: `the finished rounds are written${writesRecord ? ', with "complete": false' : ''}` }
      : quiet
        ? {}
        : { remedy: 'the table has the finished rounds' };
  const code = reason === 'interrupted' ? 'interrupted' : 'engine';
  return { code: 'part', error: new PinbenchError(code, { subject: file, observed: reason, ...rest }) };
}
